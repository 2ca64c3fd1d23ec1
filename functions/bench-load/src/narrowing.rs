//! The step that narrows down a capacity the most.

use bench_core::config::{Arrival, Load};

use crate::{capacity::Capacity, criteria::CriterionShare, judgment::LevelOutcome, levels::Level};

/// The most usable steps of one level that are pooled. Each further one looks at the interval
/// again, so that it errs more often than it says: with four looks about 1 in 20 on each side
/// instead of 1 in 40.
const MAX_POOLED: u32 = 4;

/// How often the lowest level of the configuration is halved where it breaks the objective.
const MAX_HALVINGS: i32 = 4;

/// A gap is no longer cut where it is below this share of the wanted precision.
const MIN_GAP: f64 = 0.25;

/// The chance that a new level in a gap between a decided and an undecided one is decided. A
/// level halfway to an undecided one is decided more often than not.
const DECIDED_IN_A_GAP: f64 = 0.6;

/// How many reaches of its interval a share has to be away from the required one, so that one
/// step alone decides an end of the capacity. Near its capacity a target is congested now and
/// then, for longer than a block: a window without such a time looks better, and more certain,
/// than the next.
const DECIDES_ALONE: f64 = 3.0;

/// A level to try next, with how much of the interval it can be expected to take off.
struct Candidate {
    level: f64,
    gain: f64,
}

/// The level whose step narrows down the capacity the most; `None` where no step does.
///
/// The interval's ends are the highest level that keeps the objective and the lowest that
/// breaks it. With nothing between them it is cut in the middle. Levels between them are
/// undecided: either one of them is made again, which decides it if its share is far enough
/// from the required one, or the gap between it and an end is cut.
pub(crate) fn level(load: &Load, levels: &[Level], capacity: &Capacity) -> Option<f64> {
    let low = capacity.low.unwrap_or(0.0);
    let high = capacity.broken_at;
    let inside: Vec<&Level> = levels
        .iter()
        .filter(|level| level.level > low && high.is_none_or(|high| level.level < high))
        .collect();
    let first = inside.first().map(|level| level.level);
    let last = inside.last().map(|level| level.level);
    let top = high.or(last)?;
    let cut = |from: f64, to: f64| {
        let gain = DECIDED_IN_A_GAP * (to - from) / 2.0;
        middle(load, from, to).map(|level| Candidate { level, gain })
    };
    let lower = cut(low, first.unwrap_or(top));
    let upper = last.zip(high).and_then(|(last, high)| cut(last, high));
    let again = inside.iter().filter_map(|level| {
        let gain = gain_of_repeat(level, low, top)?;
        Some(Candidate {
            level: level.level,
            gain,
        })
    });
    again
        .chain(lower)
        .chain(upper)
        .filter(|candidate| candidate.gain > 0.0)
        .max_by(|a, b| a.gain.total_cmp(&b.gain))
        .map(|candidate| candidate.level)
}

/// An end of the interval that one step decided by little.
pub(crate) fn to_confirm(levels: &[Level], capacity: &Capacity) -> Option<f64> {
    let ends = [capacity.low, capacity.broken_at];
    let is_close = |level: &&Level| {
        ends.contains(&Some(level.level))
            && level.usable == 1
            && nearest(level).is_some_and(|found| found.abs() < DECIDES_ALONE)
    };
    levels.iter().find(is_close).map(|level| level.level)
}

/// A level between two: the geometric mean where one is more than twice the other, else the
/// arithmetic one; whole in a closed loop, of three digits in an open one. Without a lower
/// level half of the upper one. `None` where they are too close.
fn middle(load: &Load, from: f64, to: f64) -> Option<f64> {
    let lowest = load.steps.iter().copied().fold(f64::INFINITY, f64::min);
    let between = if from <= 0.0 {
        if to <= lowest * (-f64::from(MAX_HALVINGS)).exp2() {
            return None;
        }
        to / 2.0
    } else if (to - from) * 2.0 / (to + from) < load.precision * MIN_GAP {
        return None;
    } else if to > 2.0 * from {
        (from * to).sqrt()
    } else {
        f64::midpoint(from, to)
    };
    let level = match load.arrival {
        Arrival::Closed => between.round(),
        Arrival::Open => three_digits(between),
    };
    (level > from && level < to).then_some(level)
}

/// A value of three digits. Of parts it is a quotient of whole numbers, so that it reads `33.8`.
fn three_digits(value: f64) -> f64 {
    let last = 10.0_f64.powf(value.log10().floor() - 2.0);
    if last < 1.0 {
        let parts = (1.0 / last).round();
        (value * parts).round() / parts
    } else {
        (value / last).round() * last
    }
}

/// How much of the interval a further step of a level can be expected to take off: the part
/// on the side that its share lies on, times the chance that it is then decided. `None` where
/// it is made often enough, or shows nothing.
fn gain_of_repeat(level: &Level, low: f64, high: f64) -> Option<f64> {
    if level.usable == 0 || level.usable >= MAX_POOLED {
        return None;
    }
    if level.outcome != LevelOutcome::Undecided {
        // It contradicts another level. One of the two is wrong.
        return Some((high - low) / 4.0);
    }
    let nearest = nearest(level)?;
    let steps = f64::from(level.usable);
    let after = nearest.abs() / (steps / (steps + 1.0)).sqrt();
    let chance = (after / 2.0).clamp(0.0, 1.0);
    let part = if nearest < 0.0 {
        high - level.level
    } else {
        level.level - low
    };
    Some(chance * part)
}

/// The distance of the share that decides.
fn nearest(level: &Level) -> Option<f64> {
    let distances = level.criteria.iter().map(distance);
    distances.min_by(f64::total_cmp)
}

/// How far a share is above the required one, in reaches of its interval on that side; below
/// 0 where it is below it.
fn distance(share: &CriterionShare) -> f64 {
    let found = share.share.unwrap_or(share.required);
    let beyond = found - share.required;
    let reach = if beyond < 0.0 {
        share.high - found
    } else {
        found - share.low
    };
    beyond / reach.max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::three_digits;

    #[test]
    fn rates_have_three_digits() {
        let shown = |value| three_digits(value).to_string();
        assert_eq!(shown(33.75), "33.8");
        assert_eq!(shown(0.123_456), "0.123");
        assert_eq!(shown(0.005), "0.005");
        assert_eq!(shown(345.6), "346");
        assert_eq!(shown(3_456.7), "3460");
    }
}
