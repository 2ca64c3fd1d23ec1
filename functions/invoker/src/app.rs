//! What an invoker keeps from one invocation to the next.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_config::SdkConfig;
use bench_core::{
    config::{Service, Target},
    identity::{RunId, TargetId},
    plan::Plan,
    sample::Sample,
};
use bench_cost::RunBudget;
use bench_store::{Put, Store, StoreError, StoredCall};
use bench_targets::{AnyModel, ConnectError, Surroundings, connect};
use lambda_runtime::Context;
use tokio::sync::Mutex;

use crate::{Error, Invocation, SampleLog, Settings};

/// Built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    store: Store,
    surroundings: Surroundings,
    served: AtomicBool,
    /// The latest run: its plan is the same for every prompt of it.
    run: Mutex<Option<Arc<Run>>>,
    /// One client per target, so that a call finds its connection warm.
    models: Mutex<HashMap<(RunId, TargetId), Arc<AnyModel>>>,
}

impl App {
    /// Builds the clients of the store; those of models are built when asked for.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: &Settings, surroundings: Surroundings) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket)
                .keeping_samples(settings.sample_retention_days),
            surroundings,
            served: AtomicBool::new(false),
            run: Mutex::default(),
            models: Mutex::default(),
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
            what: format!("budget that can be enforced: {error}"),
        })?;
        Ok(Arc::clone(kept.insert(Arc::new(Run { plan, budget }))))
    }

    pub(crate) async fn model(
        &self,
        run_id: &RunId,
        target: &Target,
    ) -> Result<Arc<AnyModel>, ConnectError> {
        let key = (run_id.clone(), target.id.clone());
        let mut models = self.models.lock().await;
        if let Some(model) = models.get(&key) {
            return Ok(Arc::clone(model));
        }
        let ca = self.certificates(target).await?;
        let model = connect(target, &self.surroundings, ca.as_deref()).await?;
        let model = Arc::new(model);
        models.insert(key, Arc::clone(&model));
        Ok(model)
    }

    /// The certificates of a target with a private authority.
    async fn certificates(&self, target: &Target) -> Result<Option<Vec<u8>>, ConnectError> {
        let Service::Http { ca: Some(key), .. } = &target.service else {
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
            run_id: &run.plan.run_id,
            target_id,
            budget: run.budget.as_ref(),
        }
    }
}

/// A run that is under way.
#[derive(Debug)]
pub(crate) struct Run {
    /// As it was planned.
    pub(crate) plan: Plan,
    /// What it may cost; `None` where it has no budget.
    budget: Option<RunBudget>,
}

/// The samples of one target of one run, in the table.
#[derive(Debug)]
pub(crate) struct StoreLog<'a> {
    store: &'a Store,
    run_id: &'a str,
    target_id: &'a str,
    /// Only a run that has one counts what its calls use.
    budget: Option<&'a RunBudget>,
}

impl SampleLog for StoreLog<'_> {
    async fn of_prompt(&self, prompt_index: u32) -> Result<Vec<StoredCall>, StoreError> {
        self.store
            .stored_calls_of_prompt(self.run_id, self.target_id, prompt_index)
            .await
    }

    async fn of_target(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.store
            .stored_calls_of_target(self.run_id, self.target_id)
            .await
    }

    async fn probes(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.store.stored_probes(self.run_id, self.target_id).await
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        match self.budget {
            Some(budget) => Ok(budget.is_spent(&self.store.used(self.run_id).await?)),
            None => Ok(false),
        }
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        match self.budget {
            Some(_) => self.store.put_counted_sample(sample).await,
            None => self.store.put_sample(sample).await,
        }
    }
}
