//! When calls were under way, in memory that does not grow with their number.

use bench_core::usage::Span;
use std::collections::BTreeMap;

/// The intervals of time in which calls were under way, whatever the order in
/// which the calls are added. A break shorter than `bridge_us` is part of its
/// interval, so that there is at most one interval for every `bridge_us` of a run.
#[derive(Debug, Clone)]
pub(crate) struct IntervalSet {
    bridge_us: i64,
    /// By start.
    parts: BTreeMap<i64, Interval>,
}

/// An interval without its start, which is its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    /// The end of its last call.
    pub(crate) end_us: i64,
    /// The start of its first answered call.
    pub(crate) answered_us: Option<i64>,
}

impl IntervalSet {
    pub(crate) fn new(bridge_us: i64) -> Self {
        Self {
            bridge_us,
            parts: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, call: Span) {
        let mut start = call.start_us;
        let mut joined = Interval {
            end_us: call.end_us.max(start),
            answered_us: call.answered.then_some(start),
        };
        if let Some((before, interval)) = self.parts.range_mut(..=start).next_back()
            && start.saturating_sub(interval.end_us) < self.bridge_us
        {
            let all = joined.with(interval);
            if all.end_us == interval.end_us {
                *interval = all;
                return;
            }
            start = *before;
            joined = all;
        }
        while let Some((after, interval)) = self.parts.range(start..).next() {
            let (after, interval) = (*after, *interval);
            if !self.is_bridged(joined.end_us, after) {
                break;
            }
            self.parts.remove(&after);
            joined = joined.with(&interval);
        }
        self.parts.insert(start, joined);
    }

    fn is_bridged(&self, end_us: i64, start_us: i64) -> bool {
        start_us.saturating_sub(end_us) < self.bridge_us
    }

    /// Start and rest of every interval, in the order of time.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Interval)> {
        self.parts
            .iter()
            .map(|(start, interval)| (*start, interval))
    }

    /// All intervals together.
    pub(crate) fn total_us(&self) -> i64 {
        self.iter().fold(0, |sum: i64, (start, interval)| {
            sum.saturating_add(interval.end_us.saturating_sub(start))
        })
    }
}

impl Interval {
    fn with(self, other: &Self) -> Self {
        let earlier = |one: Option<i64>, other: Option<i64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            end_us: self.end_us.max(other.end_us),
            answered_us: earlier(self.answered_us, other.answered_us),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench_stats::SplitMix64;

    fn call(start_us: i64, end_us: i64) -> Span {
        Span {
            start_us,
            end_us,
            answered: true,
        }
    }

    fn parts(intervals: &IntervalSet) -> Vec<(i64, i64)> {
        intervals
            .iter()
            .map(|(start, interval)| (start, interval.end_us))
            .collect()
    }

    #[test]
    fn short_breaks_are_bridged_and_long_ones_are_not() {
        let mut intervals = IntervalSet::new(10);
        for (start, end) in [(0, 5), (14, 20), (30, 31), (100, 90)] {
            intervals.add(call(start, end));
        }
        assert_eq!(parts(&intervals), [(0, 20), (30, 31), (100, 100)]);
        assert_eq!(intervals.total_us(), 21);
    }

    #[test]
    fn the_order_of_calls_changes_nothing() {
        let mut random = SplitMix64::new(3);
        let mut calls: Vec<Span> = (0..300)
            .map(|_| {
                let start = i64::try_from(random.below(20_000)).unwrap();
                call(start, start + i64::try_from(random.below(90)).unwrap())
            })
            .collect();
        let of = |calls: &[Span]| {
            let mut intervals = IntervalSet::new(10);
            for call in calls {
                intervals.add(*call);
            }
            parts(&intervals)
        };
        let expected = of(&calls);
        assert!(expected.len() > 20);
        for _ in 0..5 {
            random.shuffle(&mut calls);
            assert_eq!(of(&calls), expected);
        }
    }

    #[test]
    fn a_thousand_calls_in_a_row_are_one_stretch() {
        let mut intervals = IntervalSet::new(10);
        for number in (0..1_000).rev() {
            intervals.add(call(number * 7, number * 7 + 5));
        }
        assert_eq!(parts(&intervals), [(0, 6_998)]);
    }
}
