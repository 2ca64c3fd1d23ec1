//! One target with a capacity, in real time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{
    batch::Batch,
    demand::Demand,
    engine::{self, Engine, Event},
    limits::{Limits, Parameters, nanos},
    served::Served,
    stall::Stall,
    throttle::Throttle,
};
use crate::{
    fault::Faults,
    pace::{self, Alarm},
};

/// A target whose calls are served together.
#[derive(Debug)]
pub(super) struct Target {
    parameters: Parameters,
    clock: Clock,
    state: Mutex<State>,
}

/// The time of a target, in nanoseconds since its first call.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Instant,
    stall: Option<Stall>,
}

#[derive(Debug)]
struct State {
    engine: Engine,
    throttle: Option<Throttle>,
    /// The calls that are queued or served.
    calls: HashMap<u64, Call>,
    /// The earliest instant at which this is woken.
    alarm_at: Option<Instant>,
}

#[derive(Debug)]
struct Call {
    arrived: Instant,
    served: Arc<Served>,
}

impl Target {
    /// A target as its name asks for it, if it has a capacity.
    pub(super) fn new(faults: &Faults, start: Instant) -> Option<Self> {
        let parameters = Parameters::of(faults)?;
        let batch = parameters.batch.unwrap_or(Batch::INDEPENDENT);
        Some(Self {
            clock: Clock {
                start,
                stall: parameters.stall,
            },
            state: Mutex::new(State {
                engine: Engine::new(parameters.slots, batch),
                throttle: parameters.rate.map(Throttle::new),
                calls: HashMap::new(),
                alarm_at: None,
            }),
            parameters,
        })
    }

    /// Whether calls have to do with each other once they are let in.
    pub(super) fn serves_together(&self) -> bool {
        let Parameters {
            slots,
            batch,
            stall,
            ..
        } = &self.parameters;
        slots.is_some() || batch.is_some() || stall.is_some()
    }

    pub(super) fn throttle(&self, at: Instant) -> Result<(), Duration> {
        let now = at.saturating_duration_since(self.clock.start);
        let mut state = self.lock();
        state
            .throttle
            .as_mut()
            .map_or(Ok(()), |throttle| throttle.take(now))
    }

    /// A call comes; `None` where it would have to wait in a full queue.
    pub(super) fn arrive(
        self: &Arc<Self>,
        id: u64,
        at: Instant,
        demand: Demand,
    ) -> Option<Arc<Served>> {
        let served = Arc::new(Served::default());
        let mut state = self.lock();
        let taken = state
            .engine
            .arrive(id, self.clock.active(at), in_nanos(demand));
        if taken {
            let call = Call {
                arrived: at,
                served: Arc::clone(&served),
            };
            state.calls.insert(id, call);
        }
        state.notify(&self.clock);
        self.set_alarm(&mut state);
        taken.then_some(served)
    }

    /// The call is not served any more; nothing where it has ended.
    pub(super) fn leave(self: &Arc<Self>, id: u64) {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(call) = state.calls.remove(&id) else {
            return;
        };
        state.engine.leave(id, self.clock.active(now));
        state.notify(&self.clock);
        self.set_alarm(&mut state);
        drop(state);
        let waited = now.saturating_duration_since(call.arrived);
        call.served.change(|service| {
            service.queued.get_or_insert(waited);
        });
    }

    pub(super) fn slots(&self) -> Option<usize> {
        self.parameters.slots.map(|slots| slots.count)
    }

    pub(super) fn limits(&self, name: &str) -> Limits {
        let state = self.lock();
        let (streams, queued) = (state.engine.streams(), state.engine.queued());
        drop(state);
        Limits::new(name, &self.parameters, (streams, queued))
    }

    /// Has this woken when the next token is due, unless it is woken before.
    fn set_alarm(self: &Arc<Self>, state: &mut State) {
        let Some(next) = state.next(&self.clock) else {
            return;
        };
        if state.alarm_at.is_none_or(|alarm| next < alarm) {
            state.alarm_at = Some(next);
            let this: Weak<Self> = Arc::downgrade(self);
            pace::set_alarm(next, this);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alarm for Target {
    fn ring(&self, instant: Instant) -> Option<Instant> {
        let mut state = self.lock();
        if state.alarm_at != Some(instant) {
            // An earlier alarm was set since.
            return None;
        }
        state.engine.advance(self.clock.active(Instant::now()));
        state.notify(&self.clock);
        state.alarm_at = state.next(&self.clock);
        state.alarm_at
    }
}

impl State {
    /// Passes on what has happened.
    fn notify(&mut self, clock: &Clock) {
        for event in self.engine.events() {
            match event {
                Event::Begun { id, at, streams } => {
                    if let Some(call) = self.calls.get(&id) {
                        let begun = clock.instant(at);
                        let queued = begun.saturating_duration_since(call.arrived);
                        call.served.change(|service| {
                            service.queued = Some(queued);
                            service.streams_at_start = Some(streams);
                        });
                    }
                }
                Event::Due { id, at, token } => {
                    if let Some(call) = self.calls.get(&id) {
                        if token == 0 {
                            let due = clock.instant(at);
                            call.served.change(|service| service.first_due = Some(due));
                        }
                        call.served.notify(token + 1);
                    }
                }
                Event::Ended { id, at, streams } => {
                    if let Some(call) = self.calls.remove(&id) {
                        let due = clock.instant(at);
                        call.served.change(|service| {
                            service.last_due = Some(due);
                            service.mean_streams = Some(streams);
                        });
                    }
                }
            }
        }
    }

    fn next(&self, clock: &Clock) -> Option<Instant> {
        self.engine.next().map(|active| clock.instant(active))
    }
}

impl Clock {
    /// The time at which no stall counts, of an instant.
    fn active(&self, instant: Instant) -> f64 {
        let time = nanos(instant.saturating_duration_since(self.start));
        self.stall.map_or(time, |stall| stall.active(time))
    }

    fn instant(&self, active: f64) -> Instant {
        let time = self.stall.map_or(active, |stall| stall.time(active));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time since the start is positive and less than centuries"
        )]
        let time = Duration::from_nanos(time.ceil() as u64);
        self.start + time
    }
}

fn in_nanos(demand: Demand) -> engine::Demand {
    engine::Demand {
        first: nanos(demand.first),
        total: nanos(demand.total),
        tokens: demand.tokens,
        spacing: nanos(demand.spacing),
    }
}
