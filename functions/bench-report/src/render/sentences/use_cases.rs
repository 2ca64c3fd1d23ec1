//! Which target fits which use case.

use rust_decimal::{Decimal, prelude::FromPrimitive};

use crate::{
    model::{Check, Fit, NotKnown, UseCaseLimit, UseCaseReport},
    render::{
        format::{DASH, duration, percent},
        reasons,
    },
};
use bench_core::{
    config::UseCase,
    identity::TargetId,
    money::{Currency, Money, grouped},
};
use bench_cost::RunCost;

/// All of it in a few sentences; simulated targets are judged where there is no other.
pub(crate) fn sentence(found: &UseCaseReport, cost: Option<&RunCost>) -> String {
    if let Some(why) = &found.limits.not_measured {
        return format!("Not measured here: {why}.");
    }
    let is_simulation = found.targets.iter().all(|fit| fit.simulated);
    let judged = found.targets.iter();
    let judged: Vec<&Fit> = judged
        .filter(|fit| is_simulation || !fit.simulated)
        .collect();
    let mark = if is_simulation {
        " in this simulation"
    } else {
        ""
    };
    let fitting: Vec<String> = judged
        .iter()
        .filter(|fit| fit.fits == Some(true))
        .map(|fit| {
            let doubt = if fit.certain {
                ""
            } else {
                " (not certain: an interval includes its limit)"
            };
            format!("{}{doubt}", fit.target_id)
        })
        .collect();
    let none_can = judged.iter().all(|fit| fit.fits == Some(false));
    let mut said = vec![match fitting.as_slice() {
        [] if none_can => format!("No target fits{mark}."),
        [] => format!("No target is known to fit{mark}."),
        fitting => format!("Fitting{mark}: {}.", fitting.join(", ")),
    }];
    match &found.cheapest {
        Some(id) if fitting.len() > 1 => said.push(format!("The cheapest of them is {id}.")),
        None if judged
            .iter()
            .any(|fit| fit.fits == Some(true) && fit.cost_per_1k_usd.is_some()) =>
        {
            said.push(
                "Which of them is cheapest is not decided: calls without a token count leave their \
                 cost open."
                    .to_owned(),
            );
        }
        None if !fitting.is_empty() => said.push("Their cost is not available.".to_owned()),
        _ => {}
    }
    said.extend(judged.iter().filter_map(|fit| not_fitting(fit, cost)));
    said.join(" ")
}

/// Why a target does not fit, or is not known to.
fn not_fitting(fit: &Fit, cost: Option<&RunCost>) -> Option<String> {
    let id = &fit.target_id;
    let that = |kept: Option<bool>| {
        let checks = fit.checks.iter().filter(|check| check.kept == kept);
        let checks: Vec<String> = checks.map(|check| clause(check, id, cost)).collect();
        checks.join("; ")
    };
    match fit.fits {
        Some(true) => None,
        Some(false) => Some(format!("{id} does not fit: {}.", that(Some(false)))),
        None => Some(format!("Whether {id} fits is not known: {}.", that(None))),
    }
}

/// A target's verdict in a cell: `✓ fits`, `✗ p95 latency`.
pub(crate) fn verdict(fit: &Fit) -> String {
    let doubt = if fit.certain { "" } else { ", not certain" };
    let names = |kept: Option<bool>| {
        let of = fit.checks.iter().filter(|check| check.kept == kept);
        let names: Vec<&str> = of.map(|check| name(check.limit)).collect();
        names.join(", ")
    };
    match fit.fits {
        Some(true) => format!("✓ fits{doubt}"),
        Some(false) => format!("✗ {}{doubt}", names(Some(false))),
        None => format!("? {}", names(None)),
    }
}

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
fn name(limit: UseCaseLimit) -> &'static str {
    match limit {
        UseCaseLimit::TtftP95Ms => "p95 TTFT",
        UseCaseLimit::LatencyP95Ms => "p95 latency",
        UseCaseLimit::Accuracy => "accuracy",
        UseCaseLimit::SuccessRate => "success rate",
        UseCaseLimit::CostPer1kUsd => "cost per 1,000 requests",
    }
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

/// A limit with what was found: `p95 latency 21.9 s, at most 15.0 s allowed`.
fn clause(check: &Check, target: &TargetId, cost: Option<&RunCost>) -> String {
    let name = name(check.limit);
    let Some(found) = check.found else {
        let reason = check.reason.map(|reason| not_known(reason, target, cost));
        return format!("{name} is not available ({})", reason.unwrap_or_default());
    };
    let doubt = if check.certain { "" } else { " (not certain)" };
    format!(
        "{name} {}, {} {} {}{doubt}",
        format_limit(check.limit, found),
        bound(check.limit),
        format_limit(check.limit, check.allowed),
        if check.limit.is_upper() {
            "allowed"
        } else {
            "required"
        }
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

fn dollars(amount: f64) -> String {
    Decimal::from_f64(amount).map_or_else(
        || DASH.to_owned(),
        |amount| Money::new(amount, Currency::USD).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use crate::{build, fixture};

    #[test]
    fn every_limit_that_is_not_met_is_named_with_its_figure_or_its_reason() {
        let (mut plan, samples) = fixture::priced_run();
        plan.config.targets.retain(|target| target.id == "hostile");
        plan.config.use_cases.truncate(4);
        plan.config.use_cases[1].accuracy = Some(0.1);
        plan.config.use_cases[2].accuracy = Some(0.1);
        let report = build(&plan, &samples);
        let said = report.use_cases.iter().map(|found| found.sentence.as_str());
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                "No target fits. hostile does not fit: accuracy 50\u{a0}%, at least 80\u{a0}% required (not \
                 certain).",
                "Fitting: hostile (not certain: an interval includes its limit).",
                "No target is known to fit. Whether hostile fits is not known: p95 TTFT is not \
                 available (it needs at least 20 prompts; this run has 2); p95 latency is not \
                 available (it needs at least 20 prompts; this run has 2).",
                "Not measured here: arithmetic problems with one correct answer do not measure \
                 creative writing.",
            ]
        );
    }
}
