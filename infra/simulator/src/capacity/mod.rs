//! Targets that can take only so much.
//!
//! What a target can take is part of its name, as its faults are (see
//! [`crate::fault`]): a number of service slots with a queue before them, a law by
//! which streams of a batch slow each other down, stalls of the whole target, and a
//! rate above which it throttles. Targets of the same name share all of it, whatever
//! the operation. Durations and rates are real ones, whatever the time scale.
//!
//! A call takes a slot when its request has been read and one is free, first come,
//! first served, and gives it back when its last token is due or its client has left.
//! The headers of a stream do not wait for a slot.

mod batch;
mod engine;
mod limits;
mod served;
mod stall;
mod target;
mod throttle;
mod ticket;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::fault::Faults;

use self::target::Target;
pub(crate) use self::{limits::Limits, served::Served, ticket::Ticket};

/// What one call asks of its target, served alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    /// From the beginning of the service to the first token.
    pub(crate) first: Duration,
    /// To the last token, with which the service ends.
    pub(crate) total: Duration,
    /// The tokens that go out one by one, at least 1; all but the last are evenly
    /// apart.
    pub(crate) tokens: usize,
    /// Tokens that are closer than this go out together.
    pub(crate) spacing: Duration,
}

/// Every target with a capacity that was called so far.
#[derive(Debug, Default)]
pub(crate) struct Capacities {
    targets: Mutex<BTreeMap<String, Arc<Target>>>,
}

impl Capacities {
    /// Counts a request for the rate of its target.
    ///
    /// # Errors
    ///
    /// How long it takes until the target takes another one, where this is above the
    /// rate.
    pub(crate) fn throttle(
        &self,
        name: &str,
        faults: &Faults,
        at: Instant,
    ) -> Result<(), Duration> {
        let target = self.target(name, faults, at);
        target.map_or(Ok(()), |target| target.throttle(at))
    }

    /// Lets a call queue; `None` where the target serves every call as if there were
    /// no other.
    pub(crate) fn arrive(
        &self,
        name: &str,
        faults: &Faults,
        (id, at): (u64, Instant),
        demand: Demand,
    ) -> Option<Ticket> {
        let target = self.target(name, faults, at)?;
        target
            .serves_together()
            .then(|| Ticket::new(target, (id, at), demand))
    }

    /// Names and limits of all targets, and how many calls are served and queued.
    pub(crate) fn limits(&self) -> Vec<Limits> {
        let targets = self.targets();
        let limits = targets.iter().map(|(name, target)| target.limits(name));
        limits.collect()
    }

    /// The target of that name, which begins with its first call.
    fn target(&self, name: &str, faults: &Faults, at: Instant) -> Option<Arc<Target>> {
        let mut targets = self.targets();
        if let Some(target) = targets.get(name) {
            return Some(Arc::clone(target));
        }
        let target = Arc::new(Target::new(faults, at)?);
        targets.insert(name.to_owned(), Arc::clone(&target));
        Some(target)
    }

    fn targets(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Target>>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
