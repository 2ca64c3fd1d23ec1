//! The place of one call in the queue and in the service of its target.

use std::{sync::Arc, time::Instant};

use super::{demand::Demand, served::Served, target::Target};

/// A place; dropping it before the end gives it up.
#[derive(Debug)]
pub(crate) struct Ticket {
    target: Arc<Target>,
    id: u64,
    served: Arc<Served>,
}

impl Ticket {
    /// The place of a call that came at that time; `None` where the queue is full.
    pub(super) fn new(
        target: Arc<Target>,
        (id, at): (u64, Instant),
        demand: Demand,
    ) -> Option<Self> {
        let served = target.arrive(id, at, demand)?;
        Some(Self { target, id, served })
    }

    /// The slots of the target, where they are limited.
    pub(crate) fn slots(&self) -> Option<usize> {
        self.target.slots()
    }

    pub(crate) fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served)
    }

    /// Whether a token is due.
    pub(crate) fn is_due(&self, token: usize) -> bool {
        self.served.is_due(token)
    }

    /// Waits until a token is due.
    pub(crate) async fn until(&self, token: usize) {
        self.served.until(token).await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.target.leave(self.id);
    }
}
