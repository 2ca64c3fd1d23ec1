//! The steps of a target's load: the plan of each, and what its workers wrote down.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bench_core::{
    load::{StepPlan, WorkerRecord},
    sample::{Outcome, Phase},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, from_item};

use crate::{
    Store, StoreError, keys,
    pages::{Item, Pages},
};

/// The attribute of the end of a load that says why it ended.
const REASON: &str = "reason";

/// The end of a load.
#[derive(Deserialize)]
struct LoadEnd<E> {
    reason: E,
}

/// A step of a load with what is known of its workers.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStep {
    /// Its plan.
    pub plan: StepPlan,
    /// The workers that began, in their order; one that never did has no record.
    pub workers: Vec<WorkerRecord>,
}

/// The load of a target, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLoad<E> {
    /// Its steps, in their order.
    pub steps: Vec<StoredStep>,
    /// Why it has ended; `None` while it goes on.
    pub end: Option<E>,
}

/// A call of a target, as far as its mean latency needs it.
#[derive(Deserialize)]
struct TimedCall {
    phase: Phase,
    outcome: Outcome,
    latency_us: u64,
}

impl Store {
    /// The load of a target: every step that was planned, with its workers, and why it ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load<E: DeserializeOwned>(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<StoredLoad<E>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let unreadable = |error| StoreError::unreadable(format!("a step of `{partition}`"), error);
        let mut items = Pages::new(self, partition.clone(), keys::STEP);
        let mut steps: Vec<StoredStep> = Vec::new();
        let mut end = None;
        while let Some(mut item) = items.next().await? {
            let key = sort_key(&item);
            if key == keys::STEP_END {
                let reason = item.remove(REASON).unwrap_or(AttributeValue::Null(true));
                end = from_attribute_value(reason).map_err(unreadable)?;
            } else if keys::is_step(&key) {
                let plan = from_item(item).map_err(unreadable)?;
                let workers = Vec::new();
                steps.push(StoredStep { plan, workers });
            } else {
                let worker: WorkerRecord = from_item(item).map_err(unreadable)?;
                let of_last = steps.last_mut();
                if let Some(step) = of_last.filter(|step| step.plan.step == worker.step) {
                    step.workers.push(worker);
                }
            }
        }
        Ok(StoredLoad { steps, end })
    }

    /// Why the load of a target has ended; `None` while it goes on, and where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load_end<E: DeserializeOwned>(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<Option<E>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let what = format!("the end of the load of `{partition}`");
        // By a query, as the aggregator may read the table by nothing else.
        let mut items = Pages::new(self, partition, keys::STEP_END);
        let Some(item) = items.next().await? else {
            return Ok(None);
        };
        let end: LoadEnd<E> =
            from_item(item).map_err(|error| StoreError::unreadable(what, error))?;
        Ok(Some(end.reason))
    }

    /// The plans of a target's steps, in their order, without what their workers wrote down.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn step_plans(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<Vec<StepPlan>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let what = format!("a step of `{partition}`");
        let attributes = &[
            "sk", "step", "level", "workers", "start_at", "ramp_s", "step_s", "part_s",
        ];
        let mut items = Pages::new(self, partition, keys::STEP).with_attributes(attributes);
        let mut plans = Vec::new();
        while let Some(item) = items.next().await? {
            if keys::is_step(&sort_key(&item)) {
                plans.push(from_item(item).map_err(|error| StoreError::unreadable(&what, error))?);
            }
        }
        Ok(plans)
    }

    /// The plan of one step; `None` where it is not planned.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn step_plan(
        &self,
        run_id: &str,
        target_id: &str,
        step: u32,
    ) -> Result<Option<StepPlan>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let action = format!("read step {step} of `{partition}`");
        self.record(&partition, &keys::step(step), &action).await
    }

    /// Stores the plan of a step, which is never changed but by [`Store::retime_step`];
    /// `false` where the step has one.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn put_step(
        &self,
        run_id: &str,
        target_id: &str,
        plan: &StepPlan,
    ) -> Result<bool, StoreError> {
        self.put_plan_of_step(run_id, target_id, plan, None).await
    }

    /// Gives a step that no worker has begun another time to start; `false` where it starts
    /// at another time than `from`.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn retime_step(
        &self,
        run_id: &str,
        target_id: &str,
        plan: &StepPlan,
        from: Timestamp,
    ) -> Result<bool, StoreError> {
        self.put_plan_of_step(run_id, target_id, plan, Some(from))
            .await
    }

    async fn put_plan_of_step(
        &self,
        run_id: &str,
        target_id: &str,
        plan: &StepPlan,
        from: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let partition = keys::target(run_id, target_id);
        let action = format!("store step {} of `{partition}`", plan.step);
        let key = keys::step(plan.step);
        self.put_record(plan, &partition, &key, &action, |put| match from {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(from) => put
                .condition_expression("start_at = :from")
                .expression_attribute_values(":from", AttributeValue::S(from.to_string())),
        })
        .await
    }

    /// Stores that the load of a target has ended, and why.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn end_load(
        &self,
        run_id: &str,
        target_id: &str,
        reason: &impl Serialize,
    ) -> Result<(), StoreError> {
        #[derive(Serialize)]
        struct End<'a, R> {
            reason: &'a R,
        }
        let partition = keys::target(run_id, target_id);
        let action = format!("store the end of the load of `{partition}`");
        self.put_record(
            &End { reason },
            &partition,
            keys::STEP_END,
            &action,
            |put| put,
        )
        .await
        .map(|_| ())
    }

    /// The mean latency of the measured calls of a target that were answered, in seconds,
    /// those of its load apart; `None` of none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn mean_latency_s(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<Option<f64>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let what = format!("a sample of `{partition}`");
        let attributes = &["phase", "outcome", "latency_us"];
        let mut items = Pages::new(self, partition, keys::SAMPLE).with_attributes(attributes);
        let (mut calls, mut sum) = (0_u32, 0.0);
        while let Some(item) = items.next().await? {
            let call: TimedCall =
                from_item(item).map_err(|error| StoreError::unreadable(&what, error))?;
            if call.phase == Phase::Measured && call.outcome == Outcome::Ok {
                calls += 1;
                sum += Duration::from_micros(call.latency_us).as_secs_f64();
            }
        }
        Ok((calls > 0).then(|| sum / f64::from(calls)))
    }
}

fn sort_key(item: &Item) -> String {
    let key = item.get("sk").and_then(|key| key.as_s().ok());
    key.cloned().unwrap_or_default()
}
