//! What is to be borne in mind about latencies, and why some are missing: each
//! reason once, with the figures and the targets it is about.

use std::collections::BTreeMap;

use crate::model::TargetReport;
use bench_stats::Summary;

/// Figures that pages show, by the name they have in `report.json`.
const FIGURES: [(&str, &str); 12] = [
    ("mean", "mean"),
    ("p50", "p50"),
    ("p90", "p90"),
    ("p95", "p95"),
    ("min", "min"),
    ("max", "max"),
    ("stddev", "standard deviation"),
    ("within_stddev", "deviation within a prompt"),
    ("within_cv", "CV within a prompt"),
    ("between_stddev", "deviation between prompts"),
    ("icc", "ICC"),
    ("effective_n", "effective n"),
];

/// Why those of some figures that are missing are missing.
pub(crate) fn missing(targets: &[TargetReport], figures: &[&str]) -> Vec<String> {
    let reasons = |latency: &Summary| {
        let of_these = FIGURES.iter().filter(|(key, _)| figures.contains(key));
        reasons(latency, of_these)
    };
    said(targets, reasons)
}

/// All remarks on all figures.
pub(crate) fn all(targets: &[TargetReport]) -> Vec<String> {
    let notes = |latency: &Summary| {
        let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, name) in FIGURES {
            if let Some(note) = latency.notes.get(key) {
                notes.entry(note.clone()).or_default().push(name.to_owned());
            }
            let limit = latency.withheld.get(&format!("upper limit of {key}"));
            if let Some(why) = limit {
                let name = format!("no upper limit of {name}");
                notes.entry(why.clone()).or_default().push(name);
            }
        }
        notes
            .into_iter()
            .map(|(note, figures)| format!("{}: {note}", figures.join(", ")))
            .collect()
    };
    let mut remarks = said(targets, notes);
    remarks.extend(said(targets, |latency| {
        if latency.n == 0 {
            Vec::new()
        } else {
            reasons(latency, FIGURES.iter())
        }
    }));
    remarks
}

fn reasons<'a>(
    latency: &Summary,
    figures: impl Iterator<Item = &'a (&'static str, &'static str)>,
) -> Vec<String> {
    if latency.n == 0 {
        return vec!["no latency, since no measured call was answered".to_owned()];
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, name) in figures {
        if let Some(why) = latency.withheld.get(*key) {
            reasons.entry(why).or_default().push(name);
        }
    }
    reasons
        .into_iter()
        .map(|(why, names)| format!("no {}, since {why}", names.join(", ")))
        .collect()
}

fn said(targets: &[TargetReport], of: impl Fn(&Summary) -> Vec<String>) -> Vec<String> {
    let mut remarks: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for target in targets {
        for remark in of(&target.latency_ms) {
            remarks.entry(remark).or_default().push(&target.id);
        }
    }
    remarks
        .into_iter()
        .map(|(remark, who)| {
            if who.len() == targets.len() && who.len() > 1 {
                format!("All targets: {remark}.")
            } else {
                format!("{}: {remark}.", who.join(", "))
            }
        })
        .collect()
}
