//! How far the service of one call has come.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// The times of the service of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Service {
    /// From its arrival until its service began, or until it was given up.
    pub(crate) queued: Option<Duration>,
    /// Streams in the batch when it began, itself included.
    pub(crate) streams_at_start: Option<usize>,
    /// The mean number of streams in the batch from its begin to its end.
    pub(crate) mean_streams: Option<f64>,
    /// When its first and its last token were due.
    pub(crate) first_due: Option<Instant>,
    pub(crate) last_due: Option<Instant>,
}

/// A call in the queue or in service, for the target that serves it and for those who
/// wait for its tokens.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// How many tokens are due so far.
    due: AtomicUsize,
    tick: Notify,
    service: Mutex<Service>,
}

impl Served {
    pub(crate) fn service(&self) -> Service {
        *self.lock()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Service)) {
        change(&mut self.lock());
    }

    /// So many tokens are due.
    pub(super) fn notify(&self, tokens: usize) {
        self.due.store(tokens, Ordering::Release);
        self.tick.notify_one();
    }

    /// Whether a token is due.
    pub(super) fn is_due(&self, token: usize) -> bool {
        self.due.load(Ordering::Acquire) > token
    }

    /// Waits until a token is due.
    pub(super) async fn until(&self, token: usize) {
        while !self.is_due(token) {
            self.tick.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
