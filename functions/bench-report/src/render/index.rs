//! The list of all runs.

use std::cmp::Reverse;

use askama::Template;

use crate::{
    Report,
    render::{charts, format},
};
use bench_core::{
    money::Money,
    run_index::{RunEntry, TargetEntry},
};
use jiff::Timestamp;

/// The entry of a report in the list of runs.
#[must_use]
pub fn entry(report: &Report) -> RunEntry {
    RunEntry {
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
                mean_ms: target.timings.latency.mean.value(),
                p50_ms: target.timings.latency.p50.value(),
                p95_ms: target.timings.latency.p95.value(),
                accuracy: target.accuracy.rate.value(),
                per_1k_requests: report
                    .cost_of(&target.id)
                    .and_then(|cost| cost.per_1k_requests.value()),
            })
            .collect(),
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
        total: entries.len(),
        groups: by_configuration(entries),
    }
    .render()
    .expect("memory takes the whole page")
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    total: usize,
    groups: Vec<Group<'a>>,
}

/// The runs of one configuration.
struct Group<'a> {
    name: &'a str,
    runs: Vec<&'a RunEntry>,
    lines: Vec<Line>,
}

/// A target over the runs of a configuration.
struct Line {
    id: String,
    simulated: bool,
    color: String,
    last: Option<f64>,
    svg: String,
}

/// The most runs of a chart.
const MAX_RUNS: usize = 60;

/// Configurations by their newest run, runs newest first.
fn by_configuration(entries: &[RunEntry]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for run in newest_first(entries) {
        match groups.iter_mut().find(|group| group.name == run.name) {
            Some(group) => group.runs.push(run),
            None => groups.push(Group {
                name: &run.name,
                runs: vec![run],
                lines: Vec::new(),
            }),
        }
    }
    for group in &mut groups {
        group.lines = lines(&group.runs);
    }
    groups
}

fn lines(newest_first: &[&RunEntry]) -> Vec<Line> {
    let mut targets: Vec<&TargetEntry> = Vec::new();
    for target in newest_first.iter().flat_map(|run| &run.targets) {
        if !targets.iter().any(|known| known.id == target.id) {
            targets.push(target);
        }
    }
    let mut of_line: Vec<&&RunEntry> = newest_first.iter().take(MAX_RUNS).collect();
    of_line.reverse();
    targets
        .into_iter()
        .enumerate()
        .map(|(position, target)| {
            let mean = |run: &RunEntry| {
                let found = run.targets.iter().find(|known| known.id == target.id)?;
                found.mean_ms
            };
            let values: Vec<Option<f64>> = of_line.iter().map(|run| mean(run)).collect();
            Line {
                id: target.id.to_string(),
                simulated: target.simulated,
                color: charts::color(position),
                last: values.last().copied().flatten(),
                svg: charts::sparkline(&target.id, position, &values),
            }
        })
        .collect()
}

/// The functions of the template. Askama hands fields over by reference.
#[expect(clippy::ref_option, clippy::unused_self, reason = "askama calls it so")]
impl Index<'_> {
    fn style(&self) -> String {
        super::page::style()
    }

    fn ms(&self, value: &Option<f64>) -> String {
        format::duration_or_dash(*value)
    }

    fn money(&self, value: &Option<Money>) -> String {
        value.map_or_else(|| format::DASH.to_owned(), |money| money.to_string())
    }

    fn percent(&self, value: &Option<f64>) -> String {
        format::percent_or_dash(*value)
    }

    fn time(&self, time: &Timestamp) -> String {
        format::minute(*time)
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
    use crate::{build, fixture};

    #[test]
    fn runs_are_listed_newest_first_with_their_report() {
        let (plan, samples) = fixture::run();
        let older = entry(&build(&plan, &samples));
        let mut newer = older.clone();
        newer.run_id = "fixture-2".parse().unwrap();
        newer.created_at = Timestamp::MAX;
        let page = index_html(&[older.clone(), newer.clone()]);
        let place = |id: &str| page.find(&format!("href=\"{id}/report.html\"")).unwrap();
        assert!(place("fixture-2") < place("fixture-1"));
        assert!(page.contains("simulated") && page.contains("incomplete"));
        assert!(
            page.contains("2 of 2 runs have it; first 700\u{a0}ms, last 700\u{a0}ms"),
            "{page}"
        );
        let listed: Vec<RunEntry> =
            serde_json::from_str(&index_json(&[older.clone(), newer.clone()])).unwrap();
        assert_eq!(listed, [newer, older]);
    }

    #[test]
    fn runs_stand_under_their_configuration_the_one_with_the_newest_run_first() {
        let (plan, samples) = fixture::run();
        let entry = entry(&build(&plan, &samples));
        let entries: Vec<RunEntry> = [("daily", 1), ("other", 3), ("daily", 2), ("other", 0)]
            .into_iter()
            .map(|(name, day)| RunEntry {
                name: name.into(),
                run_id: format!("{name}-{day}").parse().unwrap(),
                created_at: Timestamp::from_second(day * 86_400).unwrap(),
                ..entry.clone()
            })
            .collect();
        let page = index_html(&entries);
        let places = ["other-3", "other-0", "daily-2", "daily-1"]
            .map(|run| page.find(&format!("\"{run}/report.html\"")).unwrap());
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn an_entry_of_an_earlier_version_is_still_read() {
        let old = r#"{"id":"a","simulated":false,"planned":1,"ok":1,"mean_ms":1.0,"p50_ms":null,"p95_ms":null,"right":0.5}"#;
        let read: TargetEntry = serde_json::from_str(old).unwrap();
        assert_eq!((read.accuracy, read.per_1k_requests), (Some(0.5), None));
    }

    #[test]
    fn no_runs_are_a_page_that_says_so() {
        assert!(index_html(&[]).contains("No run"));
    }
}
