//! The samples and the record of one worker of a load, in the table.

use bench_core::{
    identity::{RunId, TargetId},
    load::WorkerRecord,
    sample::Sample,
    usage::UsageTotals,
};
use bench_cost::RunBudget;
use bench_store::{JournalWriter, Put, Store, StoreError};

use crate::LoadLog;

/// Where the worker of a step of a target of a run keeps what it makes.
#[derive(Debug)]
pub(crate) struct LoadStore<'a> {
    pub(crate) store: &'a Store,
    /// Only a run on one machine has one.
    pub(crate) journal: Option<&'a JournalWriter>,
    pub(crate) run_id: &'a RunId,
    pub(crate) target_id: &'a TargetId,
    pub(crate) step: u32,
    pub(crate) worker: u32,
    /// The worker that it takes over from.
    pub(crate) before: Option<u32>,
    /// Only a run that has one counts what its calls use.
    pub(crate) budget: Option<&'a RunBudget>,
}

impl LoadLog for LoadStore<'_> {
    async fn record(&self) -> Result<Option<WorkerRecord>, StoreError> {
        self.store
            .worker_record(self.run_id, self.target_id, self.step, self.worker)
            .await
    }

    async fn record_before(&self) -> Result<Option<WorkerRecord>, StoreError> {
        match self.before {
            Some(worker) => {
                let store = self.store;
                store
                    .worker_record(self.run_id, self.target_id, self.step, worker)
                    .await
            }
            None => Ok(None),
        }
    }

    async fn begin_worker(&self, record: &WorkerRecord) -> Result<Put, StoreError> {
        self.store
            .begin_worker(self.run_id, self.target_id, record)
            .await
    }

    async fn hand_over(&self, record: &WorkerRecord, begun_by: &str) -> Result<Put, StoreError> {
        self.store
            .update_worker(self.run_id, self.target_id, record, begun_by)
            .await
    }

    async fn end_worker(&self, record: &WorkerRecord, begun_by: &str) -> Result<Put, StoreError> {
        let put = self.hand_over(record, begun_by).await?;
        if let Some(journal) = self.journal.filter(|_| put == Put::Stored) {
            journal.end_worker(self.target_id, record)?;
        }
        Ok(put)
    }

    async fn samples(&self) -> Result<Vec<Sample>, StoreError> {
        self.store
            .samples_of_worker(self.run_id, self.target_id, self.step, self.worker)
            .await
    }

    fn begin(&self, call: &Sample) -> Result<(), StoreError> {
        self.journal
            .map_or(Ok(()), |journal| journal.begin_under_load(call))
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        let journaled = self
            .journal
            .map_or(Ok(()), |journal| journal.put_under_load(sample));
        let put = self.store.put_load_sample(sample).await?;
        // In the table it is there for this run, so its call is not made again.
        journaled.map(|()| put)
    }

    fn is_counted(&self) -> bool {
        self.budget.is_some()
    }

    async fn count(&self, usage: UsageTotals) -> Result<(), StoreError> {
        self.store
            .add_usage(self.run_id, self.target_id, usage)
            .await
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        match self.budget {
            Some(budget) => Ok(budget.is_spent(&self.store.usage(self.run_id).await?)),
            None => Ok(false),
        }
    }
}
