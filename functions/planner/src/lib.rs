//! Configuration and dataset in, plan out; steps of a load in, the next one out.
//!
//! The planner is the only Lambda that reads a configuration: it rejects one that
//! cannot run before anything is paid for, and the later Lambdas trust its plan.
//! Invoked again for a run it has planned, it returns the same plan; asked again for a step
//! of a load, the same step.

mod checks;
mod error;
mod input;
mod next_step;
mod run_lock;
mod settings;
mod step_decision;
mod work;

use aws_config::SdkConfig;
use aws_sdk_sfn::Client as StepFunctions;
use bench_core::money::Catalog;
use bench_core::{
    config::RunConfig,
    dataset::{self, BUILTIN, Problems},
    identity::RunId,
    plan::{DatasetRecord, Deployment, Plan, SCHEMA_VERSION},
    workflow::LoadSize,
};
use bench_store::{RunRecord, RunStatus, Store, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info, info_span};

pub use error::{Error, NAMES};
pub use input::{Execution, PlanRequest, RunInput};
pub use next_step::{StepReply, StepRequest, StepStatus};
pub use settings::Settings;
pub use work::{RunFunctions, RunReply, Start, TargetWork};

use checks::{
    refuse_environment_keys, refuse_lifecycles, refuse_other_plan, refuse_second_run,
    validate_budget,
};
use work::{validate_size, work};

/// The clients and settings, built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    /// The table and the bucket.
    pub store: Store,
    /// For asking whether earlier executions are running.
    pub step_functions: StepFunctions,
    /// The settings of the environment.
    pub settings: Settings,
}

impl App {
    /// Builds the clients.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: Settings) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket),
            step_functions: StepFunctions::new(aws),
            settings,
        }
    }
}

/// The event that the state machine sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Request {
    /// A run to plan.
    Plan(PlanRequest),
    /// A step of the load of a target to plan.
    NextStep(StepRequest),
}

/// The output for the state machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// Of a run.
    Run(RunReply),
    /// Of a step.
    Step(StepReply),
}

/// Plans a run, or the next step of the load of a target.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub async fn handle(app: &App, request: Request) -> Result<Reply, Error> {
    match request {
        Request::Plan(request) => {
            let input = RunInput::read(&request.input)?;
            let run_id = input::run_id(&input, &request.execution)?;
            let span = info_span!("plan", %run_id);
            let planned = Box::pin(plan(app, &request, &input, run_id)).instrument(span);
            planned.await.map(Reply::Run)
        }
        Request::NextStep(request) => {
            let StepRequest {
                run_id, target_id, ..
            } = &request;
            let span = info_span!("next step", %run_id, %target_id);
            let planned = next_step::next_step(app, &request, Timestamp::now).instrument(span);
            planned.await.map(Reply::Step)
        }
    }
}

async fn plan(
    app: &App,
    request: &PlanRequest,
    input: &RunInput,
    run_id: RunId,
) -> Result<RunReply, Error> {
    let PlanRequest {
        execution,
        functions,
        ..
    } = request;
    let config = input.configuration(&app.store, &run_id).await?;
    refuse_environment_keys(&config, &app.settings.key_variables)?;
    let region = app.settings.region.as_deref();
    refuse_lifecycles(&config, region, &request.lifecycle_endpoint_arns)?;
    if input.is_of_an_event() {
        refuse_second_run(app.store.run(&run_id).await?, execution)?;
    }
    let problems = read_dataset(&app.store, &config).await?;
    let label = config.dataset.label();
    let config = problems.task.resolve(config);
    let prompts = dataset::first(&label, &problems, config.dataset.prompts)?;
    LoadSize::of(&config)?;
    let reply = RunReply {
        targets: work(&config, &prompts, functions)?,
        run_id: run_id.clone(),
        functions: RunFunctions {
            aggregator: functions.aggregator.clone(),
        },
    };
    validate_size(&reply)?;

    let plan = Plan {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.clone(),
        created_at: execution.started_at,
        dataset: DatasetRecord {
            label,
            sha256: problems.sha256,
            problems: problems.prompts.len(),
            task: problems.task,
        },
        config,
        prompts,
        region: app.settings.region.clone(),
        prices: read_prices(&app.store).await?,
        deployment: app.settings.deployment.clone().map(|known| Deployment {
            functions: Some(functions.clone()),
            ..known
        }),
    };
    let known = app.store.get_plan(&run_id).await?;
    if let Some(known) = &known {
        refuse_other_plan(known, &plan)?;
    }
    if known.is_none() {
        validate_budget(&plan)?;
    }
    run_lock::acquire(app, &plan, execution).await?;
    if let Some(resumed) = known.as_ref().and_then(|known| known.resumed_by(functions)) {
        app.store.replace_plan(&resumed).await?;
    }
    if known.is_none() && !app.store.put_plan(&plan).await? {
        // Another start of the same run was faster.
        if let Some(stored) = app.store.get_plan(&run_id).await? {
            refuse_other_plan(&stored, &plan)?;
        }
    }
    app.store
        .put_run(&RunRecord {
            run_id: run_id.clone(),
            config_name: plan.config.name.clone(),
            started_at: plan.created_at,
            status: RunStatus::Planned,
            execution: execution.name.clone(),
            entry: None,
            report_failure: None,
        })
        .await?;
    if input.is_of_an_event() {
        // Two of the same event that came at the same time: the record is one's.
        refuse_second_run(app.store.run(&run_id).await?, execution)?;
    }
    info!(
        targets = reply.targets.len(),
        prompts = plan.prompts.len(),
        calls_per_target = plan.calls_per_target(),
        "run planned"
    );
    Ok(reply)
}

async fn read_dataset(store: &Store, config: &RunConfig) -> Result<Problems, Error> {
    let dataset = &config.dataset;
    let label = dataset.label();
    if dataset.is_builtin() {
        return Ok(dataset::parse(&label, BUILTIN)?.of_run(dataset));
    }
    let key = keys::dataset(dataset);
    let content = store
        .get_object(&key)
        .await?
        .ok_or(Error::DatasetMissing { key })?;
    Ok(dataset::parse(&label, &content)?.of_run(dataset))
}

/// The prices that the run will be costed with; without a catalog it has no cost.
async fn read_prices(store: &Store) -> Result<Option<Catalog>, Error> {
    let Some(content) = store.get_object(keys::PRICES).await? else {
        return Ok(None);
    };
    let text = input::decode(keys::PRICES, &content)?;
    Ok(Some(bench_cost::read_catalog(text)?))
}

#[cfg(test)]
mod tests;
