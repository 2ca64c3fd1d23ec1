//! One execution of the state machine: inputs up, started, watched to its end.

use std::{
    fs,
    time::{Duration, Instant},
};

use aws_sdk_sfn::{operation::start_execution::StartExecutionError, types::ExecutionStatus};
use bench_store::{Store, keys};

use crate::{
    error::Error,
    local::Session,
    progress::{Bar, Console},
    project::Project,
    request::{self, RunRequest},
};

const POLL: Duration = Duration::from_millis(500);
/// How often progress is said where there are no bars.
const SPOKEN: Duration = Duration::from_secs(5);

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Every planned call was made and reported.
    Complete,
    /// It failed; there may be a partial report.
    Failed {
        /// The error's name, such as `IncompleteRun`.
        error: String,
        /// What it said.
        cause: String,
    },
}

impl Ending {
    /// Whether the run is whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

/// Puts configuration, dataset and prices where the pipeline reads them.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::File`].
pub async fn upload(project: &Project, store: &Store, request: &RunRequest) -> Result<(), Error> {
    let configuration = &request.configuration;
    let key = configuration.key();
    let text = configuration.text.clone().into_bytes();
    store.put_object(&key, "application/toml", text).await?;
    if let Some(file) = &request.dataset {
        let bytes = fs::read(&file.path).map_err(Error::file("read", &file.path))?;
        store
            .put_object(&file.key, "application/jsonl", bytes)
            .await?;
    }
    for file in &request.files {
        let bytes = fs::read(&file.path).map_err(Error::file("read", &file.path))?;
        store
            .put_object(&file.key, "application/x-pem-file", bytes)
            .await?;
    }
    let prices = project.root().join("infra/prices.toml");
    if prices.is_file() {
        let bytes = fs::read(&prices).map_err(Error::file("read", &prices))?;
        store
            .put_object(keys::PRICES, "application/toml", bytes)
            .await?;
    }
    Ok(())
}

/// Starts an execution and watches it until it ends.
///
/// # Errors
///
/// [`Error::Aws`] when it cannot be started or watched, [`Error::Program`] when
/// the emulator dies. A failed execution is an [`Ending`].
pub async fn run_and_watch(
    session: &mut Session,
    request: &RunRequest,
    console: &Console,
) -> Result<Ending, Error> {
    let arn = start(session, request).await?;
    console.note(format!("run `{}` started", request.run_id));
    let watched = watch(session, &arn, request, console).await;
    // A dead emulator explains the failed request better than the request does.
    session.check()?;
    watched
}

async fn start(session: &Session, request: &RunRequest) -> Result<String, Error> {
    let client = session.step_functions();
    let input = request.input().to_string();
    let mut name = request.run_id.clone();
    loop {
        let answer = client
            .start_execution()
            .state_machine_arn(session.state_machine_arn())
            .name(&name)
            .input(&input)
            .send()
            .await;
        match answer {
            Ok(answer) => return Ok(answer.execution_arn),
            // A run may be taken up again, an execution name may not.
            Err(error)
                if name == request.run_id
                    && error
                        .as_service_error()
                        .is_some_and(StartExecutionError::is_execution_already_exists) =>
            {
                let head: String = name.chars().take(75).collect();
                name = format!("{head}-{}", request::random_hex());
            }
            Err(error) => return Err(Error::aws("starting the execution", &error)),
        }
    }
}

async fn watch(
    session: &Session,
    arn: &str,
    request: &RunRequest,
    console: &Console,
) -> Result<Ending, Error> {
    let client = session.step_functions();
    let store = session.store();
    let targets = Targets::new(request, console);
    let mut spoke = Instant::now();
    loop {
        let answer = client
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
            .map_err(|error| Error::aws("watching the execution", &error))?;
        targets.count(&store).await;
        match answer.status {
            ExecutionStatus::Running => {}
            ExecutionStatus::Succeeded => {
                targets.say(console);
                return Ok(Ending::Complete);
            }
            status => {
                targets.say(console);
                return Ok(Ending::Failed {
                    error: answer.error.unwrap_or_else(|| status.as_str().to_owned()),
                    cause: answer.cause.unwrap_or_default(),
                });
            }
        }
        if spoke.elapsed() >= SPOKEN {
            spoke = Instant::now();
            targets.say(console);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The targets of a run with their progress.
struct Targets {
    run_id: String,
    bars: Vec<(String, Bar)>,
}

impl Targets {
    fn new(request: &RunRequest, console: &Console) -> Self {
        let config = &request.configuration.run;
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
            .map(|target| (target.id.clone(), console.bar(&target.id, width, calls)))
            .collect();
        Self {
            run_id: request.run_id.clone(),
            bars,
        }
    }

    /// Progress is a courtesy: a count that fails is made again later.
    async fn count(&self, store: &Store) {
        for (target, bar) in &self.bars {
            if let Ok(count) = store.count_samples(&self.run_id, target).await {
                bar.set(count);
            }
        }
    }

    fn say(&self, console: &Console) {
        if console.is_plain() {
            let lines: Vec<_> = self.bars.iter().map(|(_, bar)| bar.line()).collect();
            console.note(format!("  calls: {}", lines.join(", ")));
        }
    }
}
