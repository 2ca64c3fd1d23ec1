//! Stopping executions with their child executions.

use std::time::{Duration, Instant};

use aws_sdk_sfn::{
    Client as StepFunctions,
    error::ProvideErrorMetadata,
    types::{ExecutionStatus, MapRunStatus},
};

use crate::{error::Error, executions};

/// Polling interval of executions that are stopping.
const POLL: Duration = Duration::from_secs(2);
/// The longest time that child executions take to stop; Step Functions stops them one
/// after another.
const LIMIT: Duration = Duration::from_mins(15);
/// The error of a stopped execution.
const ERROR: &str = "Stopped";
/// Its cause.
const CAUSE: &str = "stopped by hostbench";

/// Stops executions, and waits until their child executions have ended as well: Step
/// Functions stops those later. One that has ended meanwhile is not an error.
///
/// # Errors
///
/// [`Error::Aws`], also when a child execution has not ended in 15 minutes.
pub async fn stop(client: &StepFunctions, executions: &[String]) -> Result<(), Error> {
    for execution in executions {
        stop_one(client, execution).await?;
    }
    let deadline = Instant::now() + LIMIT;
    // A target may have begun a map run of its own before it was stopped.
    loop {
        let mut open = Vec::new();
        for execution in executions {
            open.extend(open_map_runs(client, execution).await?);
        }
        if open.is_empty() {
            return Ok(());
        }
        for map_run in open {
            while is_open(client, &map_run).await? {
                if Instant::now() > deadline {
                    return Err(Error::Aws {
                        doing: "waiting for the targets of a stopped run to end".to_owned(),
                        cause: format!("map run `{map_run}` is still running; try again later"),
                    });
                }
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

async fn stop_one(client: &StepFunctions, execution: &str) -> Result<(), Error> {
    let stopped = client
        .stop_execution()
        .execution_arn(execution)
        .error(ERROR)
        .cause(CAUSE)
        .send()
        .await;
    let Err(error) = stopped else {
        return Ok(());
    };
    // Services word it differently when it has ended meanwhile, so it is looked up.
    let described = executions::describe(client, execution).await?;
    if described.is_none_or(|described| described.status != ExecutionStatus::Running) {
        return Ok(());
    }
    Err(Error::aws(
        format!("stopping execution `{execution}`"),
        &error,
    ))
}

/// The map runs below an execution that have not ended. Their child executions are told
/// to stop.
async fn open_map_runs(client: &StepFunctions, execution: &str) -> Result<Vec<String>, Error> {
    let mut open = Vec::new();
    let mut parents = vec![execution.to_owned()];
    while let Some(parent) = parents.pop() {
        for map_run in map_runs(client, &parent).await? {
            parents.extend(children(client, &map_run, None).await?);
            if is_open(client, &map_run).await? {
                open.push(map_run);
            }
        }
    }
    Ok(open)
}

/// Whether a map run has not ended. Child executions that run are told to stop; Step
/// Functions stops them by itself as well, so that a refusal is not an error.
async fn is_open(client: &StepFunctions, map_run: &str) -> Result<bool, Error> {
    let running = children(client, map_run, Some(ExecutionStatus::Running)).await?;
    for child in &running {
        let _ = stop_one(client, child).await;
    }
    Ok(!running.is_empty() || is_running(client, map_run).await?)
}

async fn map_runs(client: &StepFunctions, execution: &str) -> Result<Vec<String>, Error> {
    let mut pages = client
        .list_map_runs()
        .execution_arn(execution)
        .into_paginator()
        .items()
        .send();
    let mut map_runs = Vec::new();
    while let Some(map_run) = pages.next().await {
        match map_run {
            Ok(map_run) => map_runs.push(map_run.map_run_arn),
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => break,
            Err(error) => return Err(Error::aws("listing the map runs of an execution", &error)),
        }
    }
    Ok(map_runs)
}

async fn children(
    client: &StepFunctions,
    map_run: &str,
    status: Option<ExecutionStatus>,
) -> Result<Vec<String>, Error> {
    let mut pages = client
        .list_executions()
        .map_run_arn(map_run)
        .set_status_filter(status)
        .into_paginator()
        .items()
        .send();
    let mut children = Vec::new();
    while let Some(child) = pages.next().await {
        match child {
            Ok(child) => children.push(child.execution_arn),
            Err(error) if error.code() == Some("ResourceNotFound") => break,
            Err(error) => return Err(Error::aws("listing the targets of a run", &error)),
        }
    }
    Ok(children)
}

async fn is_running(client: &StepFunctions, map_run: &str) -> Result<bool, Error> {
    let described = client.describe_map_run().map_run_arn(map_run).send().await;
    match described {
        Ok(described) => Ok(described.status == MapRunStatus::Running),
        Err(error) if error.code() == Some("ResourceNotFound") => Ok(false),
        Err(error) => Err(Error::aws(
            format!("describing map run `{map_run}`"),
            &error,
        )),
    }
}
