//! A run's samples in, its report out.
//!
//! The aggregator reads everything a run has stored, lets `bench-core` think,
//! and writes what it thought. It adds nothing of its own, so that run twice it
//! writes the same twice.

mod error;
mod metrics;
mod settings;

use aws_config::SdkConfig;
use bench_core::run_index::RunEntry;
use bench_core::{identity::RunId, plan::Plan, sample::Sample};
use bench_report::{
    self,
    index::{self},
};
use bench_store::{RunStatus, Store, keys};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info, info_span};

pub use error::{Error, NAMES};
pub use settings::Settings;

/// The aggregator's connections and settings, built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    /// The table and the bucket.
    pub store: Store,
    /// Where `CloudWatch` keeps the metrics of runs; `None` writes none.
    pub metrics_namespace: Option<String>,
}

impl App {
    /// Builds the clients.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket),
            metrics_namespace: settings.metrics_namespace.clone(),
        }
    }
}

/// The request of the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The run.
    pub run_id: RunId,
}

/// The reply, which is the output of the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The run.
    pub run_id: RunId,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Why not, one sentence a target, in one text.
    pub reason: String,
    /// S3 key of the HTML report.
    pub report: String,
}

/// Writes the report of a run.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub async fn handle(app: &App, request: Request) -> Result<Reply, Error> {
    let span = info_span!("aggregate", run_id = %request.run_id);
    aggregate(app, &request.run_id).instrument(span).await
}

async fn aggregate(app: &App, run_id: &RunId) -> Result<Reply, Error> {
    let store = &app.store;
    let plan = store
        .get_plan(run_id)
        .await?
        .ok_or_else(|| Error::PlanMissing {
            run_id: run_id.clone(),
        })?;
    let samples = read_samples(store, &plan).await?;
    let report = bench_report::build(&plan, &samples);
    for artifact in bench_report::artifacts(&report, &samples) {
        let key = keys::artifact(run_id, artifact.name);
        store
            .put_object(&key, artifact.content_type, artifact.body)
            .await?;
    }
    let complete = report.run.complete;
    let status = if complete {
        RunStatus::Complete
    } else {
        RunStatus::Incomplete
    };
    let entry = index::entry(&report);
    store.finish_run(run_id, status, &entry).await?;
    write_index(store, entry).await?;
    if let Some(namespace) = &app.metrics_namespace {
        metrics::write(&report, namespace);
    }
    info!(samples = samples.len(), complete, "report written");
    Ok(Reply {
        run_id: run_id.clone(),
        complete,
        reason: incomplete_reasons(&report),
        report: keys::artifact(run_id, "report.html"),
    })
}

fn incomplete_reasons(report: &bench_report::Report) -> String {
    let reasons = report.run.incomplete_reasons.iter();
    let reasons: Vec<&str> = reasons.map(|reason| reason.sentence.as_str()).collect();
    reasons.join("; ")
}

async fn read_samples(store: &Store, plan: &Plan) -> Result<Vec<Sample>, Error> {
    let mut samples = Vec::new();
    for target in &plan.config.targets {
        samples.extend(store.samples(&plan.run_id, &target.id).await?);
    }
    Ok(samples)
}

/// Rebuilt whole from the run records, so that a lost object is no lost history.
/// The index of the table lags behind its rows, so the newest entry is put in here.
async fn write_index(store: &Store, newest: RunEntry) -> Result<(), Error> {
    let mut entries: Vec<RunEntry> = store
        .runs()
        .await?
        .into_iter()
        .filter_map(|record| record.entry)
        .collect();
    entries.retain(|entry| entry.run_id != newest.run_id);
    entries.push(newest);
    let json = index::index_json(&entries);
    store
        .put_object(&keys::runs_index("json"), "application/json", json)
        .await?;
    let html = index::index_html(&entries);
    store
        .put_object(&keys::runs_index("html"), "text/html; charset=utf-8", html)
        .await?;
    Ok(())
}
