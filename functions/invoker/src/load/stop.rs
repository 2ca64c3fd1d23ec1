//! Why a worker sends nothing more although its window is not over.

use std::sync::OnceLock;

use bench_store::StoreError;
use tracing::warn;

/// A reason to stop that a result is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The budget is spent.
    Budget,
    /// The Lambda's deadline is near.
    Deadline,
}

/// Set once a worker is to send nothing more; calls that are under way go on.
#[derive(Debug, Default)]
pub(super) struct Stop {
    halt: OnceLock<Halt>,
    failure: OnceLock<StoreError>,
}

impl Stop {
    /// The first reason counts.
    pub(super) fn halt(&self, reason: Halt) {
        let _ = self.halt.set(reason);
    }

    /// A call could not be noted or counted, or a sample not be stored. The first error counts.
    pub(super) fn fail(&self, error: StoreError) {
        warn!(%error, "worker stops");
        let _ = self.failure.set(error);
    }

    /// Whether nothing more is to be sent.
    pub(super) fn is_set(&self) -> bool {
        self.halt.get().is_some() || self.failure.get().is_some()
    }

    /// The reason to stop, where there was one; a failure before any other.
    pub(super) fn into_result(self) -> Result<Option<Halt>, StoreError> {
        match self.failure.into_inner() {
            Some(error) => Err(error),
            None => Ok(self.halt.into_inner()),
        }
    }
}
