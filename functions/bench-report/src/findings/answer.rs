//! The answer in a few sentences: what the page, the table and the terminal begin with.

use crate::{
    findings::verdicts,
    model::{Answer, Report, TargetReport},
    render::{
        cost::{cost as cost_text, interval, sentences::choice_by_load},
        display,
        format::{duration, percent_or_dash},
    },
};
use bench_core::money::Money;
use bench_cost::TargetCost;
use bench_stats::counted;

/// The answer, the most important first. Simulated targets are no finding, so they
/// are never ranked; what failed is said of all.
pub(crate) fn answers(report: &Report) -> Vec<Answer> {
    let parts = [
        ("Speed", speed(report)),
        ("Cost", cost(report)),
        ("Right answers", right(report)),
        ("Failures", Some(failed(report))),
        ("Completeness", Some(completeness(report))),
    ];
    parts
        .into_iter()
        .filter_map(|(topic, sentence)| {
            Some(Answer {
                topic: topic.to_owned(),
                sentence: sentence?,
            })
        })
        .collect()
}

/// The same as sentences.
#[must_use]
pub fn headline(report: &Report) -> Vec<String> {
    let sentences = report.answer.iter().map(|answer| answer.sentence.clone());
    sentences.collect()
}

fn real(report: &Report) -> Vec<&TargetReport> {
    let real = report.targets.iter().filter(|target| !target.simulated);
    real.collect()
}

fn speed(report: &Report) -> Option<String> {
    let real = real(report);
    let answered: Vec<&TargetReport> = real
        .iter()
        .copied()
        .filter(|target| target.latency_ms.n > 0)
        .collect();
    match answered.as_slice() {
        [] if real.is_empty() => Some(
            "Every target is simulated, so none is said to be faster or better than another."
                .to_owned(),
        ),
        [] => Some("No target answered a measured call, so there is no latency.".to_owned()),
        [only] => {
            let l = &only.latency_ms;
            let mean = display::with_interval(l, "mean", l.mean);
            Some(format!(
                "Mean latency of {} was {mean}; no other target answered, so there is nothing to \
                 compare it with.",
                only.id
            ))
        }
        several => verdicts::fastest(report).map(|said| {
            let means = several.iter().filter_map(|target| {
                let mean = duration(target.latency_ms.mean?);
                Some(format!("{} {mean}", target.id))
            });
            let means: Vec<String> = means.collect();
            format!("{said} Mean latency: {}.", means.join(", "))
        }),
    }
}

/// What a right answer costs as measured, and which target to choose at which load.
fn cost(report: &Report) -> Option<String> {
    let real = real(report);
    if real.is_empty() {
        return None;
    }
    let Some(cost) = &report.cost else {
        let reason = report
            .cost_reason
            .as_ref()
            .map_or_else(|| "there are no prices".to_owned(), ToString::to_string);
        return Some(format!("What it cost is not known: {reason}."));
    };
    let known = cost.targets.iter().filter(|target| !target.simulated);
    let mut priced: Vec<(&TargetCost, Money)> = known
        .clone()
        .filter_map(|target| Some((target, target.per_correct.value()?)))
        .collect();
    priced.sort_by_key(|(_, each)| each.amount());
    let mut said = vec![match priced.as_slice() {
        [] => "No right answer has a price.".to_owned(),
        [(only, _)] => format!(
            "{} cost {} a right answer, {} for {}.",
            only.target_id,
            each(only),
            cost_text(&only.spend.measured),
            counted(only.usage.measured.answered, "answered call")
        ),
        [(cheapest, _), (next, _), ..] => format!(
            "Cheapest was {} at {} a right answer, then {} at {}; {}.",
            cheapest.target_id,
            each(cheapest),
            next.target_id,
            each(next),
            certainty(cheapest, next)
        ),
    }];
    if !cost.simulated && cost.curve.targets.len() > 1 {
        said.extend(choice_by_load(cost).map(|choice| format!("By load: {choice}.")));
    }
    let mut open = false;
    let priceless = known
        .filter(|target| target.usage.measured.attempts > 0)
        .filter(|target| target.per_correct.value().is_none());
    said.extend(priceless.map(|target| {
        let id = &target.target_id;
        let of_right = target.per_correct.reason();
        let reason = target.reason.as_ref().or(of_right);
        let reason = reason.map(ToString::to_string).unwrap_or_default();
        match target.measured_at_least.value() {
            Some(least) if target.spend.measured.value().is_none() => {
                open = true;
                let answered = counted(target.usage.measured.answered, "answered call");
                format!("{id} cost at least {least} for {answered}: {reason}.")
            }
            _ => format!("{id} has no cost: {reason}."),
        }
    }));
    if open && !priced.is_empty() {
        said.push("So which is cheaper is not settled.".to_owned());
    }
    Some(said.join(" "))
}

fn each(target: &TargetCost) -> String {
    let per_correct = &target.per_correct;
    match interval(per_correct) {
        Some(limits) => format!(
            "{} [{} to {}]",
            cost_text(per_correct),
            limits.low,
            limits.high
        ),
        None => cost_text(per_correct),
    }
}

fn certainty(cheapest: &TargetCost, next: &TargetCost) -> &'static str {
    match (interval(&cheapest.per_correct), interval(&next.per_correct)) {
        (Some(a), Some(b)) if a.high.amount() < b.low.amount() => "their intervals do not overlap",
        (Some(_), Some(_)) => "their intervals overlap, so neither is said to be cheaper",
        _ => "so few prompts give no interval",
    }
}

/// The extremes, with whether they can be told apart.
fn right(report: &Report) -> Option<String> {
    let mut graded: Vec<&TargetReport> = real(report);
    graded.retain(|target| target.accuracy.flexible.rate.is_some());
    let rate = |target: &TargetReport| target.accuracy.flexible.rate.unwrap_or_default();
    graded.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    match graded.as_slice() {
        [] => None,
        [only] => Some(format!("{} right.", of_answers(only))),
        [best, .., worst] => {
            let (top, bottom) = (&best.accuracy.flexible, &worst.accuracy.flexible);
            let certainty = if top.low > bottom.high {
                "their intervals do not overlap"
            } else {
                "their intervals overlap, so neither is said to be better"
            };
            let (first, last) = (of_answers(best), of_answers(worst));
            Some(format!("{first} right and {last}; {certainty}."))
        }
    }
}

/// `97.6 % [96.6 % to 98.3 %] of the answers of a were`
fn of_answers(target: &TargetReport) -> String {
    let share = &target.accuracy.flexible;
    let [rate, low, high] = [share.rate, share.low, share.high].map(percent_or_dash);
    format!(
        "{rate} [{low} to {high}] of the answers of {} were",
        target.id
    )
}

fn failed(report: &Report) -> String {
    let failed: Vec<String> = report.targets.iter().filter_map(failures_of).collect();
    if failed.is_empty() {
        "No measured call failed.".to_owned()
    } else {
        format!("{}.", failed.join("; "))
    }
}

fn failures_of(target: &TargetReport) -> Option<String> {
    let simulated = if target.simulated { " (simulated)" } else { "" };
    let id = &target.id;
    let (failed, made) = (target.calls.failed, target.calls.measured);
    if failed > 0 {
        let calls = if made == 1 { "call" } else { "calls" };
        let how = outcomes(target);
        return Some(format!(
            "{failed} of {made} measured {calls} to {id}{simulated} failed{how}"
        ));
    }
    let down = made == 0 && target.readiness.probes > 0 && !target.readiness.ready;
    down.then(|| format!("{id}{simulated} never got ready, so it was not measured"))
}

/// How the measured calls of a target failed, most frequent first.
fn outcomes(target: &TargetReport) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for failure in &target.failures {
        if failure.phase != bench_core::sample::Phase::Measured {
            continue;
        }
        let name = failure.outcome.as_str();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += failure.count,
            None => counts.push((name, failure.count)),
        }
    }
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let names: Vec<&str> = counts.iter().map(|(name, _)| *name).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    }
}

fn completeness(report: &Report) -> String {
    let (made, planned) = report
        .targets
        .iter()
        .fold((0, 0), |(made, planned), target| {
            (made + target.calls.measured, planned + target.calls.planned)
        });
    if report.run.complete {
        let calls = match made {
            1 => "its one measured call was made".to_owned(),
            _ => format!("all {made} measured calls were made"),
        };
        return format!("The run is complete: {calls}, and every target answered.");
    }
    format!(
        "The run is incomplete, {made} of {planned} measured calls were made: {}.",
        report.run.incomplete_reasons.join("; ")
    )
}
