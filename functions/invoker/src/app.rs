//! The state of an invoker from one invocation to the next.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_config::SdkConfig;
use bench_core::{
    config::{HttpTarget, Service, Target},
    identity::{RunId, TargetId},
    load::StepPlan,
    plan::Plan,
    sample::{Phase, Sample},
};
use bench_cost::RunBudget;
use bench_store::{JournalWriter, Put, Store, StoreError, StoredCall};
use bench_targets::{AnyModel, ConnectError, TargetEnv, connect};
use lambda_runtime::Context;
use tokio::sync::Mutex;

use crate::{Error, Invocation, SampleLog, Settings, load_store::LoadStore};

/// Built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    store: Store,
    /// Only a run on one machine has one.
    journal: Option<JournalWriter>,
    env: TargetEnv,
    served: AtomicBool,
    /// The latest run: its plan is the same for every prompt of it.
    run: Mutex<Option<Arc<Run>>>,
}

impl App {
    /// Builds the clients of the store; those of models are built on first use.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: &Settings, env: TargetEnv) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket)
                .keeping_samples(settings.sample_retention_days),
            journal: settings.journal.clone().map(JournalWriter::new),
            env,
            served: AtomicBool::new(false),
            run: Mutex::default(),
        }
    }

    pub(crate) fn invocation(&self, context: &Context) -> Invocation {
        Invocation {
            request_id: context.request_id.clone(),
            cold_start: !self.served.swap(true, Ordering::Relaxed),
        }
    }

    pub(crate) async fn run(&self, run_id: &RunId) -> Result<Arc<Run>, Error> {
        let mut kept = self.run.lock().await;
        if let Some(run) = kept.as_ref().filter(|run| run.plan.run_id == *run_id) {
            return Ok(Arc::clone(run));
        }
        let plan = self
            .store
            .get_plan(run_id)
            .await?
            .ok_or_else(|| Error::PlanMissing {
                run_id: run_id.clone(),
            })?;
        // The planner refuses one that cannot be enforced.
        let budget = RunBudget::of(&plan).map_err(|error| Error::NotInPlan {
            run_id: run_id.clone(),
            what: format!("budget that can be enforced ({error})"),
        })?;
        if let Some(journal) = &self.journal {
            journal.put_plan(&plan)?;
        }
        Ok(Arc::clone(kept.insert(Arc::new(Run::new(plan, budget)))))
    }

    /// The client of a target, made at its first call in this run.
    pub(crate) async fn model(
        &self,
        run: &Run,
        target: &Target,
    ) -> Result<Arc<AnyModel>, ConnectError> {
        let mut models = run.models.lock().await;
        if let Some(model) = models.get(&target.id) {
            return Ok(Arc::clone(model));
        }
        let ca = self.certificates(target).await?;
        let model = connect(target, &self.env, ca.as_deref()).await?;
        let model = Arc::new(model);
        models.insert(target.id.clone(), Arc::clone(&model));
        Ok(model)
    }

    /// The certificates of a target with a private authority.
    async fn certificates(&self, target: &Target) -> Result<Option<Vec<u8>>, ConnectError> {
        let Service::Http(HttpTarget { ca: Some(key), .. }) = &target.service else {
            return Ok(None);
        };
        let fault = |fault: String| ConnectError::Certificates {
            target: target.id.clone(),
            fault,
        };
        match self.store.get_object(key).await {
            Ok(Some(pem)) => Ok(Some(pem)),
            Ok(None) => Err(fault(format!("there is no object `{key}` in the bucket"))),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    pub(crate) fn log<'a>(&'a self, run: &'a Run, target_id: &'a str) -> StoreLog<'a> {
        StoreLog {
            store: &self.store,
            journal: self.journal.as_ref(),
            run_id: &run.plan.run_id,
            target_id,
            budget: run.budget.as_ref(),
        }
    }
}

impl App {
    /// A step of the load of a target, where it is planned.
    pub(crate) async fn step(
        &self,
        run: &Run,
        target_id: &str,
        step: u32,
    ) -> Result<Option<StepPlan>, StoreError> {
        self.store
            .step_plan(&run.plan.run_id, target_id, step)
            .await
    }

    pub(crate) fn load_log<'a>(
        &'a self,
        run: &'a Run,
        target_id: &'a TargetId,
        step: &StepPlan,
        worker: u32,
    ) -> LoadStore<'a> {
        LoadStore {
            store: &self.store,
            journal: self.journal.as_ref(),
            run_id: &run.plan.run_id,
            target_id,
            step: step.step,
            worker,
            before: step.worker_before(worker),
            budget: run.budget.as_ref(),
        }
    }
}

/// A run that is under way.
#[derive(Debug)]
pub(crate) struct Run {
    /// As it was planned.
    pub(crate) plan: Plan,
    /// The most it may cost; `None` where it has no budget.
    budget: Option<RunBudget>,
    /// One client per target, so that a call finds its connection warm. They go when
    /// the environment serves another run.
    models: Mutex<HashMap<TargetId, Arc<AnyModel>>>,
}

impl Run {
    fn new(plan: Plan, budget: Option<RunBudget>) -> Self {
        Self {
            plan,
            budget,
            models: Mutex::default(),
        }
    }
}

/// The samples of one target of one run, in the table.
#[derive(Debug)]
pub(crate) struct StoreLog<'a> {
    store: &'a Store,
    journal: Option<&'a JournalWriter>,
    run_id: &'a str,
    target_id: &'a str,
    /// Only a run that has one counts what its calls use.
    budget: Option<&'a RunBudget>,
}

impl StoreLog<'_> {
    async fn stored_calls_of_prompt(&self, prompt: u32) -> Result<Vec<StoredCall>, StoreError> {
        self.store
            .stored_calls_of_prompt(self.run_id, self.target_id, prompt)
            .await
    }

    /// The calls of a prompt that were begun by invokers that were killed. On AWS nothing is
    /// known of them, and they are made again.
    fn lost(&self, prompt: u32, stored: &[StoredCall]) -> Result<Vec<Sample>, StoreError> {
        let Some(journal) = self.journal else {
            return Ok(Vec::new());
        };
        let is_of_prompt = |call: &Sample| {
            call.phase != Phase::Probe
                && !call.is_under_load()
                && (call.target_id.as_str(), call.prompt_index) == (self.target_id, prompt)
        };
        let is_stored = |call: &Sample| {
            let key = (call.phase, call.repetition, call.attempt);
            let mut stored = stored.iter();
            stored.any(|stored| key == (stored.phase, stored.repetition, stored.attempt))
        };
        let mut calls = journal.interrupted()?;
        calls.retain(|call| is_of_prompt(call) && !is_stored(call));
        Ok(calls)
    }
}

impl SampleLog for StoreLog<'_> {
    async fn of_prompt(&self, prompt_index: u32) -> Result<Vec<StoredCall>, StoreError> {
        let stored = self.stored_calls_of_prompt(prompt_index).await?;
        let lost = self.lost(prompt_index, &stored)?;
        if lost.is_empty() {
            return Ok(stored);
        }
        for call in &lost {
            self.put(call).await?;
        }
        self.stored_calls_of_prompt(prompt_index).await
    }

    async fn of_target(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.store
            .stored_calls_of_target(self.run_id, self.target_id)
            .await
    }

    async fn probes(&self) -> Result<Vec<Sample>, StoreError> {
        self.store.probes(self.run_id, self.target_id).await
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        match self.budget {
            Some(budget) if budget.limits(self.target_id) => {
                Ok(budget.is_spent(&self.store.usage(self.run_id).await?))
            }
            _ => Ok(false),
        }
    }

    async fn begin(&self, call: &Sample) -> Result<(), StoreError> {
        self.journal.map_or(Ok(()), |journal| journal.begin(call))
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        let journaled = self
            .journal
            .map_or(Ok(()), |journal| journal.put_sample(sample));
        let put = match self.budget {
            Some(_) => self.store.put_counted_sample(sample).await,
            None => self.store.put_sample(sample).await,
        }?;
        // In the table it is there for this run, so its call is not made again.
        journaled.map(|()| put)
    }
}

#[cfg(test)]
mod tests {
    use bench_targets::TargetEnv;

    use super::*;
    use crate::fakes::plan;

    #[tokio::test]
    async fn clients_go_with_their_run() {
        let aws = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .build();
        let settings = Settings {
            table: "table".to_owned(),
            bucket: "bucket".to_owned(),
            sample_retention_days: None,
            journal: None,
        };
        let app = App::new(&aws, &settings, TargetEnv::default());
        let first = Arc::new(Run::new(plan(), None));
        *app.run.lock().await = Some(Arc::clone(&first));
        let target = &first.plan.config.targets[0];
        let client = app.model(&first, target).await.unwrap();
        let again = app.model(&first, target).await.unwrap();
        assert!(Arc::ptr_eq(&client, &again), "one connection for all calls");
        let kept = Arc::downgrade(&client);
        drop((client, again, first));
        *app.run.lock().await = Some(Arc::new(Run::new(plan(), None)));
        assert!(kept.upgrade().is_none());
    }
}
