//! Which target fits which use case.

mod limits;

use self::limits::{dollars, missed, name, open, rate};
use super::simulation::in_simulation;
use crate::{
    model::{Check, Fit, UseCaseLimit, UseCaseReport},
    render::format::{listed, share},
};
use bench_core::config::UseCase;
use bench_cost::RunCost;

pub(crate) use limits::limits;

/// So many targets have their reasons each; of more the limits are counted, and the table has
/// the verdicts.
const FEW: usize = 4;
/// The most targets that a sentence names beside the cheapest.
const MAX_NAMED: usize = 3;

/// All of it in a few sentences, those that fit first; simulated targets are judged where there
/// is no other.
pub(crate) fn sentence(found: &UseCaseReport, cost: Option<&RunCost>) -> String {
    if let Some(why) = &found.limits.not_measured {
        return format!("Not measured here: {why}.");
    }
    let is_simulation = found.targets.iter().all(|fit| fit.simulated);
    let judged = found.targets.iter();
    let judged: Vec<&Fit> = judged
        .filter(|fit| is_simulation || !fit.simulated)
        .collect();
    let fitting = fitting(found, &judged);
    let mut said = vec![if is_simulation {
        in_simulation(&fitting)
    } else {
        fitting
    }];
    if judged.len() <= FEW {
        let each = judged.iter();
        said.extend(each.filter_map(|fit| not_fitting(fit, &found.limits, cost)));
    } else {
        said.extend(counted_limits(&judged));
    }
    said.join(" ")
}

/// The targets that fit, the cheapest first with its cost.
fn fitting(found: &UseCaseReport, judged: &[&Fit]) -> String {
    let fitting = || judged.iter().copied().filter(|fit| fit.fits == Some(true));
    let count = fitting().count();
    let best = found.cheapest.as_ref();
    let best = best.and_then(|id| fitting().find(|fit| fit.target_id == *id));
    if let Some((best, each)) = best.and_then(|best| Some((best, best.cost_per_1k_usd?))) {
        let cost = format!(
            "{} per 1,000 requests{}",
            dollars(each),
            rate(&found.limits)
        );
        let others = fitting().filter(|fit| fit.target_id != best.target_id);
        let (at, others) = match count - 1 {
            0 => ("at", String::new()),
            more if more <= MAX_NAMED => {
                let others = listed(others.map(with_doubt), MAX_NAMED);
                let fit = if more == 1 { "fits" } else { "fit" };
                ("at the lowest cost,", format!("; {others} {fit} too"))
            }
            more => ("at the lowest cost,", format!("; {more} others fit too")),
        };
        let (id, doubt) = (&best.target_id, doubt(best));
        return format!("{id} fits {at} {cost}{doubt}{others}.");
    }
    if count == 0 {
        let none_can = judged.iter().all(|fit| fit.fits == Some(false));
        let none = if none_can {
            "No target fits."
        } else {
            "No target is known to fit."
        };
        return none.to_owned();
    }
    let fit = if count == 1 { "fits" } else { "fit" };
    let named = listed(fitting().map(with_doubt), MAX_NAMED);
    let cost = match count {
        1 => "Its cost is not available.",
        _ if fitting().any(|fit| fit.cost_per_1k_usd.is_some()) => {
            "Which of them is cheapest is not decided: calls without a token count leave their \
             cost open."
        }
        _ => "Their cost is not available.",
    };
    format!("{named} {fit}. {cost}")
}

fn with_doubt(fit: &Fit) -> String {
    let doubt = if fit.certain { "" } else { " (not certain)" };
    format!("{}{doubt}", fit.target_id)
}

fn doubt(fit: &Fit) -> &'static str {
    if fit.certain {
        ""
    } else {
        " (not certain: an interval includes its limit)"
    }
}

/// Why a target does not fit, or is not known to.
fn not_fitting(fit: &Fit, of: &UseCase, cost: Option<&RunCost>) -> Option<String> {
    let id = &fit.target_id;
    match fit.fits {
        Some(true) => None,
        Some(false) => Some(format!("{id} does not fit: {}.", missed(fit, of))),
        None => Some(format!(
            "Whether {id} fits is not known: {}.",
            open(fit, cost)
        )),
    }
}

/// How many targets miss limits, or lack figures, and how many of them which.
fn counted_limits(judged: &[&Fit]) -> Vec<String> {
    let missed = by_limit(judged, Some(false))
        .map(|(targets, limits)| format!("Limits missed by {targets}: {limits}."));
    let open = by_limit(judged, None)
        .map(|(targets, limits)| format!("Figures missing of {targets}: {limits}."));
    missed.into_iter().chain(open).collect()
}

/// The targets with that verdict, and the limits that it is of: `27 of 40 targets`,
/// `p95 latency (25), accuracy (3)`; `None` without such a target.
fn by_limit(judged: &[&Fit], verdict: Option<bool>) -> Option<(String, String)> {
    let those: Vec<&Fit> = judged
        .iter()
        .copied()
        .filter(|fit| fit.fits == verdict)
        .collect();
    let limits = UseCaseLimit::ALL.into_iter().filter_map(|limit| {
        let is_of = |check: &Check| check.limit == limit && check.kept == verdict;
        let of = those.iter().filter(|fit| fit.checks.iter().any(is_of));
        let count = of.count();
        (count > 0).then(|| format!("{} ({count})", name(limit)))
    });
    let limits: Vec<String> = limits.collect();
    (!those.is_empty()).then(|| {
        (
            share(those.len(), judged.len(), "target"),
            limits.join(", "),
        )
    })
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
                "hostile fits at $47.23 per 1,000 requests at 1,000 a day (not certain: an interval \
                 includes its limit).",
                "No target is known to fit. Whether hostile fits is not known: p95 TTFT and p95 \
                 latency are not available (it needs at least 20 prompts; this run has 2).",
                "Not measured here: arithmetic problems with one correct answer do not measure \
                 creative writing.",
            ]
        );
    }
}
