//! One limit of a use case against what was measured.

use super::cost_at::CostAt;
use crate::model::{Check, NotKnown, TargetReport, UseCaseLimit};
use bench_core::config::UseCase;
use bench_stats::{Figure, Summary};

/// Every limit that a use case sets, against a target.
pub(super) fn checks(
    limits: &UseCase,
    target: &TargetReport,
    cost: Result<CostAt, NotKnown>,
) -> Vec<Check> {
    let timings = &target.timings;
    let each = [
        (
            UseCaseLimit::TtftP95Ms,
            limits.ttft_p95_ms,
            of_figure(&first_token(target).p95),
        ),
        (
            UseCaseLimit::LatencyP95Ms,
            limits.latency_p95_ms,
            of_figure(&timings.latency.p95),
        ),
        (
            UseCaseLimit::Accuracy,
            limits.accuracy,
            of_figure(&target.accuracy.flexible.rate),
        ),
        (
            UseCaseLimit::SuccessRate,
            limits.success_rate,
            of_figure(&target.success.rate),
        ),
        (
            UseCaseLimit::CostPer1kUsd,
            limits.cost_per_1k_usd,
            of_cost(cost),
        ),
    ];
    each.into_iter()
        .filter_map(|(limit, allowed, measured)| Some(check(limit, allowed?, measured)))
        .collect()
}

/// A measured value, to be held against a limit.
#[derive(Debug, Clone, Copy)]
struct Measured {
    found: Result<f64, NotKnown>,
    low: Option<f64>,
    high: Option<f64>,
}

fn of_figure(figure: &Figure) -> Measured {
    let interval = figure.interval();
    Measured {
        found: figure
            .result()
            .map_err(|why| NotKnown::FigureNotAvailable { why }),
        low: interval.map(|interval| interval.low),
        high: interval.and_then(|interval| interval.high),
    }
}

/// The higher reading of the bill has to be within the limit.
fn of_cost(cost: Result<CostAt, NotKnown>) -> Measured {
    Measured {
        found: cost.map(|cost| cost.high),
        low: cost.ok().map(|cost| cost.low),
        high: cost.ok().map(|cost| cost.high),
    }
}

/// The first token of any kind, or, where that is not known, of the answer.
fn first_token(target: &TargetReport) -> &Summary {
    if target.timings.ttft.n > 0 {
        &target.timings.ttft
    } else {
        &target.timings.ttfo
    }
}

fn check(limit: UseCaseLimit, allowed: f64, measured: Measured) -> Check {
    let Measured { found, low, high } = measured;
    let is_within = |value: f64| {
        if limit.is_upper() {
            value <= allowed
        } else {
            value >= allowed
        }
    };
    let (better, worse) = if limit.is_upper() {
        (low, high)
    } else {
        (high, low)
    };
    let kept = found.ok().map(is_within);
    let certain = match kept {
        Some(true) => worse.is_some_and(is_within),
        Some(false) => better.is_some_and(|better| !is_within(better)),
        None => false,
    };
    Check {
        limit,
        allowed,
        found: found.ok(),
        low,
        high,
        kept,
        certain,
        reason: found.err(),
    }
}
