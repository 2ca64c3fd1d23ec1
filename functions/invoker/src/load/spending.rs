//! The budget that the calls of a worker use.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bench_core::{sample::Sample, usage::UsageTotals};
use bench_store::StoreError;
use tokio::{sync::Notify, time::timeout};

use super::{
    LoadLog,
    stop::{Halt, Stop},
};

/// How often usage is added to that of the run, and its budget looked at: a transaction a
/// call would be more than one item of the table takes.
const INTERVAL: Duration = Duration::from_secs(1);

/// The usage of calls that is not yet counted.
pub(super) struct Spending<'a, L> {
    log: &'a L,
    stop: &'a Stop,
    usage: Mutex<Option<UsageTotals>>,
    end: Notify,
}

impl<'a, L: LoadLog> Spending<'a, L> {
    pub(super) fn new(log: &'a L, stop: &'a Stop) -> Self {
        Self {
            log,
            stop,
            usage: Mutex::default(),
            end: Notify::new(),
        }
    }

    /// A call was stored.
    pub(super) fn note(&self, sample: &Sample) {
        if let Some(call) = UsageTotals::of(sample).filter(|_| self.log.is_counted()) {
            let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
            *usage = Some(usage.map_or(call, |before| before.plus(call)));
        }
    }

    /// No further call is stored.
    pub(super) fn end(&self) {
        self.end.notify_one();
    }

    /// Counts until the end, and stops the worker once the budget is spent.
    pub(super) async fn count(&self) {
        let mut is_end = !self.log.is_counted();
        while !is_end {
            is_end = timeout(INTERVAL, self.end.notified()).await.is_ok();
            if let Err(error) = self.count_once(is_end).await {
                // What is spent is not known.
                self.stop.fail(error);
            }
        }
    }

    async fn count_once(&self, is_end: bool) -> Result<(), StoreError> {
        let taken = self.take();
        if let Some(usage) = taken {
            self.log.count(usage).await?;
        }
        if !is_end && self.log.is_spent().await? {
            self.stop.halt(Halt::Budget);
        }
        Ok(())
    }

    fn take(&self) -> Option<UsageTotals> {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.take()
    }
}
