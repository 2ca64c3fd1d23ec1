//! All values of a group, in bounded memory, whatever the order they come in.
//!
//! Up to [`EXACT_UP_TO`] values are kept as they are. Beyond that they go into an
//! `HdrHistogram` of three significant figures, and per prompt into bins of less than two.
//! Percentiles keep their definition; only the resolution changes, and with it
//! the name of the method.

use hdrhistogram::Histogram;

use super::{AtOrBelow, Ranked};
use crate::FigureMethod;

/// The most values of a group that are kept exactly: 1.6 MB.
pub const EXACT_UP_TO: usize = 100_000;

/// Values above this are taken as this: 142 years in microseconds.
const MAX_VALUE: u64 = 1 << 52;

/// The values of a group, each with the prompt it belongs to.
#[derive(Debug, Clone)]
pub struct Distribution {
    cap: usize,
    range: Option<(u64, u64)>,
    store: Store,
}

#[derive(Debug, Clone)]
enum Store {
    Exact(Vec<(u64, u32)>),
    Binned(Box<Binned>),
}

#[derive(Debug, Clone)]
struct Binned {
    pooled: Histogram<u64>,
    prompts: Vec<Bins>,
}

/// How often a prompt's values fell into each bin, from its first bin to its last:
/// one prompt's values lie close together, so there are few in between.
#[derive(Debug, Clone, Default)]
struct Bins {
    first: u16,
    counts: Vec<u32>,
}

impl Default for Distribution {
    fn default() -> Self {
        Self::exact_up_to(EXACT_UP_TO)
    }
}

impl Distribution {
    /// A distribution that keeps up to so many values exactly.
    ///
    /// ```
    /// use bench_stats::{Distribution, FigureMethod, percentile_of};
    /// let mut values = Distribution::exact_up_to(2);
    /// [1_000, 2_000, 3_000].into_iter().for_each(|value| values.push(value, 0));
    /// let ordered = values.ordered();
    /// assert_eq!(ordered.method(), FigureMethod::Type7Hdr3);
    /// let median = percentile_of(&ordered, 500).unwrap();
    /// assert!((median / 2_000.0 - 1.0).abs() < 1e-3);
    /// ```
    #[must_use]
    pub fn exact_up_to(cap: usize) -> Self {
        Self {
            cap,
            range: None,
            store: Store::Exact(Vec::new()),
        }
    }

    /// Adds a value of the prompt at that position.
    pub fn push(&mut self, value: u64, prompt: u32) {
        let value = value.min(MAX_VALUE);
        let (least, most) = self.range.unwrap_or((value, value));
        self.range = Some((least.min(value), most.max(value)));
        match &mut self.store {
            Store::Exact(values) if values.len() < self.cap => values.push((value, prompt)),
            Store::Exact(values) => {
                let mut binned = Binned::new();
                for (value, prompt) in values.drain(..).chain([(value, prompt)]) {
                    binned.push(value, prompt);
                }
                self.store = Store::Binned(Box::new(binned));
            }
            Store::Binned(binned) => binned.push(value, prompt),
        }
    }

    /// Adds all of another's values. The result is that of pushing them one by one.
    pub fn merge(&mut self, other: &Self) {
        match &other.store {
            Store::Exact(values) => {
                for (value, prompt) in values {
                    self.push(*value, *prompt);
                }
            }
            Store::Binned(theirs) => {
                if let Store::Exact(values) = &self.store {
                    let mut binned = Binned::new();
                    for (value, prompt) in values {
                        binned.push(*value, *prompt);
                    }
                    self.store = Store::Binned(Box::new(binned));
                }
                if let Store::Binned(ours) = &mut self.store {
                    ours.merge(theirs);
                }
                self.range = match (self.range, other.range) {
                    (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                    (ours, theirs) => ours.or(theirs),
                };
            }
        }
    }

    /// Least and greatest value, exactly; `None` without values.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        self.range
    }

    /// The values in order, to be read by rank.
    #[must_use]
    pub fn ordered(&self) -> Ordered<'_> {
        match &self.store {
            Store::Exact(values) => {
                let mut pairs = values.clone();
                pairs.sort_unstable();
                Ordered(Order::Exact(pairs))
            }
            Store::Binned(binned) => {
                let mut count = 0;
                let steps = binned.pooled.iter_recorded().map(|step| {
                    count += step.count_at_value();
                    let value = step.value_iterated_to();
                    (count, binned.pooled.median_equivalent(value))
                });
                Ordered(Order::Binned {
                    steps: steps.collect(),
                    range: self.range.unwrap_or_default(),
                    prompts: &binned.prompts,
                })
            }
        }
    }
}

impl Binned {
    fn new() -> Self {
        let pooled = Histogram::new(3).expect("three significant figures are within bounds");
        Self {
            pooled,
            prompts: Vec::new(),
        }
    }

    fn push(&mut self, value: u64, prompt: u32) {
        self.record(value, 1);
        let prompt = prompt as usize;
        if self.prompts.len() <= prompt {
            self.prompts.resize_with(prompt + 1, Bins::default);
        }
        self.prompts[prompt].add(bin(value), 1);
    }

    fn record(&mut self, value: u64, count: u64) {
        self.pooled
            .record_n(value, count)
            .expect("a histogram that grows takes every value");
    }

    fn merge(&mut self, other: &Self) {
        for step in other.pooled.iter_recorded() {
            let (value, count) = (step.value_iterated_to(), step.count_at_value());
            self.record(value, count);
        }
        if self.prompts.len() < other.prompts.len() {
            self.prompts.resize_with(other.prompts.len(), Bins::default);
        }
        for (ours, theirs) in self.prompts.iter_mut().zip(&other.prompts) {
            for (bin, count) in theirs.iter().filter(|(_, count)| *count > 0) {
                ours.add(bin, count);
            }
        }
    }
}

impl Bins {
    fn add(&mut self, bin: u16, count: u32) {
        if self.counts.is_empty() {
            self.first = bin;
        }
        // There are thousands of these: room for what comes, not for twice as much.
        if bin < self.first {
            let more = usize::from(self.first - bin);
            self.counts.reserve_exact(more);
            self.counts.splice(..0, std::iter::repeat_n(0, more));
            self.first = bin;
        }
        let at = usize::from(bin - self.first);
        if at >= self.counts.len() {
            self.counts.reserve_exact(at + 1 - self.counts.len());
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] = self.counts[at].saturating_add(count);
    }

    fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        (self.first..).zip(self.counts.iter().copied())
    }

    /// Values at or below a limit; within the limit's own bin as if spread evenly.
    fn at_or_below(&self, limit: f64) -> AtOrBelow {
        let mut share = AtOrBelow { n: 0, below: 0.0 };
        for (bin, count) in self.iter() {
            let (from, to) = edges(bin);
            share.n += u64::from(count);
            let inside = ((limit + 1.0 - from) / (to - from)).clamp(0.0, 1.0);
            share.below += inside * f64::from(count);
        }
        share
    }
}

/// The bin of a value: itself below 128, from there on 64 bins an octave.
fn bin(value: u64) -> u16 {
    let shift = value.max(1).ilog2().saturating_sub(6);
    let bin = (u64::from(shift) << 6) + (value >> shift);
    u16::try_from(bin).unwrap_or(u16::MAX)
}

/// The least value of a bin, and the least of the next one.
fn edges(bin: u16) -> (f64, f64) {
    let shift = (u64::from(bin) >> 6).saturating_sub(1);
    let least = (u64::from(bin) - (shift << 6)) << shift;
    (least as f64, (least + (1 << shift)) as f64)
}

/// Values in order.
#[derive(Debug)]
pub struct Ordered<'a>(Order<'a>);

#[derive(Debug)]
enum Order<'a> {
    Exact(Vec<(u64, u32)>),
    Binned {
        /// Values up to and with this one, and the value.
        steps: Vec<(u64, u64)>,
        range: (u64, u64),
        prompts: &'a [Bins],
    },
}

impl Ordered<'_> {
    /// How percentiles of it are made.
    #[must_use]
    pub fn method(&self) -> FigureMethod {
        match &self.0 {
            Order::Exact(_) => FigureMethod::Type7,
            Order::Binned { .. } => FigureMethod::Type7Hdr3,
        }
    }

    /// For every prompt, how many of its values are at or below a limit.
    #[must_use]
    pub fn at_or_below(&self, limit: f64) -> Vec<AtOrBelow> {
        match &self.0 {
            Order::Exact(values) => {
                let mut shares: Vec<AtOrBelow> = Vec::new();
                for (value, prompt) in values {
                    let prompt = *prompt as usize;
                    if shares.len() <= prompt {
                        shares.resize(prompt + 1, AtOrBelow { n: 0, below: 0.0 });
                    }
                    shares[prompt].n += 1;
                    shares[prompt].below += f64::from(u8::from(*value as f64 <= limit));
                }
                shares
            }
            Order::Binned { prompts, .. } => {
                prompts.iter().map(|bins| bins.at_or_below(limit)).collect()
            }
        }
    }
}

impl Ranked for Ordered<'_> {
    fn count(&self) -> u64 {
        match &self.0 {
            Order::Exact(values) => values.len() as u64,
            Order::Binned { steps, .. } => steps.last().map_or(0, |(count, _)| *count),
        }
    }

    fn at(&self, rank: u64) -> f64 {
        match &self.0 {
            Order::Exact(values) => {
                usize::try_from(rank).map_or(f64::NAN, |rank| values[rank].0 as f64)
            }
            Order::Binned { steps, range, .. } => {
                let (least, most) = *range;
                if rank == 0 {
                    return least as f64;
                }
                if rank + 1 >= self.count() {
                    return most as f64;
                }
                let step = steps.partition_point(|(count, _)| *count <= rank);
                steps[step].1.clamp(least, most) as f64
            }
        }
    }
}

#[cfg(test)]
mod tests;
