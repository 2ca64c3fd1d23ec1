//! Limits of use cases, and what was found of them, as text.

use rust_decimal::{Decimal, prelude::FromPrimitive};

use crate::{
    model::{Check, Fit, NotKnown, UseCaseLimit},
    render::{
        format::{DASH, counted, duration, listed, percent},
        reasons,
    },
};
use bench_core::{
    config::UseCase,
    identity::TargetId,
    money::{Currency, Money, grouped},
};
use bench_cost::RunCost;

/// The most limits that a sentence about a target names.
const MAX_LIMITS: usize = 2;

/// The limits of a use case in one line.
pub(crate) fn limits(limits: &UseCase) -> String {
    let limited = [
        (UseCaseLimit::TtftP95Ms, limits.ttft_p95_ms),
        (UseCaseLimit::LatencyP95Ms, limits.latency_p95_ms),
        (UseCaseLimit::Accuracy, limits.accuracy),
        (UseCaseLimit::SuccessRate, limits.success_rate),
        (UseCaseLimit::CostPer1kUsd, limits.cost_per_1k_usd),
    ];
    let limited = limited.into_iter().filter_map(|(limit, allowed)| {
        let allowed = format_limit(limit, allowed?);
        Some(format!("{} {} {allowed}", name(limit), bound(limit)))
    });
    let rate = limits.requests_per_day.map(|requests| {
        let requests = grouped(&requests.to_string());
        format!("{requests} requests a day")
    });
    let all: Vec<String> = limited.chain(rate).collect();
    format!("Limits: {}.", all.join("; "))
}

/// The figure that a limit is of.
pub(super) fn name(limit: UseCaseLimit) -> &'static str {
    match limit {
        UseCaseLimit::TtftP95Ms => "p95 TTFT",
        UseCaseLimit::LatencyP95Ms => "p95 latency",
        UseCaseLimit::Accuracy => "accuracy",
        UseCaseLimit::SuccessRate => "success rate",
        UseCaseLimit::CostPer1kUsd => "cost per 1,000 requests",
    }
}

/// The rate of a use case behind a cost: ` at 10,000 a day`; nothing without one.
pub(super) fn rate(limits: &UseCase) -> String {
    let rate = limits.requests_per_day.map(|rate| rate.to_string());
    rate.map_or_else(String::new, |rate| format!(" at {} a day", grouped(&rate)))
}

/// The limits of a target that are missed, each with what was found; at most two are named.
pub(super) fn missed(fit: &Fit, of: &UseCase) -> String {
    let missed = fit.checks.iter().filter(|check| check.kept == Some(false));
    let missed: Vec<String> = missed.map(|check| clause(check, &rate(of))).collect();
    let left_out = missed.len().saturating_sub(MAX_LIMITS);
    let left_out =
        (left_out > 0).then(|| format!("and {}", counted(left_out as u64, "more limit")));
    let named = missed.into_iter().take(MAX_LIMITS);
    named.chain(left_out).collect::<Vec<_>>().join("; ")
}

/// The limits of a target of which it is not known whether it keeps them, by reason.
pub(super) fn open(fit: &Fit, cost: Option<&RunCost>) -> String {
    let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
    for check in fit.checks.iter().filter(|check| check.kept.is_none()) {
        let reason = check.reason.map(|why| not_known(why, &fit.target_id, cost));
        let reason = reason.unwrap_or_default();
        let name = name(check.limit).to_owned();
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => by_reason.push((reason, vec![name])),
        }
    }
    let clauses = by_reason.into_iter().map(|(reason, names)| {
        let are = if names.len() == 1 { "is" } else { "are" };
        let names = listed(names, usize::MAX);
        format!("{names} {are} not available ({reason})")
    });
    clauses.collect::<Vec<_>>().join("; ")
}

/// A limit with what was found: `p95 latency 21.9 s, at most 15.0 s allowed`.
fn clause(check: &Check, rate: &str) -> String {
    let found = check
        .found
        .map_or_else(|| DASH.to_owned(), |found| format_limit(check.limit, found));
    let rate = if check.limit == UseCaseLimit::CostPer1kUsd {
        rate
    } else {
        ""
    };
    let doubt = if check.certain { "" } else { " (not certain)" };
    format!(
        "{} {found}{rate}, {} {} {}{doubt}",
        name(check.limit),
        bound(check.limit),
        format_limit(check.limit, check.allowed),
        if check.limit.is_upper() {
            "allowed"
        } else {
            "required"
        }
    )
}

fn bound(limit: UseCaseLimit) -> &'static str {
    if limit.is_upper() {
        "at most"
    } else {
        "at least"
    }
}

fn format_limit(limit: UseCaseLimit, value: f64) -> String {
    match limit {
        UseCaseLimit::TtftP95Ms | UseCaseLimit::LatencyP95Ms => duration(value),
        UseCaseLimit::Accuracy | UseCaseLimit::SuccessRate => percent(value),
        UseCaseLimit::CostPer1kUsd => dollars(value),
    }
}

/// An amount of dollars.
pub(super) fn dollars(amount: f64) -> String {
    Decimal::from_f64(amount).map_or_else(
        || DASH.to_owned(),
        |amount| Money::new(amount, Currency::USD).to_string(),
    )
}

fn not_known(reason: NotKnown, target: &TargetId, cost: Option<&RunCost>) -> String {
    match reason {
        NotKnown::FigureNotAvailable { why } => reasons::unavailable(why),
        NotKnown::NoPrices => "the run has no prices".to_owned(),
        NotKnown::NotInDollars => "it is not in dollars".to_owned(),
        NotKnown::NoCost => {
            let mut costs = cost.iter().flat_map(|cost| &cost.targets);
            let found = costs.find(|cost| cost.target_id == *target);
            let reason =
                found.and_then(|found| found.reason.as_ref().or(found.per_request.reason()));
            reason.map_or_else(|| "no reason is known".to_owned(), ToString::to_string)
        }
    }
}
