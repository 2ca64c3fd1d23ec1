//! Simulated services in virtual time, whose limits are known.

use std::collections::{BinaryHeap, VecDeque};

use bench_stats::SplitMix64;

/// An instant or a length of time, in microseconds.
pub(crate) type Micros = u64;

/// How long a request is served for.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Always as long.
    Fixed(Micros),
    /// Exponential, of this mean.
    Exponential(Micros),
    /// Log-normal, of this median and standard deviation of the logarithm.
    LogNormal(Micros, f64),
}

impl Work {
    pub(crate) fn draw(self, random: &mut SplitMix64) -> Micros {
        let drawn = match self {
            Self::Fixed(micros) => micros as f64,
            Self::Exponential(mean) => -(mean as f64) * (1.0 - random.unit()).ln(),
            Self::LogNormal(median, sigma) => {
                let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * random.unit()).cos();
                median as f64 * (sigma * normal).exp()
            }
        };
        drawn.round().max(1.0) as Micros
    }
}

/// A service for requests that were let in.
pub(crate) trait Service {
    /// A request with so much work comes in.
    fn begin(&mut self, now: Micros, request: usize, work: Micros);
    /// When the next request ends, if none comes before.
    fn next_end(&self) -> Option<Micros>;
    /// The request that ends now.
    fn end(&mut self, now: Micros) -> usize;
}

/// A queue before a number of slots, first come, first served.
pub(crate) struct Slots {
    free: usize,
    waiting: VecDeque<(usize, Micros)>,
    served: BinaryHeap<std::cmp::Reverse<(Micros, usize)>>,
}

impl Slots {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            free: slots,
            waiting: VecDeque::new(),
            served: BinaryHeap::new(),
        }
    }
}

impl Service for Slots {
    fn begin(&mut self, now: Micros, request: usize, work: Micros) {
        if self.free > 0 {
            self.free -= 1;
            self.served.push(std::cmp::Reverse((now + work, request)));
        } else {
            self.waiting.push_back((request, work));
        }
    }

    fn next_end(&self) -> Option<Micros> {
        self.served.peek().map(|next| next.0.0)
    }

    fn end(&mut self, now: Micros) -> usize {
        let ended = self.served.pop().expect("one that ends").0.1;
        self.free += 1;
        if let Some((request, work)) = self.waiting.pop_front() {
            self.begin(now, request, work);
        }
        ended
    }
}

/// A batch: each of n requests is served `1 + slope · (n - 1)` times as slowly as alone.
pub(crate) struct Batch {
    slope: f64,
    since: Micros,
    left: Vec<(f64, usize)>,
}

impl Batch {
    pub(crate) fn new(slope: f64) -> Self {
        Self {
            slope,
            since: 0,
            left: Vec::new(),
        }
    }

    fn pace(&self) -> f64 {
        1.0 + self.slope * (self.left.len() as f64 - 1.0)
    }

    fn progress(&mut self, now: Micros) {
        let done = (now - self.since) as f64 / self.pace().max(1e-9);
        self.left.iter_mut().for_each(|(left, _)| *left -= done);
        self.since = now;
    }
}

impl Service for Batch {
    fn begin(&mut self, now: Micros, request: usize, work: Micros) {
        self.progress(now);
        self.left.push((work as f64, request));
    }

    fn next_end(&self) -> Option<Micros> {
        let least = self.left.iter().map(|(left, _)| *left);
        let least = least.min_by(f64::total_cmp)?;
        Some(self.since + (least.max(0.0) * self.pace()).ceil() as Micros)
    }

    fn end(&mut self, now: Micros) -> usize {
        self.progress(now);
        let (place, _) = (0..)
            .zip(&self.left)
            .min_by(|a, b| a.1.0.total_cmp(&b.1.0))
            .expect("one that ends");
        self.left.swap_remove(place).1
    }
}

/// A token bucket: so many requests a second, and so many at once after a pause.
pub(crate) struct Throttle {
    per_s: f64,
    burst: f64,
    tokens: f64,
    since: Micros,
}

impl Throttle {
    pub(crate) fn new(per_s: f64, burst: f64) -> Self {
        Self {
            per_s,
            burst,
            tokens: burst,
            since: 0,
        }
    }

    pub(crate) fn admits(&mut self, now: Micros) -> bool {
        let gained = (now - self.since) as f64 / 1e6 * self.per_s;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.since = now;
        let admits = self.tokens >= 1.0;
        if admits {
            self.tokens -= 1.0;
        }
        admits
    }
}

/// A service that stands still for a while, again and again: it is as if its clock did.
#[derive(Clone, Copy)]
pub(crate) struct Stall {
    /// Time from one to the next.
    pub(crate) every: Micros,
    /// Where the first begins.
    pub(crate) at: Micros,
    /// How long it lasts.
    pub(crate) lasts: Micros,
}

impl Stall {
    /// The instant on the service's own clock.
    pub(crate) fn own(self, now: Micros) -> Micros {
        let Some(since) = now.checked_sub(self.at) else {
            return now;
        };
        let (whole, part) = (since / self.every, since % self.every);
        now - whole * self.lasts - part.min(self.lasts)
    }

    /// The first instant at which the service's own clock has come so far.
    pub(crate) fn real(self, own: Micros) -> Micros {
        let Some(since) = own.checked_sub(self.at).filter(|since| *since > 0) else {
            return own;
        };
        let stalls = (since - 1) / (self.every - self.lasts) + 1;
        own + stalls * self.lasts
    }
}
