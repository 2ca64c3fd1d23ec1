//! The list of all runs.

use std::cmp::Reverse;

use askama::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Report, format};

/// One run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// The run.
    pub run_id: String,
    /// The configuration's name.
    pub name: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its last call ended.
    pub finished_at: Option<Timestamp>,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Whether any target is simulated.
    pub simulated: bool,
    /// One entry a target.
    pub targets: Vec<TargetEntry>,
}

/// One target of a run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetEntry {
    /// The target.
    pub id: String,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Measured calls of the plan.
    pub planned: u64,
    /// Measured calls that were answered.
    pub ok: u64,
    /// Mean latency.
    pub mean_ms: Option<f64>,
    /// Median latency.
    pub p50_ms: Option<f64>,
    /// 95th percentile of latency.
    pub p95_ms: Option<f64>,
}

impl RunEntry {
    /// The line of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            run_id: report.run.run_id.clone(),
            name: report.run.name.clone(),
            created_at: report.run.created_at,
            finished_at: report.run.finished_at,
            complete: report.run.complete,
            simulated: report.run.simulated,
            targets: report
                .targets
                .iter()
                .map(|target| TargetEntry {
                    id: target.id.clone(),
                    simulated: target.simulated,
                    planned: target.calls.planned,
                    ok: target.calls.ok,
                    mean_ms: target.latency_ms.mean,
                    p50_ms: target.latency_ms.p50,
                    p95_ms: target.latency_ms.p95,
                })
                .collect(),
        }
    }
}

/// The list as JSON, newest first.
///
/// # Panics
///
/// Never: entries are plain data.
#[must_use]
pub fn index_json(entries: &[RunEntry]) -> String {
    serde_json::to_string_pretty(&newest_first(entries)).expect("entries are plain data")
}

/// The list as a page, newest first.
///
/// # Panics
///
/// Never: memory takes the whole page.
#[must_use]
pub fn index_html(entries: &[RunEntry]) -> String {
    Index {
        runs: newest_first(entries),
    }
    .render()
    .expect("memory takes the whole page")
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    runs: Vec<&'a RunEntry>,
}

/// What the template asks for. Askama hands fields over by reference.
#[expect(clippy::ref_option, clippy::unused_self, reason = "askama calls it so")]
impl Index<'_> {
    fn style(&self) -> &'static str {
        super::html::STYLE
    }

    fn ms(&self, value: &Option<f64>) -> String {
        format::duration_or_dash(*value)
    }

    fn time(&self, time: &Timestamp) -> String {
        super::html::minute(*time)
    }
}

fn newest_first(entries: &[RunEntry]) -> Vec<&RunEntry> {
    let mut runs: Vec<&RunEntry> = entries.iter().collect();
    runs.sort_by_key(|run| (Reverse(run.created_at), &run.run_id));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{build, fixture};

    #[test]
    fn runs_are_listed_newest_first_with_their_report() {
        let (plan, samples) = fixture::run();
        let older = RunEntry::of(&build(&plan, &samples));
        let mut newer = older.clone();
        newer.run_id = "fixture-2".into();
        newer.created_at = Timestamp::MAX;
        let page = index_html(&[older.clone(), newer.clone()]);
        let place = |id: &str| page.find(&format!("href=\"{id}/report.html\"")).unwrap();
        assert!(place("fixture-2") < place("fixture-1"));
        assert!(page.contains("simulated") && page.contains("incomplete"));
        let listed: Vec<RunEntry> =
            serde_json::from_str(&index_json(&[older.clone(), newer.clone()])).unwrap();
        assert_eq!(listed, [newer, older]);
    }

    #[test]
    fn no_runs_are_a_page_that_says_so() {
        assert!(index_html(&[]).contains("No run"));
    }
}
