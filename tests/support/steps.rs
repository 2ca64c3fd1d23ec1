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

/// An execution, behind it those of its targets, and behind those their chunks.
///
/// # Panics
///
/// When one cannot be read.
pub(crate) async fn records(client: &Client, arn: &str) -> Vec<Record> {
    let mut arns = vec![arn.to_owned()];
    let mut records = Vec::new();
    while let Some(arn) = arns.get(records.len()).cloned() {
        records.push(record(client, &arn).await);
        let runs = client.list_map_runs().execution_arn(arn).send().await;
        for run in runs.expect("map runs").map_runs {
            let mut children = client
                .list_executions()
                .map_run_arn(run.map_run_arn)
                .into_paginator()
                .items()
                .send();
            while let Some(child) = children.next().await {
                arns.push(child.expect("a child").execution_arn);
            }
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

    /// Whether this is the execution of a target's load.
    #[must_use]
    pub fn is_of_load(&self) -> bool {
        self.arn.contains("/Load:")
    }

    /// Whether this is the execution of a chunk of a target's prompts.
    #[must_use]
    pub fn is_of_chunk(&self) -> bool {
        self.arn.contains("/Chunks:")
    }

    /// How many tasks were tried, retries included.
    #[must_use]
    pub fn tasks(&self) -> usize {
        let events = self.events.iter();
        events
            .filter(|event| event.task_scheduled_event_details().is_some())
            .count()
    }

    /// The tasks that failed, retries included.
    #[must_use]
    pub fn failed_steps(&self) -> Vec<FailedStep> {
        // The embedded AWS notes no states of child executions. A target's only Lambda call is
        // its probe, a chunk's are those of prompts; those of a load follow from the one before.
        let mut state = if self.is_of_load() {
            "NextStep"
        } else if self.is_of_chunk() {
            "InvokePrompt"
        } else if self.is_of_target() {
            "ProbeTarget"
        } else {
            ""
        }
        .to_owned();
        let mut failed = Vec::new();
        for event in &self.events {
            if let Some(entered) = event.state_entered_event_details() {
                entered.name().clone_into(&mut state);
            }
            if self.is_of_load()
                && let Some(succeeded) = event.task_succeeded_event_details()
            {
                // Behind the planner's answer come the workers of the step.
                let is_planner = succeeded.output().unwrap_or_default().contains("wait_s");
                let name = if is_planner {
                    "InvokeWorker"
                } else {
                    "NextStep"
                };
                name.clone_into(&mut state);
            }
            if *event.r#type() == HistoryEventType::TaskFailed {
                let details = event.task_failed_event_details();
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                failed.push(FailedStep {
                    state: state.clone(),
                    error: text(details.and_then(|details| details.error())),
                    cause: text(details.and_then(|details| details.cause())),
                });
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

    /// The longest of it, in bytes. The embedded AWS writes JSON with spaces, which AWS does
    /// not and its limits do not count.
    #[must_use]
    pub fn longest_payload(&self) -> usize {
        let written = |payload: &str| {
            let json = serde_json::from_str::<serde_json::Value>(payload);
            json.map_or(payload.len(), |json| json.to_string().len())
        };
        self.payloads().map(written).max().unwrap_or(0)
    }
}
