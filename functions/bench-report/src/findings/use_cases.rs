//! Which target fits which use: every limit against what was measured.

use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};

use crate::{
    model::{Check, Fit, Share, TargetReport, UseCaseReport},
    render::{
        cost::count,
        format::{DASH, duration, percent},
    },
};
use bench_core::{
    config::UseCase,
    identity::TargetId,
    money::{Currency, Money},
};
use bench_cost::{Bounds, RunCost, TargetCost};
use bench_stats::Summary;

/// What a thousand requests cost at a rate, in dollars, by both readings of the bill.
#[derive(Debug, Clone, Copy, PartialEq)]
struct CostAt {
    low: f64,
    high: f64,
    instances: Option<u64>,
}

/// What a thousand requests to a target cost at so many a day, or as measured where
/// no rate is asked about.
fn cost_at(cost: Option<&TargetCost>, requests_per_day: Option<u32>) -> Result<CostAt, String> {
    let cost = cost.ok_or("the run has no prices")?;
    let dollars = |money: Money| {
        let thousand = money.times(Decimal::ONE_THOUSAND)?.amount().to_f64()?;
        (money.currency() == Currency::USD).then_some(thousand)
    };
    let as_measured = || {
        let one = cost.per_request.value()?;
        let all = dollars(one)?;
        Some((all, all, None))
    };
    let at_rate = |requests: u32| {
        let rate = Decimal::from(requests).checked_div(Decimal::from(24))?;
        let line = cost.cost_model.as_ref()?;
        let found = line.at_rate(rate)?;
        let instances = line.has_fixed_cost().then_some(found.instances);
        let Bounds { low, high } = found.per_request;
        Some((dollars(low)?, dollars(high)?, instances))
    };
    let found = match requests_per_day {
        Some(requests) => at_rate(requests),
        None => as_measured(),
    };
    let (low, high, instances) = found.ok_or_else(|| {
        let reason = cost.reason.as_ref().or(cost.per_request.reason());
        reason.map_or_else(|| "it is not in dollars".to_owned(), ToString::to_string)
    })?;
    Ok(CostAt {
        low,
        high,
        instances,
    })
}

/// One entry a use of the configuration.
pub(crate) fn build(
    uses: &[UseCase],
    targets: &[TargetReport],
    cost: Option<&RunCost>,
) -> Vec<UseCaseReport> {
    let costs = |id: &str| {
        let mut of_targets = cost?.targets.iter();
        of_targets.find(|cost| cost.target_id == id)
    };
    uses.iter()
        .map(|limits| {
            let measured = limits.not_measured.is_none();
            let fits: Vec<Fit> = targets
                .iter()
                .filter(|_| measured)
                .map(|target| {
                    fit(
                        limits,
                        target,
                        cost_at(costs(&target.id), limits.requests_per_day),
                    )
                })
                .collect();
            let cheapest = cheapest(&fits);
            UseCaseReport {
                sentence: sentence(limits, &fits, cheapest.as_deref()),
                limits: limits.clone(),
                targets: fits,
                cheapest,
            }
        })
        .collect()
}

fn fit(limits: &UseCase, target: &TargetReport, cost: Result<CostAt, String>) -> Fit {
    let mut checks = Vec::new();
    let mut check = |limit: &str, allowed: Option<f64>, made: &dyn Fn(&str, f64) -> Check| {
        checks.extend(allowed.map(|allowed| made(limit, allowed)));
    };
    let ttft = first_token(target);
    check("ttft_p95_ms", limits.ttft_p95_ms, &|name, allowed| {
        of_p95(name, allowed, ttft)
    });
    check("latency_p95_ms", limits.latency_p95_ms, &|name, allowed| {
        of_p95(name, allowed, &target.latency_ms)
    });
    check("accuracy", limits.accuracy, &|name, allowed| {
        of_share(name, allowed, &target.accuracy.flexible)
    });
    check("success_rate", limits.success_rate, &|name, allowed| {
        of_share(name, allowed, &target.success)
    });
    check(
        "cost_per_1k_usd",
        limits.cost_per_1k_usd,
        &|name, allowed| of_cost(name, allowed, &cost),
    );
    let kept = |check: &Check| check.kept;
    let broken = checks.iter().any(|check| check.kept == Some(false));
    let fits = if broken {
        Some(false)
    } else {
        checks
            .iter()
            .all(|check| kept(check) == Some(true))
            .then_some(true)
    };
    let certain = match fits {
        Some(true) => checks.iter().all(|check| check.certain),
        Some(false) => checks
            .iter()
            .any(|check| check.kept == Some(false) && check.certain),
        None => false,
    };
    let cost = cost.ok();
    Fit {
        target_id: target.id.clone(),
        simulated: target.simulated,
        tier: target.tier,
        fits,
        certain,
        checks,
        cost_per_1k_usd: cost.map(|cost| cost.high),
        instances: cost.and_then(|cost| cost.instances),
    }
}

/// The first token of any kind, or, where that is not known, of the answer.
fn first_token(target: &TargetReport) -> &Summary {
    if target.ttft_ms.n > 0 {
        &target.ttft_ms
    } else {
        &target.ttfo_ms
    }
}

/// A figure that must not be greater than what is allowed.
fn of_p95(limit: &str, allowed: f64, summary: &Summary) -> Check {
    let interval = summary.intervals.get("p95").and_then(Option::as_ref);
    let kept = summary.p95.map(|found| found <= allowed);
    let (low, high) = (
        interval.map(|interval| interval.low),
        interval.and_then(|interval| interval.high),
    );
    Check {
        limit: limit.to_owned(),
        allowed,
        found: summary.p95,
        low,
        high,
        kept,
        certain: at_most(kept, allowed, low, high),
        reason: summary.p95.is_none().then(|| {
            let reason = summary.withheld.get("p95").cloned();
            reason.unwrap_or_else(|| "no measured, answered call has it".to_owned())
        }),
    }
}

fn of_share(limit: &str, allowed: f64, share: &Share) -> Check {
    let kept = share.rate.map(|found| found >= allowed);
    let certain = match kept {
        Some(true) => share.low.is_some_and(|low| low >= allowed),
        Some(false) => share.high.is_some_and(|high| high < allowed),
        None => false,
    };
    Check {
        limit: limit.to_owned(),
        allowed,
        found: share.rate,
        low: share.low,
        high: share.high,
        kept,
        certain,
        reason: share
            .rate
            .is_none()
            .then(|| "no measured call tells".to_owned()),
    }
}

fn of_cost(limit: &str, allowed: f64, cost: &Result<CostAt, String>) -> Check {
    let known = cost.as_ref().ok();
    let (low, high) = (known.map(|cost| cost.low), known.map(|cost| cost.high));
    let kept = high.map(|found| found <= allowed);
    Check {
        limit: limit.to_owned(),
        allowed,
        found: high,
        low,
        high,
        kept,
        certain: at_most(kept, allowed, low, high),
        reason: cost.as_ref().err().cloned(),
    }
}

fn at_most(kept: Option<bool>, allowed: f64, low: Option<f64>, high: Option<f64>) -> bool {
    match kept {
        Some(true) => high.is_some_and(|high| high <= allowed),
        Some(false) => low.is_some_and(|low| low > allowed),
        None => false,
    }
}

fn cheapest(fits: &[Fit]) -> Option<TargetId> {
    fits.iter()
        .filter(|fit| fit.fits == Some(true) && !fit.simulated)
        .filter_map(|fit| Some((fit, fit.cost_per_1k_usd?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(fit, _)| fit.target_id.clone())
}

fn sentence(limits: &UseCase, fits: &[Fit], cheapest: Option<&str>) -> String {
    if let Some(why) = &limits.not_measured {
        return format!("Not measured here: {why}.");
    }
    let real: Vec<&Fit> = fits.iter().filter(|fit| !fit.simulated).collect();
    if real.is_empty() {
        return "Every target is simulated, so none is said to fit.".to_owned();
    }
    let that = |wanted: Option<bool>| -> Vec<String> {
        let those = real.iter().filter(|fit| fit.fits == wanted);
        those
            .map(|fit| {
                let doubt = if wanted == Some(true) && !fit.certain {
                    " (by the figures, not with certainty)"
                } else {
                    ""
                };
                format!("{}{doubt}", fit.target_id)
            })
            .collect()
    };
    let mut said = Vec::new();
    let fitting = that(Some(true));
    if fitting.is_empty() {
        said.push("No target is known to fit.".to_owned());
    } else {
        said.push(format!("Fitting: {}.", fitting.join(", ")));
    }
    match cheapest {
        Some(id) if fitting.len() > 1 => said.push(format!("The cheapest of them is {id}.")),
        None if !fitting.is_empty() => {
            said.push(
                "What they cost is not known, so none is said to be the cheapest.".to_owned(),
            );
        }
        _ => {}
    }
    for fit in &real {
        let reasons: Vec<String> = fit
            .checks
            .iter()
            .filter(|check| check.kept != Some(true))
            .filter(|check| fit.fits.is_none() || check.kept == Some(false))
            .map(in_words)
            .collect();
        match fit.fits {
            Some(false) => said.push(format!(
                "{} fails on {}.",
                fit.target_id,
                reasons.join("; ")
            )),
            None => said.push(format!(
                "Of {} it is not known: {}.",
                fit.target_id,
                reasons.join("; ")
            )),
            Some(true) => {}
        }
    }
    said.join(" ")
}

/// A target's verdict in a cell: `✓ fits`, `✗ p95 of latency`.
pub(crate) fn verdict(fit: &Fit) -> String {
    let doubt = if fit.certain { "" } else { ", not certain" };
    let names = |kept: Option<bool>| {
        let of = fit.checks.iter().filter(|check| check.kept == kept);
        let names: Vec<&str> = of.map(|check| limit(check).0).collect();
        names.join(", ")
    };
    match fit.fits {
        Some(true) => format!("✓ fits{doubt}"),
        Some(false) => format!("✗ {}{doubt}", names(Some(false))),
        None => format!("? {}", names(None)),
    }
}

/// The limits of a use in one line.
pub(crate) fn limits(limits: &UseCase) -> String {
    let limited = [
        (
            "p95 of first token at most",
            limits.ttft_p95_ms.map(duration),
        ),
        (
            "p95 of latency at most",
            limits.latency_p95_ms.map(duration),
        ),
        ("right answers at least", limits.accuracy.map(percent)),
        ("answered calls at least", limits.success_rate.map(percent)),
        (
            "a thousand requests for at most",
            limits.cost_per_1k_usd.map(dollars),
        ),
    ];
    let mut said: Vec<String> = limited
        .into_iter()
        .filter_map(|(name, limit)| Some(format!("{name} {}", limit?)))
        .collect();
    let rate = limits.requests_per_day.map(|n| count(Decimal::from(n)));
    said.extend(rate.map(|rate| format!("{rate} requests a day")));
    format!("Limits: {}.", said.join("; "))
}

type Shown = fn(f64) -> String;

/// A limit's name, how its figures are shown, and on which side it bounds them.
fn limit(check: &Check) -> (&'static str, Shown, &'static str) {
    match check.limit.as_str() {
        "ttft_p95_ms" => ("p95 of first token", duration, "at most"),
        "latency_p95_ms" => ("p95 of latency", duration, "at most"),
        "accuracy" => ("right answers", percent, "at least"),
        "success_rate" => ("answered calls", percent, "at least"),
        _ => ("cost of a thousand requests", dollars, "at most"),
    }
}

/// A limit with what was found: `p95 of latency, 21.9 s where 15.0 s is allowed`.
fn in_words(check: &Check) -> String {
    let (name, shown, bound) = limit(check);
    match (check.found, &check.reason) {
        (Some(found), _) => {
            let doubt = if check.certain {
                ""
            } else {
                ", not with certainty"
            };
            format!(
                "{name}: {} where {bound} {} is allowed{doubt}",
                shown(found),
                shown(check.allowed)
            )
        }
        (None, Some(reason)) => format!("{name}: {reason}"),
        (None, None) => name.to_owned(),
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
    use super::*;
    use crate::{Report, build as report, fixture};
    use bench_core::config::{self, default_use_cases};

    /// The fixture with its hostile target paid by the token: 50 in, 100 out.
    fn report_with_price() -> Report {
        let (mut plan, samples) = fixture::run();
        let priced = r#"
            name = "x"
            [[targets]]
            id = "hostile"
            kind = "http"
            url = "http://10.0.0.1"
            request = "tgi"
            pricing = { kind = "tokens", sku = "http:m", prices = { "1M input tokens" = "20", "1M output tokens" = "30" } }
        "#;
        let config = config::from_toml(priced, &config::Overrides::default()).unwrap();
        plan.config.targets[2]
            .pricing
            .clone_from(&config.targets[0].pricing);
        report(&plan, &samples)
    }

    fn use_cases(use_case: UseCase) -> UseCaseReport {
        let found = report_with_price();
        build(&[use_case], &found.targets, found.cost.as_ref()).remove(0)
    }

    #[test]
    fn a_target_that_keeps_every_limit_fits_and_simulated_ones_are_never_recommended() {
        let found = use_cases(UseCase {
            accuracy: Some(0.1),
            cost_per_1k_usd: Some(5.0),
            ..UseCase::default()
        });
        let fit = |id: &str| {
            found
                .targets
                .iter()
                .find(|fit| fit.target_id == id)
                .unwrap()
        };
        assert_eq!((fit("good").fits, fit("good").simulated), (None, true));
        assert_eq!(
            (fit("hostile").fits, fit("broken").fits),
            (Some(true), None)
        );
        assert_eq!(found.cheapest.as_deref(), Some("hostile"));
        assert!(
            found.sentence.starts_with("Fitting: hostile"),
            "{}",
            found.sentence
        );
        assert!(!found.sentence.contains("good"), "{}", found.sentence);
    }

    #[test]
    fn a_broken_limit_is_named_with_what_was_found_and_what_is_allowed() {
        let dear = use_cases(UseCase {
            cost_per_1k_usd: Some(3.9),
            success_rate: Some(0.99),
            ..UseCase::default()
        });
        assert_eq!(dear.cheapest, None);
        for said in [
            "No target is known to fit.",
            "hostile fails on cost of a thousand requests: $4.00 where at most $3.90 is allowed.",
            "broken fails on answered calls: 0 % where at least 99 % is allowed.",
        ] {
            assert!(dear.sentence.contains(said), "{}", dear.sentence);
        }
    }

    #[test]
    fn what_these_questions_do_not_measure_is_said_of_no_target() {
        let (plan, samples) = fixture::run();
        let targets = report(&plan, &samples).targets;
        let uses = default_use_cases();
        let found = build(&uses, &targets, None);
        assert_eq!(found.len(), 5);
        for of_none in &found[3..] {
            assert!(of_none.targets.is_empty() && of_none.cheapest.is_none());
            assert!(of_none.sentence.starts_with("Not measured here: "));
        }
        assert!(
            found[0].sentence.contains("hostile it is not known")
                || found[0].sentence.contains("hostile fails")
        );
    }
}
