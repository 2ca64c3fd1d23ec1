//! Targets that can take only so much.
//!
//! The capacity of a target is part of its name, as its faults are (see
//! [`crate::fault`]): a number of service slots with a queue before them, a law by
//! which streams of a batch slow each other down, stalls of the whole target, and a
//! rate above which it throttles. Targets of the same name share all of it, whatever
//! the operation. Durations and rates are real ones, whatever the time scale.
//!
//! A call takes a slot when its request has been read and one is free, first come,
//! first served, and gives it back when its last token is due or its client has left.
//! The headers of a stream do not wait for a slot.
//!
//! A measurement of answers of the service time `S`, such as those of
//! `simulate-tokens-N-every-D`, has to find:
//!
//! - A closed loop of `n` callers on `c` slots: `c / S` requests a second at most; a mean
//!   latency of `S` up to `c` callers and of `n × S / c` beyond. Each single call takes
//!   that on even slots; on others, callers that began together come back together, so
//!   that at 1.5 times the slots half of the calls take `S` and half of them `2 × S`.
//! - A closed loop on a batch of slope `s` and knee `k`: each call takes
//!   `S × (1 + s × (n − k))` beyond `k` callers, which is `n × S / k` for a slope of
//!   `1 / k`.
//! - Poisson arrivals at one slot with a utilization of `ρ`: a mean wait of
//!   `ρS / (2(1 − ρ))`, twice that with exponential times; at `c` even slots, that of
//!   one slot with the time `S / c`.
//! - A target that stands still for `d` in every `p` gives `1 − d / p` of all that.
//!
//! Instants are those of a schedule that is kept whatever the delays of the machine, as
//! far as it depends on no client. The ledger has both, what was planned and what was.

mod batch;
mod demand;
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
pub(crate) use self::{demand::Demand, limits::Limits, served::Served, ticket::Ticket};

/// How long a client is to wait that finds a full queue.
const FULL: Duration = Duration::from_secs(1);

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
    ///
    /// # Errors
    ///
    /// The queue of the target is full: how long to wait before another try.
    pub(crate) fn arrive(
        &self,
        name: &str,
        faults: &Faults,
        (id, at): (u64, Instant),
        demand: Demand,
    ) -> Result<Option<Ticket>, Duration> {
        let target = self.target(name, faults, at);
        match target.filter(|target| target.serves_together()) {
            None => Ok(None),
            Some(target) => match Ticket::new(target, (id, at), demand) {
                None => Err(FULL),
                ticket => Ok(ticket),
            },
        }
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
