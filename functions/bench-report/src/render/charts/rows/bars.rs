//! Bars from 0: means and standard deviations.

use super::{super::describe, Axis, Ink, max_of, rows};
use crate::{
    model::TargetReport,
    render::{
        display,
        format::{duration, duration_or_dash},
    },
};

/// Mean latency per target, with its interval.
pub(crate) fn means(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| {
        let l = &target.timings.latency;
        l.mean
            .value()
            .map(|_| display::with_interval(&l.mean).to_string())
    };
    let upper = |target: &TargetReport| {
        let interval = target.timings.latency.mean.interval()?;
        interval.high
    };
    let max = max_of(targets, |target| {
        upper(target).or(target.timings.latency.mean.value())
    });
    rows(
        targets,
        "Mean latency per target with its 95 % interval",
        &describe(targets, of),
        &Axis::time("mean latency", max),
        |row| {
            let l = &row.target.timings.latency;
            let Some(mean) = l.mean.value() else {
                return row.unavailable("no successful call");
            };
            row.bar(mean, (-18, 18));
            if let Some(interval) = l.mean.interval() {
                row.whisker(interval.low, interval.high, Ink::Page);
            }
            row.figure(&duration(mean));
        },
    )
}

/// Standard deviation of latency per target.
pub(crate) fn deviations(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| target.timings.latency.stddev.value();
    rows(
        targets,
        "Standard deviation of latency per target",
        &describe(targets, |target| of(target).map(duration)),
        &Axis::time("standard deviation", max_of(targets, of)),
        |row| match of(row.target) {
            Some(value) => {
                row.bar(value, (-18, 18));
                row.figure(&duration(value));
            }
            None => row.unavailable("not available"),
        },
    )
}

/// Standard deviation within and between prompts per target.
pub(crate) fn within_and_between(targets: &[TargetReport]) -> String {
    let parts = |target: &TargetReport| {
        let l = &target.timings.latency;
        (l.within_stddev.value(), l.between_stddev.value())
    };
    let description = describe(targets, |target| {
        let (within, between) = parts(target);
        (within.is_some() || between.is_some()).then(|| {
            let [within, between] = [within, between].map(duration_or_dash);
            format!("within prompts {within}, between prompts {between}")
        })
    });
    let max = max_of(targets, |target| {
        let (within, between) = parts(target);
        within.into_iter().chain(between).reduce(f64::max)
    });
    rows(
        targets,
        "Standard deviation of latency within and between prompts, per target",
        &description,
        &Axis::time("standard deviation", max),
        |row| {
            let (within, between) = parts(row.target);
            if within.is_none() && between.is_none() {
                return row.unavailable("not available");
            }
            if let Some(within) = within {
                row.bar(within, (-22, -3));
            }
            if let Some(between) = between {
                row.outline(between, (3, 22));
            }
            row.figure(&[within, between].map(duration_or_dash).join(" / "));
        },
    )
}
