//! The answer in a few sentences.

use super::{capacity, cost_answer, simulation::marked};
use crate::{
    model::{
        AccuracyAnswer, Answer, LatencyAnswer, Lead, MeanLatency, Pair, Report, Separation,
        TargetAccuracy, TargetFailures,
    },
    render::{
        display,
        format::{capitalized, counted, duration, folded, labeled, listed, percent},
    },
};
use bench_core::{identity::TargetId, sample::Outcome};

/// The most targets, or pairs of targets, that a sentence names of a kind.
const MAX_NAMED: usize = 3;
/// So many targets have their mean latencies in a sentence; of more it has the ends.
const MAX_MEANS: usize = 8;

/// The topic as a heading.
pub(crate) fn topic(answer: &Answer) -> &'static str {
    match answer {
        Answer::Latency(_) => "Latency",
        Answer::Capacity { .. } => "Capacity",
        Answer::Cost(_) => "Cost",
        Answer::Accuracy(_) => "Accuracy",
        Answer::Failures { .. } => "Failures",
        Answer::Completeness { .. } => "Completeness",
    }
}

/// The answer about one topic; the report has the figures beside it.
pub(crate) fn sentence(answer: &Answer, report: &Report) -> String {
    match answer {
        Answer::Latency(answer) => marked(latency(answer, report), report),
        Answer::Capacity { .. } => capacity::answer(report),
        Answer::Cost(answer) => marked(cost_answer::sentence(answer, report), report),
        Answer::Accuracy(answer) => marked(accuracy(answer), report),
        Answer::Failures { targets } if targets.is_empty() => "No measured call failed.".to_owned(),
        Answer::Failures { targets } => failures(targets),
        Answer::Completeness {
            complete,
            measured,
            planned,
        } => completeness(*complete, *measured, *planned, report),
    }
}

pub(super) fn latency(answer: &LatencyAnswer, report: &Report) -> String {
    match answer {
        LatencyAnswer::NoneAnswered => {
            "Latency is not available: no target answered a measured call.".to_owned()
        }
        LatencyAnswer::OnlyOne { target_id } => {
            let target = report.targets.iter().find(|target| target.id == *target_id);
            let mean = target.map_or_else(String::new, |target| {
                display::with_interval(&target.timings.latency.mean).to_string()
            });
            format!(
                "Mean latency of {target_id} was {mean}; no other target answered, so there is \
                 nothing to compare it with."
            )
        }
        LatencyAnswer::Fastest {
            target_id,
            lead,
            others,
            undecided,
            measured_apart,
            means,
        } => format!(
            "Fastest was {target_id}: {}.{}{} {}",
            ahead(lead, *others),
            not_distinguishable(undecided),
            not_together(measured_apart),
            mean_latencies(means)
        ),
        LatencyAnswer::NoFastest {
            tied,
            measured_apart,
            means,
        } => {
            let tied = tie(tied, MAX_NAMED);
            format!(
                "No target is the fastest: {tied}.{} {}",
                not_together(measured_apart),
                mean_latencies(means)
            )
        }
    }
}

/// Those that no other target is faster than, of which at most so many are named.
pub(super) fn tie(tied: &[TargetId], most: usize) -> String {
    if tied.len() < 2 {
        return "the comparisons do not order all of them".to_owned();
    }
    let tied = listed(tied.iter().map(ToString::to_string), most);
    format!("{tied} are not distinguishable by latency on the same prompts")
}

pub(super) fn ahead(lead: &Lead, others: u64) -> String {
    let closest = if others > 1 { ", the closest," } else { "" };
    let negligible = if lead.may_be_negligible {
        ", possibly by a negligible amount"
    } else {
        ""
    };
    let by = |ratio: f64| percent(1.0 - ratio);
    format!(
        "faster than {}{closest} by {} [{} to {}] on {}{negligible}",
        lead.over,
        by(lead.ratio),
        by(lead.high),
        by(lead.low),
        counted(lead.prompts, "prompt")
    )
}

fn not_distinguishable(pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    format!(" Not distinguishable by latency: {}.", named(pairs))
}

fn not_together(pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    format!(
        " Not measured at the same time, so that a difference may be one of the hour: {}.",
        named(pairs)
    )
}

fn named(pairs: &[Pair]) -> String {
    let pairs = pairs
        .iter()
        .map(|pair| format!("{} and {}", pair.first, pair.second));
    folded(pairs, MAX_NAMED).join("; ")
}

fn mean_latencies(means: &[MeanLatency]) -> String {
    let each = |mean: &MeanLatency| format!("{} {}", mean.target_id, duration(mean.mean_ms));
    if means.len() <= MAX_MEANS {
        let means: Vec<String> = means.iter().map(each).collect();
        return format!("Mean latency: {}.", means.join(", "));
    }
    let by_mean = |a: &&MeanLatency, b: &&MeanLatency| a.mean_ms.total_cmp(&b.mean_ms);
    let ends = [
        means.iter().min_by(by_mean).map(each),
        means.iter().max_by(by_mean).map(each),
    ];
    let ends: Vec<String> = ends.into_iter().flatten().collect();
    format!("Mean latency: {}.", ends.join(" to "))
}

pub(super) fn accuracy(answer: &AccuracyAnswer) -> String {
    match answer {
        AccuracyAnswer::OnlyOne { target } => format!("{}.", correct(target)),
        AccuracyAnswer::Extremes {
            best,
            worst,
            separation,
        } => {
            let certainty = match separation {
                Separation::Separate => "their intervals do not overlap",
                Separation::Overlapping => {
                    "their intervals overlap, so neither is ranked above the other"
                }
                Separation::NoInterval => "there are too few prompts for intervals",
            };
            format!("{} and {}; {certainty}.", correct(best), correct(worst))
        }
    }
}

/// `97.6 % [96.6 % to 98.3 %] of the answers of a were correct`
fn correct(target: &TargetAccuracy) -> String {
    let [rate, low, high] = [target.rate, target.low, target.high].map(percent);
    format!(
        "{rate} [{low} to {high}] of the answers of {} were correct",
        target.target_id
    )
}

/// How calls failed, and which targets were not measured.
fn failures(targets: &[TargetFailures]) -> String {
    let failed = folded(targets.iter().filter_map(failed_calls), MAX_NAMED);
    let failed = (!failed.is_empty()).then(|| format!("{}.", failed.join("; ")));
    let unready: Vec<String> = targets.iter().filter_map(never_ready).collect();
    let they_were = if unready.len() == 1 {
        "it was"
    } else {
        "they were"
    };
    let unready = (!unready.is_empty()).then(|| {
        let ids = listed(unready, MAX_NAMED);
        format!("{ids} never became ready, so {they_were} not measured.")
    });
    let said: Vec<String> = failed.into_iter().chain(unready).collect();
    said.join(" ")
}

fn failed_calls(target: &TargetFailures) -> Option<String> {
    let TargetFailures::CallsFailed {
        target_id,
        simulated,
        failed,
        measured,
        outcomes,
    } = target
    else {
        return None;
    };
    let outcomes: Vec<&str> = outcomes.iter().copied().map(Outcome::as_str).collect();
    let outcomes = match outcomes.as_slice() {
        [] => String::new(),
        outcomes => format!(" ({})", outcomes.join(", ")),
    };
    let id = labeled(target_id, *simulated);
    Some(format!(
        "{failed} of {} to {id} failed{outcomes}",
        counted(*measured, "measured call")
    ))
}

fn never_ready(target: &TargetFailures) -> Option<String> {
    match target {
        TargetFailures::NeverReady {
            target_id,
            simulated,
        } => Some(labeled(target_id, *simulated)),
        TargetFailures::CallsFailed { .. } => None,
    }
}

fn completeness(complete: bool, measured: u64, planned: u64, report: &Report) -> String {
    if complete {
        let calls = match measured {
            1 => "its one measured call was made".to_owned(),
            _ => format!("all {measured} measured calls were made"),
        };
        return format!("The run is complete: {calls}, and every target answered.");
    }
    let made = if measured == planned {
        format!("The run is incomplete, although all {measured} measured calls were made.")
    } else {
        format!("The run is incomplete, {measured} of {planned} measured calls were made.")
    };
    let reasons = &report.run.incomplete_reasons;
    let named = reasons.iter().take(MAX_NAMED);
    let named = named.map(|reason| format!("{}.", capitalized(&reason.sentence)));
    let left_out = reasons.len().saturating_sub(MAX_NAMED) as u64;
    let left_out = (left_out > 0).then(|| {
        let reasons = counted(left_out, "more reason");
        format!("`report.json` has {reasons}.")
    });
    let said: Vec<String> = std::iter::once(made).chain(named).chain(left_out).collect();
    said.join(" ")
}
