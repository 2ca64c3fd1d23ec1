//! A queue before slots in which streams are served, on a clock that is given.
//!
//! While `n` streams are served, each does work at the speed `1 / slowdown(n)`, all
//! at the same one. So there is one total of the work that a stream would have
//! received that was served all along, and a token is due when this total has grown
//! by the token's offset since its stream began. The totals at which tokens are due
//! stay the same whoever comes and goes; only the time at which the total will reach
//! them changes, by one factor for all.
//!
//! Ends are events of the schedule: the next in the queue begins at the instant at
//! which the one before was to end, however late anybody asks. An arrival may be told
//! late, too, and begins at the time that is given for it if a slot was free then.

use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::{cmp::Reverse, vec::Drain};

use super::batch::{Batch, count};

#[cfg(test)]
mod tests;

/// What one call asks of its target. Times are nanoseconds of a stream served alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    /// From the beginning of the service to the first token.
    pub(super) first: f64,
    /// To the last token, with which the service ends.
    pub(super) total: f64,
    /// The tokens, at least 1, of which all but the last are evenly apart.
    pub(super) tokens: usize,
    /// The least time between tokens that are told of one by one; those that are
    /// closer are told of together.
    pub(super) spacing: f64,
}

/// What happened, to the call of an id, at a time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event {
    /// Its service began, as the last of so many streams in the batch.
    Begun { id: u64, at: f64, streams: usize },
    /// The token at this place, and all before it, are due.
    Due { id: u64, at: f64, token: usize },
    /// Its service ended; on average so many streams were in the batch.
    Ended { id: u64, at: f64, streams: f64 },
}

/// The slots of one target. Times are nanoseconds on a clock that never runs
/// backward by more than an arrival is told late.
#[derive(Debug)]
pub(super) struct Engine {
    batch: Batch,
    slots: Option<Slots>,
    queue: VecDeque<Queued>,
    served: HashMap<u64, Served>,
    /// The total of work at which the next token of each stream is due.
    agenda: BTreeSet<(Total, u64)>,
    /// When the number of streams last changed.
    changed_at: f64,
    /// The work that a stream served all along would have received until then.
    work: f64,
    /// The integral of the number of streams until then.
    stream_time: f64,
    events: Vec<Event>,
}

/// Free slots.
#[derive(Debug)]
struct Slots {
    /// Those that were never used.
    fresh: usize,
    /// When each of the others became free.
    freed: BinaryHeap<Reverse<Total>>,
}

#[derive(Debug)]
struct Queued {
    id: u64,
    at: f64,
    demand: Demand,
}

#[derive(Debug)]
struct Served {
    demand: Demand,
    begun_at: f64,
    /// [`Engine::work`] and [`Engine::stream_time`] when it began.
    work: f64,
    stream_time: f64,
    /// The next token to be told of.
    token: usize,
}

/// A number by which things are put in order.
#[derive(Debug, Clone, Copy)]
struct Total(f64);

impl Demand {
    /// The work that a token takes from the beginning on.
    fn offset(&self, token: usize) -> f64 {
        let last = self.tokens - 1;
        if token >= last {
            return self.total;
        }
        self.first + (self.total - self.first) * count(token) / count(last)
    }

    /// The token that is told of next after another.
    fn next(&self, token: usize) -> usize {
        let last = self.tokens - 1;
        let nearest = self.offset(token) + self.spacing;
        let mut next = token + 1;
        while next < last && self.offset(next) < nearest {
            next += 1;
        }
        next
    }
}

impl Engine {
    /// An idle target with so many slots, or with one for every call.
    pub(super) fn new(slots: Option<usize>, batch: Batch) -> Self {
        Self {
            batch,
            slots: slots.map(|fresh| Slots {
                fresh,
                freed: BinaryHeap::new(),
            }),
            queue: VecDeque::new(),
            served: HashMap::new(),
            agenda: BTreeSet::new(),
            changed_at: 0.0,
            work: 0.0,
            stream_time: 0.0,
            events: Vec::new(),
        }
    }

    /// A call comes at that time; its id is its own.
    pub(super) fn arrive(&mut self, id: u64, at: f64, demand: Demand) {
        self.advance(at);
        let free_at = match &mut self.slots {
            None => Some(at),
            Some(slots) => slots.take(),
        };
        match free_at {
            Some(free_at) => self.begin(id, at.max(free_at), demand),
            None => self.queue.push_back(Queued { id, at, demand }),
        }
    }

    /// A call is given up at that time, queued or served; one that has ended is not
    /// known any more.
    pub(super) fn leave(&mut self, id: u64, at: f64) {
        self.advance(at);
        self.queue.retain(|queued| queued.id != id);
        if let Some(served) = self.served.get(&id) {
            self.agenda.remove(&(served.due(), id));
            self.release(id, at);
        }
    }

    /// Lets everything happen that is due by then.
    pub(super) fn advance(&mut self, to: f64) {
        while let Some(&(due, id)) = self.agenda.first() {
            let at = self.time_of(due);
            if at > to {
                return;
            }
            self.agenda.pop_first();
            let Some(served) = self.served.get_mut(&id) else {
                continue;
            };
            let token = served.token;
            self.events.push(Event::Due { id, at, token });
            if token + 1 < served.demand.tokens {
                served.token = served.demand.next(token);
                self.agenda.insert((served.due(), id));
            } else if let Some(ended) = self.release(id, at) {
                let time = at - ended.begun_at;
                let streams = if time > 0.0 {
                    (self.stream_time - ended.stream_time) / time
                } else {
                    1.0
                };
                self.events.push(Event::Ended { id, at, streams });
            }
        }
    }

    /// When the next token is due, if nobody comes or leaves before.
    pub(super) fn next(&self) -> Option<f64> {
        let (due, _) = self.agenda.first()?;
        Some(self.time_of(*due))
    }

    /// Everything that happened since this was last called, in order.
    pub(super) fn events(&mut self) -> Drain<'_, Event> {
        self.events.drain(..)
    }

    /// Streams that are served.
    pub(super) fn streams(&self) -> usize {
        self.served.len()
    }

    /// Calls in the queue.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    fn begin(&mut self, id: u64, at: f64, demand: Demand) {
        let slowdown = self.slowdown();
        self.integrate(at);
        // Nothing, unless the arrival is told late.
        let late = self.changed_at - at;
        let served = Served {
            demand,
            begun_at: at,
            work: self.work - late / slowdown,
            stream_time: self.stream_time - late * count(self.streams()),
            token: 0,
        };
        self.agenda.insert((served.due(), id));
        self.served.insert(id, served);
        let streams = self.streams();
        self.events.push(Event::Begun { id, at, streams });
    }

    /// Ends the service of a call, and begins with the next in the queue.
    fn release(&mut self, id: u64, at: f64) -> Option<Served> {
        self.integrate(at);
        let released = self.served.remove(&id);
        if let Some(next) = self.queue.pop_front() {
            self.begin(next.id, at.max(next.at), next.demand);
        } else if let Some(slots) = &mut self.slots {
            slots.freed.push(Reverse(Total(at)));
        }
        released
    }

    /// Moves on to a time at which the number of streams changes.
    fn integrate(&mut self, to: f64) {
        let time = to - self.changed_at;
        if time > 0.0 {
            self.work += time / self.slowdown();
            self.stream_time += time * count(self.streams());
            self.changed_at = to;
        }
    }

    fn time_of(&self, work: Total) -> f64 {
        self.changed_at + (work.0 - self.work) * self.slowdown()
    }

    fn slowdown(&self) -> f64 {
        self.batch.slowdown(self.streams())
    }
}

impl Slots {
    /// Since when the slot is free that is taken, if there is one.
    fn take(&mut self) -> Option<f64> {
        if self.fresh > 0 {
            self.fresh -= 1;
            return Some(0.0);
        }
        self.freed.pop().map(|Reverse(Total(at))| at)
    }
}

impl Served {
    fn due(&self) -> Total {
        Total(self.work + self.demand.offset(self.token))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Total {}
