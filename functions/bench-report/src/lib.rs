//! The report of a run: as data, as a page, as tables.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

mod build;
#[cfg(test)]
#[path = "../tests/reports/calls.rs"]
mod calls;
mod findings;
#[cfg(test)]
pub(crate) mod fixture;
mod model;
pub mod rebuild;
pub mod render;
mod summary;

use bench_core::sample::Sample;

pub use build::build;
pub use findings::run_comparison::compare_runs;
pub use model::*;
pub use render::cost::{
    bounds, cost,
    sentences::{CostSentence, cost_sentences},
    tables::{CostRow, CostTable, TableId, cost_summary, cost_tables},
    warnings::cost_warning,
};
pub use render::{
    display, format, index,
    sentences::run_comparison::{self, RunComparisonSentences},
};
pub use summary::{metrics, tally::Accumulator};

/// One file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
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
pub fn artifacts(report: &Report, samples: &[Sample]) -> Vec<Artifact> {
    let samples = build::in_order(samples);
    let json = serde_json::to_vec_pretty(report).expect("a report is plain data");
    let artifact = |name, content_type, body| Artifact {
        name,
        content_type,
        body,
    };
    vec![
        artifact("report.json", "application/json", json),
        artifact(
            "report.html",
            "text/html; charset=utf-8",
            render::page::render(report, &samples).into(),
        ),
        artifact(
            "report.md",
            "text/markdown; charset=utf-8",
            render::markdown::render(report).into_bytes(),
        ),
        artifact(
            "summary.csv",
            "text/csv; charset=utf-8",
            render::csv_files::summary_csv(report),
        ),
        artifact(
            "samples.csv",
            "text/csv; charset=utf-8",
            render::csv_files::samples_csv(report, &samples),
        ),
        artifact(
            "samples.jsonl",
            "application/jsonl",
            render::csv_files::samples_jsonl(&samples),
        ),
    ]
}
