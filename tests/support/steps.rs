//! The steps of an execution and its children, from their histories.

use aws_sdk_sfn::{
    Client,
    types::{ExecutionStatus, HistoryEvent, HistoryEventType},
};

/// An execution with its history.
#[derive(Debug)]
pub struct Record {
    /// Its ARN.
    pub arn: String,
    /// How it ended.
    pub status: ExecutionStatus,
    /// The error that it ended with.
    pub error: Option<String>,
    /// The input.
    pub input: String,
    /// The output.
    pub output: String,
    /// Its history, in order.
    pub events: Vec<HistoryEvent>,
}

/// A task that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// The state of the definition.
    pub state: String,
    /// The error's name.
    pub error: String,
    /// The cause.
    pub cause: String,
}

/// An execution and, behind it, those of its targets.
///
/// # Panics
///
/// When it cannot be read.
pub(crate) async fn records(client: &Client, arn: &str) -> Vec<Record> {
    let mut records = vec![record(client, arn).await];
    let runs = client.list_map_runs().execution_arn(arn).send().await;
    for run in runs.expect("map runs").map_runs {
        let mut children = client
            .list_executions()
            .map_run_arn(run.map_run_arn)
            .into_paginator()
            .items()
            .send();
        while let Some(child) = children.next().await {
            records.push(record(client, &child.expect("a child").execution_arn).await);
        }
    }
    records
}

async fn record(client: &Client, arn: &str) -> Record {
    let described = client.describe_execution().execution_arn(arn).send().await;
    let described = described.expect("an execution");
    let mut pages = client
        .get_execution_history()
        .execution_arn(arn)
        .into_paginator()
        .items()
        .send();
    let mut events = Vec::new();
    while let Some(event) = pages.next().await {
        events.push(event.expect("an event"));
    }
    Record {
        arn: arn.to_owned(),
        status: described.status,
        error: described.error,
        input: described.input.unwrap_or_default(),
        output: described.output.unwrap_or_default(),
        events,
    }
}

impl Record {
    /// Whether this is the execution of a target.
    #[must_use]
    pub fn is_of_target(&self) -> bool {
        self.arn.contains("/Targets:")
    }

    /// The tasks that failed, retries included.
    #[must_use]
    pub fn failed_steps(&self) -> Vec<FailedStep> {
        let mut state = String::new();
        let mut succeeded = 0;
        let mut failed = Vec::new();
        for event in &self.events {
            if let Some(entered) = event.state_entered_event_details() {
                entered.name().clone_into(&mut state);
            }
            match event.r#type() {
                HistoryEventType::TaskSucceeded => succeeded += 1,
                HistoryEventType::TaskFailed => {
                    // The embedded AWS notes no states of a target's execution:
                    // its first task is the probe.
                    if self.is_of_target() {
                        let name = ["ProbeTarget", "InvokePrompt"][succeeded.min(1)];
                        name.clone_into(&mut state);
                    }
                    let details = event.task_failed_event_details();
                    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    failed.push(FailedStep {
                        state: state.clone(),
                        error: text(details.and_then(|details| details.error())),
                        cause: text(details.and_then(|details| details.cause())),
                    });
                }
                _ => {}
            }
        }
        failed
    }

    /// The values passed between states.
    pub fn payloads(&self) -> impl Iterator<Item = &str> {
        let of_events = self.events.iter().flat_map(|event| {
            [
                event.state_entered_event_details().and_then(|d| d.input()),
                event.state_exited_event_details().and_then(|d| d.output()),
                event
                    .task_succeeded_event_details()
                    .and_then(|d| d.output()),
            ]
        });
        let ends = [self.input.as_str(), self.output.as_str()];
        of_events.flatten().chain(ends)
    }

    /// The longest of it, in bytes.
    #[must_use]
    pub fn longest_payload(&self) -> usize {
        self.payloads().map(str::len).max().unwrap_or(0)
    }
}
