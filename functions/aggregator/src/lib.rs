//! A run's samples in, its report out.
//!
//! The aggregator reads what a run has stored, a page at a time, writes the samples as
//! it reads them, lets `bench-report` think, and writes what it thought. It adds nothing
//! of its own, so that run twice it writes the same twice.

mod error;
mod metrics;
mod report_failure;
mod sample_files;
mod settings;

use aws_config::SdkConfig;
use bench_core::run_index::RunEntry;
use bench_core::{identity::RunId, plan::Plan};
use bench_report::{
    self,
    index::{self},
};
use bench_store::{RunStatus, Store, keys};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, error, info, info_span};

pub use error::{Error, NAMES};
pub use report_failure::ReportFailure;
use report_failure::{MAX_CAUSE_CHARS, Whereabouts, cut};
pub use settings::Settings;

/// The aggregator's connections and settings, built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    /// The table and the bucket.
    pub store: Store,
    /// Where `CloudWatch` keeps the metrics of runs; `None` writes none.
    pub metrics_namespace: Option<String>,
    /// The name of the stack, for the commands that are told.
    pub stack: Option<String>,
}

impl App {
    /// Builds the clients.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket),
            metrics_namespace: settings.metrics_namespace.clone(),
            stack: settings.stack.clone(),
        }
    }
}

/// The request of the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The run.
    pub run_id: RunId,
    /// Why its report could not be written, once an invocation has failed: only the
    /// samples are written then, and the failure is noted.
    #[serde(default)]
    pub failure: Option<ReportFailure>,
}

/// The reply to the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The report is written.
    Report(ReportReply),
    /// The samples are written, the report is not.
    Failure(FailureReply),
}

/// The reason for the missing report, as the execution tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReply {
    /// The failure, and how to make the report from the samples.
    pub cause: String,
}

/// The reply about a report, which is the output of the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportReply {
    /// The run.
    pub run_id: RunId,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Why not, one sentence a target, in one text.
    pub reason: String,
    /// S3 key of the HTML report.
    pub report: String,
}

/// Writes the report of a run; of one whose report has failed, its samples alone.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub async fn handle(app: &App, request: Request) -> Result<Reply, Error> {
    let span = info_span!("aggregate", run_id = %request.run_id);
    let run_id = &request.run_id;
    let reply = async {
        Ok(match &request.failure {
            None => Reply::Report(aggregate(app, run_id).await?),
            Some(failure) => Reply::Failure(keep_samples(app, run_id, failure).await?),
        })
    };
    reply.instrument(span).await
}

async fn aggregate(app: &App, run_id: &RunId) -> Result<ReportReply, Error> {
    let store = &app.store;
    let plan = plan(store, run_id).await?;
    // First of all: nothing that is wrong with a report is wrong with them.
    let summed = sample_files::write(store, &plan).await?;
    let report = summed.added.report(&plan);
    for artifact in bench_report::report_artifacts(&report, &summed.points) {
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
    info!(samples = summed.samples, complete, "report written");
    Ok(ReportReply {
        run_id: run_id.clone(),
        complete,
        reason: incomplete_reasons(&report),
        report: keys::artifact(run_id, "report.html"),
    })
}

/// Writes what needs no report, and notes in the record of the run why it has none.
async fn keep_samples(
    app: &App,
    run_id: &RunId,
    failure: &ReportFailure,
) -> Result<FailureReply, Error> {
    let store = &app.store;
    sample_files::write_alone(store, &plan(store, run_id).await?).await?;
    let cause = failure.sentence(&Whereabouts {
        run_id,
        bucket: store.bucket(),
        stack: app.stack.as_deref(),
    });
    store.fail_report(run_id, &cause).await?;
    error!(error = failure.error, "no report; samples written");
    Ok(FailureReply { cause })
}

async fn plan(store: &Store, run_id: &RunId) -> Result<Plan, Error> {
    let plan = store.get_plan(run_id).await?;
    plan.ok_or_else(|| Error::PlanMissing {
        run_id: run_id.clone(),
    })
}

fn incomplete_reasons(report: &bench_report::Report) -> String {
    let reasons = report.run.incomplete_reasons.iter();
    let reasons: Vec<&str> = reasons.map(|reason| reason.sentence.as_str()).collect();
    cut(&reasons.join("; "), MAX_CAUSE_CHARS)
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
