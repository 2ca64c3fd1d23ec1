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

/// The demand of one call on its target. Times are nanoseconds of a stream served alone.
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

/// An event of the call of an id, at a time in nanoseconds.
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

/// A number of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// How many, at least 1.
    pub(super) count: usize,
    /// Whether a service begins only when the part `1 / count` of the time of the one
    /// before has passed, as if the slots were served in rotation.
    pub(super) even: bool,
    /// How many calls wait at most.
    pub(super) queue: usize,
}

/// The next event, and its time.
enum Step {
    Opening(f64),
    Token(f64),
}

/// Free slots.
#[derive(Debug)]
struct Slots {
    rule: Rule,
    /// Those that were never used.
    fresh: usize,
    /// When each of the others became free.
    freed: BinaryHeap<Reverse<Total>>,
    /// From when on the next service is far enough behind the one before.
    apart_at: f64,
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
    pub(super) fn new(slots: Option<Rule>, batch: Batch) -> Self {
        Self {
            batch,
            slots: slots.map(Slots::new),
            queue: VecDeque::new(),
            served: HashMap::new(),
            agenda: BTreeSet::new(),
            changed_at: 0.0,
            work: 0.0,
            stream_time: 0.0,
            events: Vec::new(),
        }
    }

    /// A call comes at that time, its id its own; whether it is taken: it is not where
    /// it would have to wait in a full queue.
    pub(super) fn arrive(&mut self, id: u64, at: f64, demand: Demand) -> bool {
        self.advance(at);
        if let Some(slots) = &self.slots
            && self.queue.len() >= slots.rule.queue
            && (!self.queue.is_empty() || slots.opens_at().is_none_or(|opens| opens > at))
        {
            return false;
        }
        self.queue.push_back(Queued { id, at, demand });
        self.advance(at);
        true
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
        self.advance(at);
    }

    /// Lets everything happen that is due by then.
    pub(super) fn advance(&mut self, to: f64) {
        while let Some(next) = self.next_step() {
            match next {
                Step::Opening(at) if at <= to => self.begin(at),
                Step::Token(at) if at <= to => self.token(at),
                _ => return,
            }
        }
    }

    /// When the next thing happens, if nobody comes or leaves before.
    pub(super) fn next(&self) -> Option<f64> {
        self.next_step().map(|step| match step {
            Step::Opening(at) | Step::Token(at) => at,
        })
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

    fn next_step(&self) -> Option<Step> {
        let opening = self.opening();
        let token = self.agenda.first().map(|(due, _)| self.time_of(*due));
        match (opening, token) {
            (Some(opening), Some(token)) if token < opening => Some(Step::Token(token)),
            (Some(opening), _) => Some(Step::Opening(opening)),
            (None, token) => token.map(Step::Token),
        }
    }

    /// When the next in the queue begins, if a slot is free.
    fn opening(&self) -> Option<f64> {
        let next = self.queue.front()?;
        match &self.slots {
            None => Some(next.at),
            Some(slots) => slots.opens_at().map(|at| at.max(next.at)),
        }
    }

    /// Begins with the next in the queue.
    fn begin(&mut self, at: f64) {
        let Some(Queued { id, demand, .. }) = self.queue.pop_front() else {
            return;
        };
        if let Some(slots) = &mut self.slots {
            slots.take(at, &demand);
        }
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

    /// Tells of the next token, and ends the service of its call if it is the last.
    fn token(&mut self, at: f64) {
        let Some((_, id)) = self.agenda.pop_first() else {
            return;
        };
        let Some(served) = self.served.get_mut(&id) else {
            return;
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

    /// Ends the service of a call.
    fn release(&mut self, id: u64, at: f64) -> Option<Served> {
        self.integrate(at);
        if let Some(slots) = &mut self.slots {
            slots.freed.push(Reverse(Total(at)));
        }
        self.served.remove(&id)
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
    fn new(rule: Rule) -> Self {
        Self {
            rule,
            fresh: rule.count,
            freed: BinaryHeap::new(),
            apart_at: 0.0,
        }
    }

    /// Since when, or from when on, a call may begin; `None` while all slots are busy.
    fn opens_at(&self) -> Option<f64> {
        let freed = self.freed.peek().map(|Reverse(Total(at))| *at);
        let free = if self.fresh > 0 { Some(0.0) } else { freed };
        free.map(|at| at.max(self.apart_at))
    }

    fn take(&mut self, at: f64, demand: &Demand) {
        if self.fresh > 0 {
            self.fresh -= 1;
        } else {
            self.freed.pop();
        }
        if self.rule.even {
            self.apart_at = at + demand.total / count(self.rule.count);
        }
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
