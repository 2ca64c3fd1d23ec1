//! How much load targets sustain: of a few each for itself, of many the highest.

use crate::{
    model::{LoadReport, Report, TargetLoad},
    render::{
        format::{counted, labeled, listed, share},
        load::sentences,
    },
};
use bench_core::identity::TargetId;
use bench_load::Ranking;

/// So many targets have a sentence each.
const FEW: usize = 4;

/// Which target sustains more than which, and how much each sustains; of many targets the
/// highest capacity alone. Empty without a load.
pub(super) fn answer(report: &Report) -> String {
    let Some(load) = &report.load else {
        return String::new();
    };
    if load.targets.len() > FEW {
        return highest(load, report);
    }
    let sustains = load.targets.iter().map(|target| {
        let id = &target.target_id;
        let sustains = sentences::capacity(&load.configured, target);
        format!("{} {sustains}.", labeled(id, report.is_simulated(id)))
    });
    let said: Vec<String> = rankings(load).into_iter().chain(sustains).collect();
    said.join(" ")
}

/// Which targets sustain more than which, a sentence for each that sustains more.
fn rankings(load: &LoadReport) -> Vec<String> {
    let ids = load.targets.iter().map(|target| &target.target_id);
    let sentences = ids.filter_map(|more| {
        let less = load.targets.iter().map(|target| &target.target_id);
        let less: Vec<String> = less
            .filter(|less| sustains_more(load, more, less))
            .map(ToString::to_string)
            .collect();
        (!less.is_empty()).then(|| format!("{more} sustains more than {}.", listed(less, FEW)))
    });
    sentences.collect()
}

fn sustains_more(load: &LoadReport, more: &TargetId, less: &TargetId) -> bool {
    let mut rankings = load.rankings.iter();
    rankings.any(|found| match found.ranking {
        Ranking::First => (&found.first, &found.second) == (more, less),
        Ranking::Second => (&found.second, &found.first) == (more, less),
        Ranking::NotSeparated => false,
    })
}

/// The highest capacity, whether others may be as high, and how many targets have none.
pub(super) fn highest(load: &LoadReport, report: &Report) -> String {
    let objective = &load.configured.objective;
    if objective.is_empty() {
        return "No objective is configured, so no capacity is known.".to_owned();
    }
    let under = sentences::objective(objective);
    let low = |target: &TargetLoad| target.capacity.low;
    let without = load.targets.iter().filter(|target| low(target).is_none());
    let without = match without.count() {
        0 => String::new(),
        count => format!(
            "; {} at no level",
            share(count, load.targets.len(), "target")
        ),
    };
    let known = load.targets.iter().filter(|target| low(target).is_some());
    let highest = known
        .clone()
        .max_by(|a, b| low(a).unwrap_or(0.0).total_cmp(&low(b).unwrap_or(0.0)));
    let Some(highest) = highest else {
        return format!("No target is known to keep {under} at any level.");
    };
    let id = &highest.target_id;
    let as_high =
        known.filter(|other| other.target_id != *id && !sustains_more(load, id, &other.target_id));
    let as_high = match as_high.count() {
        count if count > 0 && (report.is_simulation() || !report.is_simulated(id)) => {
            format!(", and {} may as well", counted(count as u64, "other"))
        }
        _ => String::new(),
    };
    let range = sentences::capacity_range(&load.configured, &highest.capacity);
    format!("Most load is sustained by {id}, {range} (95 %) with {under}{as_high}{without}.")
}
