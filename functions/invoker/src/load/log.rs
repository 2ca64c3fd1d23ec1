//! Where a worker keeps its samples and its record.

use bench_core::{load::WorkerRecord, sample::Sample, usage::UsageTotals};
use bench_store::{Put, StoreError};

/// Where the samples and the record of one worker of a step are kept.
pub trait LoadLog {
    /// The record of the worker; `None` before it began.
    fn record(&self) -> impl Future<Output = Result<Option<WorkerRecord>, StoreError>> + Send;
    /// The record of the worker that this one takes over from; `None` before that one began,
    /// and where there is none.
    fn record_before(
        &self,
    ) -> impl Future<Output = Result<Option<WorkerRecord>, StoreError>> + Send;
    /// Stores the record of the worker where none is there.
    fn begin_worker(
        &self,
        record: &WorkerRecord,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;
    /// Stores which callers the next worker takes over, in place of the record of the request
    /// that began it.
    fn hand_over(
        &self,
        record: &WorkerRecord,
        begun_by: &str,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;
    /// Stores how the worker ended, in place of the record of the request that began it.
    fn end_worker(
        &self,
        record: &WorkerRecord,
        begun_by: &str,
    ) -> impl Future<Output = Result<Put, StoreError>> + Send;
    /// The stored samples of the worker.
    fn samples(&self) -> impl Future<Output = Result<Vec<Sample>, StoreError>> + Send;
    /// Notes that a call is about to be sent, without waiting. A call that was not noted must
    /// not be sent.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn begin(&self, call: &Sample) -> Result<(), StoreError>;
    /// Stores a sample unless one of the same call is there.
    fn put(&self, sample: &Sample) -> impl Future<Output = Result<Put, StoreError>> + Send;
    /// Whether the usage of calls has to be counted, since the run has a budget.
    fn is_counted(&self) -> bool;
    /// Adds the usage of calls to that of the target.
    fn count(&self, usage: UsageTotals) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Whether the run may have spent its budget; never where it has none.
    fn is_spent(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
