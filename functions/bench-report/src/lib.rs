//! What a run found: as data, as a page, as tables.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

mod across;
mod answer;
mod build;
mod charts;
mod comparisons;
mod cost;
mod cost_csv;
mod cost_tables;
mod cost_words;
mod definitions;
mod figures;
#[cfg(test)]
pub(crate) mod fixture;
pub mod format;
mod guide;
mod html;
pub mod index;
mod listing;
mod markdown;
mod model;
mod prompts;
pub mod rebuild;
mod remarks;
mod repetition;
pub mod schema;
pub mod shown;
mod tables;
mod tally;
mod target;
mod verdicts;
mod words;

use bench_core::sample::Sample;

pub use across::{AcrossRuns, AcrossTarget, RunSide, across};
pub use answer::headline;
pub use build::build;
pub use cost_tables::{CostRow, CostTable, cost_tables};
pub use cost_words::{CostSentence, cost_sentences};
pub use model::*;
pub use tally::Accumulator;

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Its name in the run's folder.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub body: Vec<u8>,
}

/// Every file of a report. The order of the samples does not matter.
///
/// # Panics
///
/// Never: a report is plain data and memory takes every row.
#[must_use]
pub fn artefacts(report: &Report, samples: &[Sample]) -> Vec<Artefact> {
    let samples = build::in_order(samples);
    let json = serde_json::to_vec_pretty(report).expect("a report is plain data");
    let artefact = |name, content_type, body| Artefact {
        name,
        content_type,
        body,
    };
    vec![
        artefact("report.json", "application/json", json),
        artefact(
            "report.html",
            "text/html; charset=utf-8",
            html::render(report, &samples).into(),
        ),
        artefact(
            "report.md",
            "text/markdown; charset=utf-8",
            markdown::render(report).into_bytes(),
        ),
        artefact(
            "summary.csv",
            "text/csv; charset=utf-8",
            tables::summary_csv(report),
        ),
        artefact(
            "samples.csv",
            "text/csv; charset=utf-8",
            tables::samples_csv(report, &samples),
        ),
        artefact(
            "samples.jsonl",
            "application/jsonl",
            tables::samples_jsonl(&samples),
        ),
    ]
}
