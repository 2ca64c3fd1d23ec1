//! One execution of the state machine: upload of its inputs, start, and progress.

use std::time::{Duration, Instant};

use aws_sdk_sfn::{operation::start_execution::StartExecutionError, types::ExecutionStatus};
use bench_core::{
    config::RunConfig,
    identity::{RunId, TargetId},
};
use bench_store::{Store, keys};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    error::Error,
    executions,
    load_progress::LoadProgress,
    local::Session,
    pipeline::Pipeline,
    progress::{Bar, Console},
    project::Project,
    readiness::Readiness,
    request::RunRequest,
    upload::LocalFile,
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
    let targets = Targets::new(run_id, &request.configuration.run, console);
    let watched = watch(pipeline, &arn, targets, WatchIntervals::EMBEDDED, console).await;
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
    let targets = Targets::new(run_id, config, console);
    watch(pipeline, arn, targets, WatchIntervals::AWS, console).await
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
    mut targets: Targets,
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
            targets.count(&store, console).await;
            next_count = Instant::now()
                + intervals
                    .poll
                    .max(intervals.count_per_call * targets.calls());
        }
        if let Some(answer) = ended {
            targets.print_progress(console);
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
            targets.print_progress(console);
        }
        tokio::time::sleep(intervals.poll).await;
    }
}

/// The progress of one target of a run.
struct TargetProgress {
    id: TargetId,
    bar: Bar,
    readiness: Readiness,
    load: Option<LoadProgress>,
}

/// The progress of the targets of a run.
struct Targets {
    run_id: RunId,
    bars: Vec<TargetProgress>,
}

impl Targets {
    fn new(run_id: &RunId, config: &RunConfig, console: &Console) -> Self {
        let per_prompt = config.method.warmup + config.method.repetitions;
        let calls = u64::from(config.dataset.prompts) * u64::from(per_prompt);
        let width = config
            .targets
            .iter()
            .map(|target| target.id.len())
            .max()
            .unwrap_or(0);
        let bars = config
            .targets
            .iter()
            .map(|target| TargetProgress {
                id: target.id.clone(),
                bar: console.bar(&target.id, width, calls),
                readiness: Readiness::new(target),
                load: config
                    .load
                    .as_ref()
                    .map(|load| LoadProgress::new(load.arrival)),
            })
            .collect();
        Self {
            run_id: run_id.clone(),
            bars,
        }
    }

    /// Counts the stored samples, and tells why a target without any does not answer; a
    /// count that fails is repeated later.
    async fn count(&mut self, store: &Store, console: &Console) {
        for target in &mut self.bars {
            target.count(store, &self.run_id, console).await;
        }
    }

    /// The calls that the last count read.
    fn calls(&self) -> u32 {
        let under_load = |target: &TargetProgress| {
            let load = target.load.as_ref();
            load.map_or(0, LoadProgress::calls_of_step)
        };
        let targets = self.bars.iter();
        let calls: u64 = targets
            .map(|target| target.bar.position() + under_load(target))
            .sum();
        u32::try_from(calls).unwrap_or(u32::MAX)
    }

    fn print_progress(&self, console: &Console) {
        if console.is_plain() {
            let lines: Vec<_> = self.bars.iter().map(|target| target.bar.line()).collect();
            console.note(format!("  calls: {}", lines.join(", ")));
        }
    }
}

impl TargetProgress {
    async fn count(&mut self, store: &Store, run_id: &RunId, console: &Console) {
        if let Ok(count) = store.count_samples(run_id, &self.id).await {
            self.bar.set(count);
        }
        if self.bar.position() == 0 {
            self.tell_why_it_waits(store, run_id, console).await;
        } else if let Some(load) = &mut self.load
            && load.update(store, run_id, &self.id).await.is_ok()
            && let Some(text) = load.text(Timestamp::now())
        {
            self.bar.set_detail(text);
        }
    }

    async fn tell_why_it_waits(&mut self, store: &Store, run_id: &RunId, console: &Console) {
        if let Ok(probes) = store.probes(run_id, &self.id).await
            && let Some(news) = self.readiness.news(&probes)
        {
            console.note(format!("  {news}"));
        }
        if let Some(reason) = self.readiness.reason() {
            self.bar.set_waiting(reason);
        }
    }
}
