//! Ranges: percentiles of a time, and a share within its interval.

use super::{super::describe, Axis, max_of, rows};
use crate::{
    model::TargetReport,
    render::{
        display,
        format::{duration, duration_or_dash, percent},
    },
};
use bench_stats::Summary;

/// Minimum, median, 95th percentile and maximum of latency per target.
pub(crate) fn ranges(targets: &[TargetReport]) -> String {
    let description = describe(targets, |target| {
        let l = &target.timings.latency;
        let parts = [
            ("min", l.min.value()),
            ("p50", l.p50.value()),
            ("p95", l.p95.value()),
            ("max", l.max.value()),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", duration(value?))))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    });
    rows(
        targets,
        "Latency per target: min, p50, p95 and max",
        &description,
        &Axis::time(
            "latency",
            max_of(targets, |t| t.timings.latency.max.value()),
        ),
        |row| {
            let l = &row.target.timings.latency;
            let (Some(min), Some(max)) = (l.min.value(), l.max.value()) else {
                return row.unavailable("no successful call");
            };
            row.whisker(min, Some(max), row.ink);
            row.median_and_tail(l.p50.value(), l.p95.value());
        },
    )
}

/// Median and 95th percentile of the time to the first token, or to the first that
/// is not reasoning.
pub(crate) fn first_tokens(targets: &[TargetReport], reasoning: bool) -> String {
    if reasoning {
        let title = "Time to first token (TTFT) per target: p50 and p95";
        percentiles(targets, title, "TTFT", |t| &t.timings.ttft)
    } else {
        let title = "Time to first output token (TTFO) per target: p50 and p95";
        percentiles(targets, title, "TTFO", |t| &t.timings.ttfo)
    }
}

/// Median and 95th percentile of the time per output token after the first.
pub(crate) fn per_token(targets: &[TargetReport]) -> String {
    let title = "Time per output token (TPOT) per target: p50 and p95";
    percentiles(targets, title, "TPOT", |t| &t.timings.tpot)
}

fn percentiles(
    targets: &[TargetReport],
    title: &str,
    axis: &str,
    of: impl Fn(&TargetReport) -> &Summary,
) -> String {
    let description = describe(targets, |target| {
        let summary = of(target);
        (summary.n > 0).then(|| {
            let [p50, p95] = [summary.p50.value(), summary.p95.value()].map(duration_or_dash);
            format!("p50 {p50}, p95 {p95}")
        })
    });
    let max = max_of(targets, |target| {
        of(target).p95.value().or(of(target).p50.value())
    });
    rows(
        targets,
        title,
        &description,
        &Axis::time(axis, max),
        |row| {
            let summary = of(row.target);
            match (summary.p50.value(), summary.p95.value()) {
                (None, None) => row.unavailable("not available"),
                (p50, p95) => {
                    if let (Some(p50), Some(p95)) = (p50, p95) {
                        row.line(p50, p95, row.ink);
                    }
                    row.median_and_tail(p50, p95);
                }
            }
        },
    )
}

/// Accuracy per target, with its interval.
pub(crate) fn accuracy(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| {
        let accuracy = &target.accuracy.flexible;
        accuracy
            .rate
            .value()
            .map(|_| display::share(accuracy).to_string())
    };
    let lows = targets.iter().filter_map(|t| t.accuracy.flexible.low());
    let least = lows.fold(1.0, f64::min);
    rows(
        targets,
        "Accuracy of successful calls per target, with its 95 % interval",
        &describe(targets, of),
        &Axis::shares("accuracy", least),
        |row| {
            let accuracy = &row.target.accuracy.flexible;
            let Some(rate) = accuracy.rate.value() else {
                return row.unavailable("no successful call");
            };
            if let Some(low) = accuracy.low() {
                row.whisker(low, accuracy.high(), row.ink);
            }
            row.dot(rate);
            row.figure(&percent(rate));
        },
    )
}
