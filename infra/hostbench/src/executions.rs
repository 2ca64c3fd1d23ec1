//! The executions of a state machine: which run each is of, and their ends.

use aws_sdk_sfn::{
    Client as StepFunctions,
    error::ProvideErrorMetadata,
    operation::describe_execution::DescribeExecutionOutput,
    types::{ExecutionListItem, ExecutionStatus},
};
use bench_core::run_input::RunName;

use crate::{error::Error, request};

/// The characters of a run id that the name of a further execution begins with.
const HEAD: usize = 75;
/// The random characters at the end of that name.
const TAIL: usize = 4;

/// The name of a further execution of a run: the name of the first cannot be used again.
#[must_use]
pub fn further_name(run_id: &str) -> String {
    let head: String = run_id.chars().take(HEAD).collect();
    format!("{head}-{}", request::random_hex())
}

/// Whether an execution of that name may be a further one of a run.
#[must_use]
pub fn may_be_further(name: &str, run_id: &str) -> bool {
    let head: String = run_id.chars().take(HEAD).collect();
    let tail = name
        .strip_prefix(&head)
        .and_then(|rest| rest.strip_prefix('-'));
    tail.is_some_and(|tail| tail.len() == TAIL && tail.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The executions of a state machine, newest first; with a status only those. None where
/// there is no such state machine.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn list(
    client: &StepFunctions,
    state_machine: &str,
    status: Option<ExecutionStatus>,
) -> Result<Vec<ExecutionListItem>, Error> {
    let mut pages = client
        .list_executions()
        .state_machine_arn(state_machine)
        .set_status_filter(status)
        .into_paginator()
        .items()
        .send();
    let mut executions = Vec::new();
    while let Some(execution) = pages.next().await {
        match execution {
            Ok(execution) => executions.push(execution),
            Err(error) if error.code() == Some("StateMachineDoesNotExist") => break,
            Err(error) => return Err(Error::aws("listing the executions", &error)),
        }
    }
    executions.sort_by_key(|execution| std::cmp::Reverse(execution.start_date));
    Ok(executions)
}

/// An execution as it stands; `None` where there is none, or Step Functions has
/// forgotten it, 90 days after its end.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn describe(
    client: &StepFunctions,
    arn: &str,
) -> Result<Option<DescribeExecutionOutput>, Error> {
    match client.describe_execution().execution_arn(arn).send().await {
        Ok(execution) => Ok(Some(execution)),
        Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(None),
        Err(error) => Err(Error::aws(format!("describing execution `{arn}`"), &error)),
    }
}

/// The run that an execution is of, by its input, or else by its name.
#[must_use]
pub fn run_of(execution: &DescribeExecutionOutput) -> String {
    let name = execution.name.as_deref().unwrap_or_default();
    let input = execution.input.as_deref().unwrap_or_default();
    let named: RunName = serde_json::from_str(input).unwrap_or_default();
    named.or(name).to_owned()
}

/// The ARN of an execution by its name.
#[must_use]
pub fn arn(state_machine: &str, name: &str) -> String {
    let base = state_machine.replacen(":stateMachine:", ":execution:", 1);
    format!("{base}:{name}")
}

/// The running executions, each with its run.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn running(
    client: &StepFunctions,
    state_machine: &str,
) -> Result<Vec<RunningRun>, Error> {
    let mut running = Vec::new();
    for execution in list(client, state_machine, Some(ExecutionStatus::Running)).await? {
        // One that has ended meanwhile, and was forgotten, does not run.
        if let Some(described) = describe(client, &execution.execution_arn).await? {
            running.push(RunningRun {
                run_id: run_of(&described),
                started_at: execution.start_date.secs(),
                execution_arn: execution.execution_arn,
            });
        }
    }
    Ok(running)
}

/// An execution that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningRun {
    /// Its run.
    pub run_id: String,
    /// The execution.
    pub execution_arn: String,
    /// When it started, in seconds since 1970.
    pub started_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_executions_of_a_run_are_known_by_their_names() {
        for run in ["demo-20260304-050607-0a1b", &"x".repeat(80)] {
            let name = further_name(run);
            assert!(name.len() <= 80, "{name}");
            assert!(may_be_further(&name, run), "{name}");
        }
        for other in ["demo", "demo-2026", "demo-20261", "demos-1a2b", "demo-wxyz"] {
            assert_eq!(
                may_be_further(other, "demo"),
                other == "demo-2026",
                "{other}"
            );
        }
    }

    #[test]
    fn an_execution_is_named_below_its_state_machine() {
        assert_eq!(
            arn(
                "arn:aws:states:us-east-1:111122223333:stateMachine:x-benchmark",
                "a"
            ),
            "arn:aws:states:us-east-1:111122223333:execution:x-benchmark:a"
        );
    }
}
