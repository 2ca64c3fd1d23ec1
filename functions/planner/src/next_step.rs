//! The next step of the load of a target.
//!
//! The state machine asks after every step, with its number. Everything else is in the
//! table: asked again, or by the execution of a resumed run, the planner answers with the
//! step that it planned before, and its workers find what they have done.

use bench_core::{
    config::{Arrival, Load, LoadOrder},
    identity::{RunId, TargetId},
    load::StepPlan,
    plan::Plan,
    workflow::{Parts, load_poll_s},
};
use bench_cost::RunBudget;
use bench_load::{DoneStep, EndReason};
use bench_store::{LoadLock, StoredLoad};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::{
    App, Error,
    step_decision::{Circumstances, Decision, decide, end_of_calls, planned, seconds},
};

/// The longest wait that is asked for at once, in seconds.
const MAX_WAIT_S: i64 = 300;

/// Seconds between the last call of a step and the next question of its target, at most,
/// before another target may be put under load: retries of workers and of the planner.
const MAX_HANDOVER_S: u32 = 60;

/// The event that the state machine sends for a step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// The run.
    pub run_id: RunId,
    /// The target.
    pub target_id: TargetId,
    /// Number of the step before; 0 before the first.
    pub after_step: u32,
}

/// The next action of the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It runs the workers of the step.
    Step,
    /// It waits, and asks again.
    Wait,
    /// The load has ended.
    Done,
}

/// A worker of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerItem {
    /// Its number, from 1.
    pub worker: u32,
    /// When it is invoked, in whole seconds: shortly before its part begins.
    pub invoke_at: Timestamp,
}

/// The reply about a step: numbers and times, no tallies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepReply {
    /// The next action.
    pub status: StepStatus,
    /// Number of the step; the one before where none follows yet.
    pub step: u32,
    /// Its workers, those of its first part first.
    pub workers: Vec<WorkerItem>,
    /// Seconds to wait.
    pub wait_s: u32,
}

impl StepReply {
    fn begin(plan: &StepPlan, lead_s: u32) -> Self {
        let item = |worker| {
            let at = plan.begins_at(worker) - seconds(lead_s);
            // At once in the first part, and not too early for the time of an invocation in
            // a later one.
            let later = i64::from(plan.worker_before(worker).is_some());
            WorkerItem {
                worker,
                invoke_at: Timestamp::from_second(at.as_second() + later).unwrap_or(at),
            }
        };
        Self {
            status: StepStatus::Step,
            step: plan.step,
            workers: (1..=plan.all_workers()).map(item).collect(),
            wait_s: 0,
        }
    }

    fn without_step(status: StepStatus, after_step: u32, wait_s: u32) -> Self {
        Self {
            status,
            step: after_step,
            workers: Vec::new(),
            wait_s,
        }
    }
}

/// A target of a run whose load is planned.
struct Target<'a> {
    app: &'a App,
    plan: &'a Plan,
    load: &'a Load,
    id: &'a TargetId,
    after_step: u32,
    now: Timestamp,
}

/// Plans the next step.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub(crate) async fn next_step(
    app: &App,
    request: &StepRequest,
    now: impl Fn() -> Timestamp,
) -> Result<StepReply, Error> {
    let StepRequest {
        run_id,
        target_id,
        after_step,
    } = request;
    let missing = || Error::PlanMissing {
        run_id: run_id.clone(),
    };
    let plan = app.store.get_plan(run_id).await?.ok_or_else(missing)?;
    let not_in_plan = |what: String| Error::NotInPlan {
        run_id: run_id.clone(),
        what,
    };
    if plan.target(target_id).is_none() {
        return Err(not_in_plan(format!("target `{target_id}`")));
    }
    let load = plan.config.load.as_ref();
    let target = Target {
        app,
        plan: &plan,
        load: load.ok_or_else(|| not_in_plan("`load`".to_owned()))?,
        id: target_id,
        after_step: *after_step,
        now: now(),
    };
    target.reply().await
}

impl Target<'_> {
    async fn reply(&self) -> Result<StepReply, Error> {
        let stored = self.app.store.load(&self.plan.run_id, self.id).await?;
        let circumstances = Circumstances {
            timeout_s: self.plan.config.method.timeout_s,
            now: self.now,
            budget_spent: self.is_budget_spent().await?,
        };
        let decision = decide(self.load, &stored, self.after_step, circumstances);
        info!(?decision, after_step = self.after_step, "step decided");
        let again = planned(&stored, self.after_step).map(|step| &step.plan);
        match (decision, again) {
            (Decision::End(reason), _) => self.end(&stored, reason).await,
            (Decision::Await(until), _) => self.wait_until(until).await,
            (Decision::Begin, Some(plan)) => self.begin(plan).await,
            (Decision::Retime, Some(plan)) => self.retime(plan).await,
            (Decision::Plan(level), _) => self.plan(&stored, level).await,
            (Decision::Begin | Decision::Retime, None) => Ok(self.wait(1)),
        }
    }

    async fn begin(&self, plan: &StepPlan) -> Result<StepReply, Error> {
        Ok(if self.may_load_until(self.end_of(plan)).await? {
            self.begin_now(plan)
        } else {
            self.wait_for_others()
        })
    }

    fn begin_now(&self, plan: &StepPlan) -> StepReply {
        StepReply::begin(plan, self.app.settings.load_lead_s)
    }

    async fn retime(&self, plan: &StepPlan) -> Result<StepReply, Error> {
        let later = StepPlan {
            start_at: self.start_at(),
            ..plan.clone()
        };
        if !self.may_load_until(self.end_of(&later)).await? {
            return Ok(self.wait_for_others());
        }
        let store = &self.app.store;
        let moved = store.retime_step(&self.plan.run_id, self.id, &later, plan.start_at);
        Ok(if moved.await? {
            self.begin_now(&later)
        } else {
            self.wait(1)
        })
    }

    async fn plan(&self, stored: &StoredLoad<EndReason>, level: f64) -> Result<StepReply, Error> {
        let last = stored.steps.last();
        let response_s = match (self.load.arrival, last) {
            (Arrival::Closed, _) => None,
            (Arrival::Open, Some(last)) => {
                DoneStep::of(self.load, last.plan.clone(), &last.workers).mean_response_s()
            }
            (Arrival::Open, None) => {
                let store = &self.app.store;
                store.mean_latency_s(&self.plan.run_id, self.id).await?
            }
        };
        let (timeout_s, invocation_s) = (
            self.plan.config.method.timeout_s,
            self.app.settings.max_invocation_s,
        );
        let parts = Parts::within(self.load, timeout_s, invocation_s);
        let plan = StepPlan {
            step: last.map_or(0, |last| last.plan.step) + 1,
            level,
            workers: bench_load::workers(self.load, level, response_s),
            start_at: self.start_at(),
            ramp_s: self.load.ramp_s,
            step_s: self.load.step_s,
            part_s: parts.part_s,
        };
        if !self.may_load_until(self.end_of(&plan)).await? {
            return Ok(self.wait_for_others());
        }
        let store = &self.app.store;
        let stored = store.put_step(&self.plan.run_id, self.id, &plan).await?;
        // Another request for the same step was faster: its plan is the answer.
        Ok(if stored {
            self.begin_now(&plan)
        } else {
            self.wait(1)
        })
    }

    async fn end(
        &self,
        stored: &StoredLoad<EndReason>,
        reason: EndReason,
    ) -> Result<StepReply, Error> {
        if stored.end.is_none() {
            let store = &self.app.store;
            store.end_load(&self.plan.run_id, self.id, &reason).await?;
        }
        self.may_load_until(self.now).await?;
        Ok(StepReply::without_step(
            StepStatus::Done,
            self.after_step,
            0,
        ))
    }

    /// Acquires the lock of the run's load until then, or renews it, where targets are under
    /// load one after another; `false` while another target has it. Until now, it is
    /// released.
    async fn may_load_until(&self, until: Timestamp) -> Result<bool, Error> {
        if self.load.order == LoadOrder::Together {
            return Ok(true);
        }
        let lock = LoadLock {
            target_id: self.id.clone(),
            until_ms: until.as_millisecond(),
        };
        let store = &self.app.store;
        let acquired = store.acquire_load_lock(&self.plan.run_id, &lock, self.now);
        Ok(acquired.await?)
    }

    async fn is_budget_spent(&self) -> Result<bool, Error> {
        match RunBudget::of(self.plan)? {
            None => Ok(false),
            Some(budget) => {
                let usage = self.app.store.usage(&self.plan.run_id).await?;
                Ok(budget.is_spent(&usage))
            }
        }
    }

    /// When a step that is planned now begins: its workers have to start before.
    fn start_at(&self) -> Timestamp {
        let start = self.now + seconds(self.app.settings.load_lead_s);
        start.round(Unit::Millisecond).unwrap_or(start)
    }

    /// Until when a step holds the lock: as long as it can last, and as the planner is
    /// asked after it.
    fn end_of(&self, plan: &StepPlan) -> Timestamp {
        end_of_calls(plan, self.plan.config.method.timeout_s) + seconds(MAX_HANDOVER_S)
    }

    async fn wait_until(&self, until: Timestamp) -> Result<StepReply, Error> {
        if !self.may_load_until(until).await? {
            return Ok(self.wait_for_others());
        }
        let left = until.duration_since(self.now).as_secs() + 1;
        Ok(self.wait(u32::try_from(left.clamp(1, MAX_WAIT_S)).unwrap_or(1)))
    }

    fn wait_for_others(&self) -> StepReply {
        let targets = u32::try_from(self.plan.config.targets.len()).unwrap_or(u32::MAX);
        self.wait(load_poll_s(targets))
    }

    fn wait(&self, wait_s: u32) -> StepReply {
        StepReply::without_step(StepStatus::Wait, self.after_step, wait_s)
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::MAX_WORKERS;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reply_names_what_follows_and_is_as_small_with_the_most_workers() {
        let plan = StepPlan {
            step: 7,
            level: 10_000.0,
            workers: MAX_WORKERS,
            start_at: Timestamp::UNIX_EPOCH,
            ramp_s: 20,
            step_s: 120,
            part_s: None,
        };
        let reply = serde_json::to_value(StepReply::begin(&plan, 15)).unwrap();
        assert_eq!(
            (&reply["status"], &reply["step"]),
            (&"step".into(), &7.into())
        );
        assert_eq!(reply["workers"].as_array().map(Vec::len), Some(40));
        assert_eq!(reply["workers"][39]["worker"], 40);
        let bytes = reply.to_string().len();
        assert!(bytes < 2_400, "{bytes}");
        let in_parts = StepPlan {
            workers: 2,
            ramp_s: 20,
            part_s: Some(100),
            ..plan
        };
        let reply = serde_json::to_value(StepReply::begin(&in_parts, 15)).unwrap();
        let item = |worker, invoke_at| json!({"worker": worker, "invoke_at": invoke_at});
        assert_eq!(
            reply["workers"],
            json!([
                item(1, "1969-12-31T23:59:45Z"),
                item(2, "1969-12-31T23:59:45Z"),
                item(3, "1970-01-01T00:01:26Z"),
                item(4, "1970-01-01T00:01:26Z"),
            ])
        );
        let waiting = StepReply::without_step(StepStatus::Wait, 7, 60);
        assert_eq!(
            serde_json::to_value(waiting).unwrap(),
            json!({"status": "wait", "step": 7, "workers": [], "wait_s": 60})
        );
    }
}
