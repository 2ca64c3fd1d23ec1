//! One execution of the state machine: upload of its inputs, start, and progress.

use std::time::{Duration, Instant};

use aws_sdk_sfn::{operation::start_execution::StartExecutionError, types::ExecutionStatus};
use bench_core::{config::RunConfig, identity::RunId};
use bench_store::{Store, keys};
use serde_json::Value;

use crate::{
    error::Error, executions, local::Session, pipeline::Pipeline, progress::Console,
    project::Project, request::RunRequest, run_progress::RunProgress, upload::LocalFile,
};

/// The polling intervals of an execution.
#[derive(Debug, Clone, Copy)]
struct WatchIntervals {
    /// Between two polls of its status.
    poll: Duration,
    /// Between two counts of the stored samples, per sample: a count reads all of
    /// them, and AWS bills it.
    count_per_call: Duration,
    /// Between two lines of progress without a terminal.
    log_line: Duration,
    /// The longest time without a successful poll.
    max_unreachable: Duration,
}

impl WatchIntervals {
    const EMBEDDED: Self = Self {
        poll: Duration::from_millis(500),
        count_per_call: Duration::from_millis(1),
        log_line: Duration::from_secs(5),
        max_unreachable: Duration::ZERO,
    };
    const AWS: Self = Self {
        poll: Duration::from_secs(3),
        count_per_call: Duration::from_millis(10),
        log_line: Duration::from_mins(1),
        max_unreachable: Duration::from_mins(5),
    };
}

/// The result of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionResult {
    /// Every planned call was made, and the report is complete.
    Complete,
    /// It failed; there may be a partial report.
    Failed {
        /// The error's name, such as `IncompleteRun`.
        error: String,
        /// The cause in the execution.
        cause: String,
    },
}

impl ExecutionResult {
    /// Whether the run is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

/// Uploads the configuration, the dataset, the certificates and the prices of a
/// run to the bucket of the embedded AWS.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::File`].
pub async fn upload(project: &Project, store: &Store, request: &RunRequest) -> Result<(), Error> {
    request.configuration.file().upload(store).await?;
    for file in request.dataset.iter().chain(&request.files) {
        file.upload(store).await?;
    }
    if let Some(prices) = LocalFile::prices(project) {
        prices.upload(store).await?;
    }
    Ok(())
}

/// Uploads the files of a run, and the prices if the bucket has none. Other runs
/// of the stack read the same bucket, so what is there stays as it is.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::File`].
pub async fn upload_missing(
    project: &Project,
    store: &Store,
    request: &RunRequest,
) -> Result<(), Error> {
    for file in request.dataset.iter().chain(&request.files) {
        file.upload(store).await?;
    }
    if store.get_object(keys::PRICES).await?.is_none()
        && let Some(prices) = LocalFile::prices(project)
    {
        prices.upload(store).await?;
    }
    Ok(())
}

/// Starts an execution on the embedded AWS and waits for its end.
///
/// # Errors
///
/// [`Error::Aws`] when it cannot be started or watched, [`Error::Program`] when
/// the emulator dies. A failed execution is an [`ExecutionResult::Failed`].
pub async fn run_and_watch(
    session: &mut Session,
    request: &RunRequest,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    let pipeline = session.pipeline();
    let run_id = &request.run_id;
    let arn = start(pipeline, run_id, &request.input()).await?;
    console.note(format!("run `{run_id}` started"));
    let progress = RunProgress::new(run_id, &request.configuration.run, console);
    let watched = watch(pipeline, &arn, progress, WatchIntervals::EMBEDDED, console).await;
    // The exit of the emulator explains a failed request better than its error.
    session.check()?;
    watched
}

/// Waits for the end of an execution on AWS. The execution does not depend on it;
/// an error here says nothing about the run.
///
/// # Errors
///
/// [`Error::Aws`] when its status cannot be read for five minutes.
pub async fn watch_on_aws(
    pipeline: &Pipeline,
    arn: &str,
    run_id: &RunId,
    config: &RunConfig,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    let progress = RunProgress::new(run_id, config, console);
    watch(pipeline, arn, progress, WatchIntervals::AWS, console).await
}

/// Starts an execution of a run and returns its ARN.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn start(pipeline: &Pipeline, run_id: &RunId, input: &Value) -> Result<String, Error> {
    let client = pipeline.step_functions();
    let mut name = run_id.to_string();
    loop {
        let answer = client
            .start_execution()
            .state_machine_arn(&pipeline.outputs.state_machine_arn)
            .name(&name)
            .input(input.to_string())
            .send()
            .await;
        match answer {
            Ok(answer) => return Ok(answer.execution_arn),
            // A run can be resumed; an execution name cannot be reused.
            Err(error)
                if run_id.as_str() == name
                    && error
                        .as_service_error()
                        .is_some_and(StartExecutionError::is_execution_already_exists) =>
            {
                name = executions::further_name(run_id);
            }
            Err(error) => return Err(Error::aws("starting the execution", &error)),
        }
    }
}

async fn watch(
    pipeline: &Pipeline,
    arn: &str,
    mut progress: RunProgress,
    intervals: WatchIntervals,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    let client = pipeline.step_functions();
    let store = pipeline.store();
    let mut last_logged = Instant::now();
    let mut last_reached = Instant::now();
    let mut next_count = Instant::now();
    loop {
        let described = client.describe_execution().execution_arn(arn).send().await;
        let status = match described {
            Ok(answer) => {
                last_reached = Instant::now();
                Some(answer)
            }
            Err(_) if last_reached.elapsed() < intervals.max_unreachable => None,
            Err(error) => return Err(Error::aws("reading the status of the execution", &error)),
        };
        let ended = status.filter(|answer| answer.status != ExecutionStatus::Running);
        if ended.is_some() || Instant::now() >= next_count {
            progress.count(&store, console).await;
            next_count = Instant::now()
                + intervals
                    .poll
                    .max(intervals.count_per_call * progress.calls());
        }
        if let Some(answer) = ended {
            progress.print(console);
            if answer.status == ExecutionStatus::Succeeded {
                return Ok(ExecutionResult::Complete);
            }
            return Ok(ExecutionResult::Failed {
                error: answer
                    .error
                    .unwrap_or_else(|| answer.status.as_str().to_owned()),
                cause: answer.cause.unwrap_or_default(),
            });
        }
        if last_logged.elapsed() >= intervals.log_line {
            last_logged = Instant::now();
            progress.print(console);
        }
        tokio::time::sleep(intervals.poll).await;
    }
}
