//! Notes on latencies, and reasons why some are not available: each once, with the
//! figures and the targets it is about.

use std::collections::BTreeMap;

use crate::{
    model::TargetReport,
    render::{format::folded, reasons},
};
use bench_stats::{Statistic, Summary};

/// The most targets that a note names.
const MAX_NAMED: usize = 8;
/// The most that one for a terminal names.
const FEW_NAMED: usize = 3;

/// Figures that pages show.
const SHOWN: [Statistic; 12] = [
    Statistic::Mean,
    Statistic::P50,
    Statistic::P90,
    Statistic::P95,
    Statistic::Min,
    Statistic::Max,
    Statistic::Stddev,
    Statistic::WithinStddev,
    Statistic::WithinCv,
    Statistic::BetweenStddev,
    Statistic::Icc,
    Statistic::EffectiveN,
];

/// A figure of a summary as people call it.
#[must_use]
pub const fn name(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Mean => "mean",
        Statistic::P50 => "p50",
        Statistic::P90 => "p90",
        Statistic::P95 => "p95",
        Statistic::P99 => "p99",
        Statistic::Min => "min",
        Statistic::Max => "max",
        Statistic::Stddev => "standard deviation",
        Statistic::WithinStddev => "deviation within a prompt",
        Statistic::WithinCv => "CV within a prompt",
        Statistic::BetweenStddev => "deviation between prompts",
        Statistic::Icc => "ICC",
        Statistic::EffectiveN => "effective n",
    }
}

/// Why those of some figures that are not available are not.
pub(crate) fn missing(targets: &[TargetReport], figures: &[Statistic]) -> Vec<String> {
    by_target(targets, MAX_NAMED, |latency| why_missing(latency, figures))
}

/// The same for a terminal, where fewer targets are named.
#[must_use]
pub fn missing_in_brief(targets: &[TargetReport], figures: &[Statistic]) -> Vec<String> {
    by_target(targets, FEW_NAMED, |latency| why_missing(latency, figures))
}

/// All notes on all figures.
pub(crate) fn all(targets: &[TargetReport]) -> Vec<String> {
    let notes = |latency: &Summary| {
        let mut notes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for statistic in SHOWN {
            let figure = latency.figure(statistic);
            let limit = figure
                .interval()
                .and_then(|interval| interval.high_needs)
                .map(reasons::no_upper_limit);
            for note in figure.note().map(reasons::note).into_iter().chain(limit) {
                notes.entry(note).or_default().push(name(statistic));
            }
        }
        notes
            .into_iter()
            .map(|(note, figures)| format!("{}: {note}", figures.join(", ")))
            .collect()
    };
    let mut notes = by_target(targets, MAX_NAMED, notes);
    notes.extend(by_target(targets, MAX_NAMED, |latency| {
        if latency.n == 0 {
            Vec::new()
        } else {
            why_missing(latency, &SHOWN)
        }
    }));
    notes
}

/// Why figures of a summary are not available, each reason once.
fn why_missing(summary: &Summary, figures: &[Statistic]) -> Vec<String> {
    if summary.n == 0 {
        return vec!["no latency, since no measured call was answered".to_owned()];
    }
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for statistic in figures {
        if let Some(why) = summary.figure(*statistic).reason() {
            let why = reasons::unavailable(*why);
            reasons.entry(why).or_default().push(name(*statistic));
        }
    }
    reasons
        .into_iter()
        .map(|(why, names)| format!("no {}: {why}", names.join(", ")))
        .collect()
}

fn by_target(
    targets: &[TargetReport],
    most: usize,
    of: impl Fn(&Summary) -> Vec<String>,
) -> Vec<String> {
    let mut notes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for target in targets {
        for note in of(&target.timings.latency) {
            notes.entry(note).or_default().push(&target.id);
        }
    }
    notes
        .into_iter()
        .map(|(note, who)| {
            if who.len() == targets.len() && who.len() > 1 {
                format!("All targets: {note}.")
            } else {
                let who = folded(who.into_iter().map(str::to_owned), most);
                format!("{}: {note}.", who.join(", "))
            }
        })
        .collect()
}
