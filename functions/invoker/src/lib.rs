//! One prompt for one target in, samples out.
//!
//! The invoker makes the calls of a run: a probe of a target's readiness, the warm-up and
//! measured calls of one prompt, or the calls of one worker of a load. Every call is stored as
//! it ends. Invoked again, it makes only the calls that are missing.

mod app;
mod attempts;
mod error;
#[cfg(test)]
mod fakes;
mod fit;
mod load;
mod load_store;
mod measure;
mod not_started;
mod probe;
mod settings;
#[cfg(test)]
mod spending;
mod time_left;
#[cfg(test)]
mod truth;

use std::sync::Arc;

use bench_core::{
    identity::{RunId, TargetId},
    plan::Plan,
};
use bench_targets::AnyModel;
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info, info_span};

pub use app::App;
use app::Run;
pub use error::{Error, NAMES};
pub use load::{LoadLog, LoadReply, LoadWork, measure_load};
pub use measure::{PromptReply, PromptWork, SampleLog, measure_prompt};
pub use not_started::{NotStarted, NotStartedReply, record_not_started};
pub use probe::{ProbeReply, ProbeStatus, ProbeWork, probe_target};
pub use settings::Settings;
pub use time_left::TimeLeft;

/// Input from the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Is the target there?
    Probe {
        /// The run.
        run_id: RunId,
        /// The target.
        target_id: TargetId,
        /// When waiting for the target began.
        since: Timestamp,
    },
    /// The machine or endpoint of the target was not started.
    NotStarted {
        /// The run.
        run_id: RunId,
        /// The target.
        target_id: TargetId,
        /// The name of the error.
        error: String,
        /// Its cause, a text for a person.
        cause: String,
    },
    /// The calls of one prompt.
    Prompt {
        /// The run.
        run_id: RunId,
        /// The target.
        target_id: TargetId,
        /// Position of the prompt in the dataset.
        prompt_index: u32,
    },
    /// The calls of one worker of a step of a load.
    Load {
        /// The run.
        run_id: RunId,
        /// The target.
        target_id: TargetId,
        /// Number of the step, from 1.
        step: u32,
        /// Number of the worker, from 1.
        worker: u32,
    },
}

/// The output for the state machine: counts, no texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// Of a probe.
    Probe(ProbeReply),
    /// Of a target that was not started.
    NotStarted(NotStartedReply),
    /// Of a prompt.
    Prompt(PromptReply),
    /// Of a worker.
    Load(LoadReply),
}

/// The invocation a sample was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The Lambda request.
    pub request_id: String,
    /// Whether the environment was new.
    pub cold_start: bool,
}

/// Handles a request.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub async fn handle(app: &App, event: LambdaEvent<Request>) -> Result<Reply, Error> {
    let LambdaEvent { payload, context } = event;
    let invocation = app.invocation(&context);
    match payload {
        Request::Probe {
            run_id,
            target_id,
            since,
        } => {
            let span = info_span!("probe", %run_id, %target_id);
            let request = ProbeRequest {
                run_id,
                target_id,
                since,
            };
            probe(app, request, invocation, &context)
                .instrument(span)
                .await
                .map(Reply::Probe)
        }
        Request::NotStarted {
            run_id,
            target_id,
            error,
            cause,
        } => {
            let span = info_span!("not started", %run_id, %target_id);
            let fault = NotStarted { error, cause };
            not_started(app, &run_id, &target_id, invocation, fault)
                .instrument(span)
                .await
                .map(Reply::NotStarted)
        }
        Request::Prompt {
            run_id,
            target_id,
            prompt_index,
        } => {
            let run = app.run(&run_id).await?;
            let prompt_id = run
                .plan
                .prompt(prompt_index)
                .map(|prompt| prompt.id.clone());
            let span = info_span!("prompt", %run_id, %target_id, prompt_id = prompt_id.as_deref());
            prompt(app, &run, &target_id, prompt_index, invocation, &context)
                .instrument(span)
                .await
                .map(Reply::Prompt)
        }
        Request::Load {
            run_id,
            target_id,
            step,
            worker,
        } => {
            let run = app.run(&run_id).await?;
            let span = info_span!("load", %run_id, %target_id, step, worker);
            load(app, &run, &target_id, (step, worker), invocation, &context)
                .instrument(span)
                .await
                .map(Reply::Load)
        }
    }
}

struct ProbeRequest {
    run_id: RunId,
    target_id: TargetId,
    since: Timestamp,
}

async fn probe(
    app: &App,
    request: ProbeRequest,
    invocation: Invocation,
    context: &Context,
) -> Result<ProbeReply, Error> {
    let run = app.run(&request.run_id).await?;
    let target = target_of(&run.plan, &request.target_id)?;
    let work = ProbeWork {
        plan: &run.plan,
        target,
        since: request.since,
        invocation,
    };
    let log = app.log(&run, &request.target_id);
    let model = app.model(&run, target).await;
    let model = model.as_ref().map(|model| &**model);
    let time_left = TimeLeft::of(context);
    let reply = probe_target(model, &log, &work, &time_left, Timestamp::now).await?;
    info!(status = ?reply.status, probes = reply.probes, "target probed");
    Ok(reply)
}

async fn not_started(
    app: &App,
    run_id: &RunId,
    target_id: &TargetId,
    invocation: Invocation,
    fault: NotStarted,
) -> Result<NotStartedReply, Error> {
    let run = app.run(run_id).await?;
    let now = Timestamp::now();
    let work = ProbeWork {
        plan: &run.plan,
        target: target_of(&run.plan, target_id)?,
        since: now,
        invocation,
    };
    record_not_started(&app.log(&run, target_id), &work, fault, now).await
}

async fn prompt(
    app: &App,
    run: &Run,
    target_id: &str,
    prompt_index: u32,
    invocation: Invocation,
    context: &Context,
) -> Result<PromptReply, Error> {
    let plan = &run.plan;
    let target = target_of(plan, target_id)?;
    let prompt = plan.prompt(prompt_index).ok_or_else(|| Error::NotInPlan {
        run_id: plan.run_id.clone(),
        what: format!("prompt {prompt_index}"),
    })?;
    let log = app.log(run, target_id);
    let prompt = fit::to_length(prompt, plan, target, &log).await?;
    let work = PromptWork {
        run_id: &plan.run_id,
        target,
        prompt: &prompt,
        method: &plan.config.method,
        invocation,
    };
    let model = reachable(app, run, target).await?;
    let reply = measure_prompt(model.as_ref(), &log, &work, &TimeLeft::of(context)).await?;
    info!(
        stored = reply.stored,
        failed = reply.failed,
        done = reply.done,
        "prompt measured"
    );
    Ok(reply)
}

async fn load(
    app: &App,
    run: &Run,
    target_id: &TargetId,
    (step, worker): (u32, u32),
    invocation: Invocation,
    context: &Context,
) -> Result<LoadReply, Error> {
    let plan = &run.plan;
    let target = target_of(plan, target_id)?;
    let not_in_plan = |what| Error::NotInPlan {
        run_id: plan.run_id.clone(),
        what,
    };
    let load = plan.config.measured_load(target);
    let load = load.ok_or_else(|| not_in_plan("load".to_owned()))?;
    let step_plan = app.step(run, target_id, step).await?;
    let prompts = fit::all_to_length(plan, target, &app.log(run, target_id)).await?;
    let work = LoadWork {
        plan,
        load: &load,
        target,
        prompts: &prompts,
        step: step_plan.ok_or_else(|| not_in_plan(format!("step {step} of its load")))?,
        worker,
        invocation,
    };
    let log = app.load_log(run, target_id, &work.step, worker);
    let model = reachable(app, run, target).await?;
    let time_left = TimeLeft::of(context);
    measure_load(model.as_ref(), &log, &work, &time_left, Timestamp::now()).await
}

/// The client of a target. One whose client cannot be built never got past its probe.
async fn reachable(
    app: &App,
    run: &Run,
    target: &bench_core::config::Target,
) -> Result<Arc<AnyModel>, Error> {
    app.model(run, target)
        .await
        .map_err(|error| Error::NotInPlan {
            run_id: run.plan.run_id.clone(),
            what: format!("target `{}` that can be reached: {error}", target.id),
        })
}

fn target_of<'a>(plan: &'a Plan, id: &str) -> Result<&'a bench_core::config::Target, Error> {
    plan.target(id).ok_or_else(|| Error::NotInPlan {
        run_id: plan.run_id.clone(),
        what: format!("target `{id}`"),
    })
}
