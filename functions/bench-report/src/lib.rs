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
pub use findings::run_comparison::{RunComparer, compare_runs};
pub use model::*;
pub use render::cost::{
    bounds, cost,
    sentences::{CostSentence, cost_sentences},
    tables::{CostRow, CostTable, TableId, cost_summary, cost_tables},
    warnings::cost_warning,
};
pub use render::{
    charts::CallPoints,
    display, format, index,
    load::column::capacity_column,
    sample_files::{SamplesCsv, SamplesJsonl},
    sentences::{
        brief::summary_sentences,
        run_comparison::{self, RunComparisonSentences},
        simulation::banner as simulation_banner,
        warnings::access_remedy,
    },
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

/// Every file of a report, samples included. The order of the samples does not matter.
///
/// A run whose samples do not fit into memory is written with [`report_artifacts`],
/// [`SamplesCsv`] and [`SamplesJsonl`], in the order of
/// [`SampleKey`](bench_core::sample::SampleKey) and run: the bytes are the same.
#[must_use]
pub fn artifacts(report: &Report, samples: &[Sample]) -> Vec<Artifact> {
    let samples = build::in_order(samples);
    let simulated = report.targets.iter().filter(|target| target.simulated);
    let mut csv = SamplesCsv::new(simulated.map(|target| target.id.clone()));
    let rows = [csv.header(), csv.lines(samples.iter().copied())].concat();
    let points: CallPoints = samples.iter().copied().collect();
    let mut artifacts: Vec<Artifact> = report_artifacts(report, &points).collect();
    artifacts.push(Artifact {
        name: SamplesCsv::NAME,
        content_type: SamplesCsv::CONTENT_TYPE,
        body: [csv.head(), &rows].concat(),
    });
    artifacts.push(Artifact {
        name: SamplesJsonl::NAME,
        content_type: SamplesJsonl::CONTENT_TYPE,
        body: SamplesJsonl::lines(samples),
    });
    artifacts
}

/// The files of a report but those of its samples, each made when it is asked for; `load.csv`
/// where targets were under load.
pub fn report_artifacts<'a>(
    report: &'a Report,
    points: &'a CallPoints,
) -> impl Iterator<Item = Artifact> + use<'a> {
    /// The content of a file.
    type Body = fn(&Report, &CallPoints) -> Option<Vec<u8>>;
    const FILES: [(&str, &str, Body); 5] = [
        ("report.json", "application/json", |report, _| {
            Some(serde_json::to_vec_pretty(report).expect("a report is plain data"))
        }),
        (
            "report.html",
            "text/html; charset=utf-8",
            |report, points| Some(render::page::render(report, points).into()),
        ),
        ("report.md", "text/markdown; charset=utf-8", |report, _| {
            Some(render::markdown::render(report).into_bytes())
        }),
        ("summary.csv", "text/csv; charset=utf-8", |report, _| {
            Some(render::csv_files::summary_csv(report))
        }),
        ("load.csv", "text/csv; charset=utf-8", |report, _| {
            render::load::csv::load_csv(report)
        }),
    ];
    FILES.into_iter().filter_map(|(name, content_type, body)| {
        Some(Artifact {
            name,
            content_type,
            body: body(report, points)?,
        })
    })
}
