//! How far the runs of a stack have come: their records and their executions together.

use std::collections::BTreeSet;

use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use bench_store::{RunRecord, RunStatus};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    error::Error,
    executions::{self, RunningRun},
    pipeline::Pipeline,
};

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It is being planned, or waits for an earlier run of its configuration.
    Starting,
    /// An execution measures it.
    Running,
    /// It is complete.
    Complete,
    /// It has a report, but calls are missing.
    Incomplete,
    /// It has its samples, and no report could be made of them.
    ReportFailed,
    /// Its execution failed, or exceeded its timeout, before there was a report.
    Failed,
    /// Its execution was stopped before there was a report.
    Aborted,
    /// It has no report, and Step Functions has forgotten its execution.
    Unknown,
}

impl RunState {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::ReportFailed => "report-failed",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it has a report.
    #[must_use]
    pub fn has_report(self) -> bool {
        matches!(self, Self::Complete | Self::Incomplete)
    }

    /// Whether resuming it may bring it further.
    #[must_use]
    pub fn can_be_resumed(self) -> bool {
        matches!(
            self,
            Self::Incomplete | Self::ReportFailed | Self::Failed | Self::Aborted | Self::Unknown
        )
    }
}

/// A run of a stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StackRun {
    /// The run.
    pub run_id: String,
    /// The name of its configuration; `None` before it is planned.
    pub config: Option<String>,
    /// When it was started.
    pub started_at: Timestamp,
    /// How far it has come.
    #[serde(rename = "status")]
    pub state: RunState,
    /// The name of the execution that planned it; `None` before it is planned.
    pub execution: Option<String>,
}

/// The runs of a stack, newest first.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::Aws`].
pub async fn runs(pipeline: &Pipeline) -> Result<Vec<StackRun>, Error> {
    let client = pipeline.step_functions();
    let machine = &pipeline.outputs.state_machine_arn;
    let records = pipeline.store().runs().await?;
    let running = executions::running(&client, machine).await?;
    let is_running = |run: &str| running.iter().any(|other| other.run_id == run);
    let open = |record: &RunRecord| {
        record.status == RunStatus::Planned && !is_running(record.run_id.as_str())
    };
    // Only these ended without a word in their records.
    let ended = if records.iter().any(open) {
        executions::list(&client, machine, None).await?
    } else {
        Vec::new()
    };
    Ok(combine(&records, &running, &ended))
}

/// The id of a run that is named by it, or by the name of an execution of it, as in an
/// alert; `None` where there is no such run.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::Aws`].
pub async fn find(pipeline: &Pipeline, name: &str) -> Result<Option<String>, Error> {
    if pipeline.store().run(name).await?.is_some() {
        return Ok(Some(name.to_owned()));
    }
    let client = pipeline.step_functions();
    let machine = &pipeline.outputs.state_machine_arn;
    let running = executions::running(&client, machine).await?;
    if running.iter().any(|run| run.run_id == name) {
        return Ok(Some(name.to_owned()));
    }
    let execution = executions::describe(&client, &executions::arn(machine, name)).await?;
    Ok(execution.as_ref().map(executions::run_of))
}

fn combine(
    records: &[RunRecord],
    running: &[RunningRun],
    ended: &[ExecutionListItem],
) -> Vec<StackRun> {
    let others: BTreeSet<&str> = records
        .iter()
        .flat_map(|record| [record.run_id.as_str(), record.execution.as_str()])
        .collect();
    let mut runs: Vec<StackRun> = records
        .iter()
        .map(|record| StackRun {
            run_id: record.run_id.to_string(),
            config: Some(record.config_name.clone()),
            started_at: record.started_at,
            state: state(record, running, ended, &others),
            execution: Some(record.execution.clone()),
        })
        .collect();
    for starting in running {
        if runs.iter().all(|run| run.run_id != starting.run_id) {
            runs.push(StackRun {
                run_id: starting.run_id.clone(),
                config: None,
                started_at: Timestamp::from_second(starting.started_at).unwrap_or_default(),
                state: RunState::Starting,
                execution: None,
            });
        }
    }
    runs.sort_by(|a, b| {
        let newest_first = b.started_at.cmp(&a.started_at);
        newest_first.then_with(|| a.run_id.cmp(&b.run_id))
    });
    runs
}

fn state(
    record: &RunRecord,
    running: &[RunningRun],
    ended: &[ExecutionListItem],
    others: &BTreeSet<&str>,
) -> RunState {
    let run = record.run_id.as_str();
    if running.iter().any(|other| other.run_id == run) {
        return RunState::Running;
    }
    match record.status {
        RunStatus::Complete => return RunState::Complete,
        RunStatus::Incomplete => return RunState::Incomplete,
        RunStatus::ReportFailed => return RunState::ReportFailed,
        RunStatus::Planned => {}
    }
    let is_of_run = |name: &str| {
        name == record.execution
            || name == run
            || executions::may_be_further(name, run) && !others.contains(name)
    };
    let last = ended
        .iter()
        .filter(|execution| is_of_run(&execution.name))
        .max_by_key(|execution| execution.start_date);
    match last.map(|execution| &execution.status) {
        Some(ExecutionStatus::Running) => RunState::Running,
        Some(ExecutionStatus::Aborted) => RunState::Aborted,
        Some(ExecutionStatus::Failed | ExecutionStatus::TimedOut) => RunState::Failed,
        _ => RunState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::primitives::DateTime;

    use super::*;

    fn record(run: &str, execution: &str, status: RunStatus) -> RunRecord {
        RunRecord {
            run_id: run.parse().unwrap(),
            config_name: "nightly".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            status,
            execution: execution.to_owned(),
            entry: None,
            report_failure: None,
        }
    }

    fn ended(name: &str, start: i64, status: ExecutionStatus) -> ExecutionListItem {
        ExecutionListItem::builder()
            .execution_arn(format!("arn:{name}"))
            .state_machine_arn("arn:machine")
            .name(name)
            .status(status)
            .start_date(DateTime::from_secs(start))
            .build()
            .unwrap()
    }

    fn states(
        records: &[RunRecord],
        running: &[&str],
        ended: &[ExecutionListItem],
    ) -> Vec<(String, RunState)> {
        let running: Vec<_> = running
            .iter()
            .map(|run| RunningRun {
                run_id: (*run).to_owned(),
                execution_arn: format!("arn:{run}"),
                started_at: 7,
            })
            .collect();
        let runs = combine(records, &running, ended);
        runs.into_iter()
            .map(|run| (run.run_id, run.state))
            .collect()
    }

    fn one(run: &str, state: RunState) -> Vec<(String, RunState)> {
        vec![(run.to_owned(), state)]
    }

    #[test]
    fn a_run_without_a_report_is_what_its_last_execution_is() {
        use ExecutionStatus::{Aborted, Failed, TimedOut};
        let planned = [record("a", "a", RunStatus::Planned)];
        let last = |executions: &[ExecutionListItem]| states(&planned, &[], executions);
        assert_eq!(last(&[]), one("a", RunState::Unknown));
        assert_eq!(last(&[ended("a", 1, Aborted)]), one("a", RunState::Aborted));
        assert_eq!(last(&[ended("a", 1, TimedOut)]), one("a", RunState::Failed));
        let resumed = [ended("a", 1, Aborted), ended("a-1f2e", 2, Failed)];
        assert_eq!(last(&resumed), one("a", RunState::Failed));
    }

    #[test]
    fn an_execution_of_another_run_says_nothing_of_one_with_a_similar_name() {
        let records = [
            record("a", "a", RunStatus::Planned),
            record("a-1f2e", "a-1f2e", RunStatus::Complete),
        ];
        let executions = [
            ended("a", 1, ExecutionStatus::Aborted),
            ended("a-1f2e", 2, ExecutionStatus::Failed),
        ];
        let states = states(&records, &[], &executions);
        assert!(
            states.contains(&("a".to_owned(), RunState::Aborted)),
            "{states:?}"
        );
    }

    #[test]
    fn a_run_that_is_resumed_is_running_and_one_without_a_record_is_starting() {
        let records = [record("a", "event-7", RunStatus::Incomplete)];
        let states = states(&records, &["a", "b"], &[]);
        assert_eq!(
            states,
            [
                ("b".to_owned(), RunState::Starting),
                ("a".to_owned(), RunState::Running)
            ]
        );
    }
}
