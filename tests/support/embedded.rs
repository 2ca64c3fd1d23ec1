//! The pipeline on the embedded AWS, for a test to use as a user would.

use std::path::PathBuf;

use aws_sdk_sfn::types::ExecutionStatus;
use bench_core::{config::Overrides, sample::Sample};
use bench_report::Report;
use hostbench::{
    artifacts,
    execution::{self, ExecutionResult},
    local::{LocalOptions, SIMULATED_WAIT_SCALE, Session},
    progress::Console,
    project::Project,
    request::{Configuration, RunRequest},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    Call, boto, eventually,
    programs::programs,
    steps::{self, Record},
};

/// Warm-up calls per prompt in the tests' runs.
pub const WARMUPS: usize = 1;
/// Measured calls per prompt in the tests' runs.
pub const REPETITIONS: usize = 2;

/// Two pipelines at once on two cores would disturb each other's measurements.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A deployed pipeline of its own for one test; ends with it.
#[derive(Debug)]
pub struct Embedded {
    /// The project.
    pub project: Project,
    /// Emulator, simulator and stack.
    pub session: Session,
    /// How many times faster than their services simulated targets answer.
    time_scale: f64,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// A run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub ending: ExecutionResult,
    /// The folder of its artifacts.
    pub out: PathBuf,
}

impl Embedded {
    /// Starts the pipeline; simulated answers come `time_scale` times faster
    /// than the published ones.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(time_scale: f64, parameters: &[(&str, &str)]) -> Self {
        Self::start_with(time_scale, parameters, |_| {}).await
    }

    /// The same, with options of its own.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start_with(
        time_scale: f64,
        parameters: &[(&str, &str)],
        change: impl FnOnce(&mut LocalOptions),
    ) -> Self {
        let alone = ALONE.lock().await;
        let project = Project::find().expect("the project");
        let mut simulation = demo(&project, &[]).run.simulation;
        simulation.time_scale = time_scale;
        let mut options = LocalOptions {
            programs: Some(programs(&project)),
            simulation: Some(simulation),
            wait_scale: SIMULATED_WAIT_SCALE,
            parameters: parameters
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            ..LocalOptions::default()
        };
        change(&mut options);
        let session = Session::start(&project, &options, &Console::silent())
            .await
            .unwrap_or_else(|error| panic!("the embedded AWS does not start: {error}"));
        let folder = TempDir::new().expect("a folder");
        Self {
            project,
            session,
            time_scale,
            folder,
            _alone: alone,
        }
    }

    /// A run of the demonstration on built-in problems, with other overrides on top.
    ///
    /// # Panics
    ///
    /// When an override is no good.
    #[must_use]
    pub fn request(&self, run_id: &str, overrides: &[(&str, Value)]) -> RunRequest {
        let time_scale = ("simulation.time_scale", json!(self.time_scale));
        let configuration = demo(&self.project, &[overrides, &[time_scale][..]].concat());
        RunRequest::new(&self.project, configuration, Some(run_id.to_owned())).expect("a request")
    }

    /// Uploads what a run needs, runs it to its end and fetches its artifacts.
    ///
    /// # Panics
    ///
    /// When the pipeline itself fails; a failed run is an ending.
    pub async fn run(&mut self, request: &RunRequest) -> Finished {
        let store = self.session.store();
        execution::upload(&self.project, &store, request)
            .await
            .expect("uploaded");
        let ending = execution::run_and_watch(&mut self.session, request, &Console::silent())
            .await
            .unwrap_or_else(|error| panic!("the run cannot be watched: {error}"));
        let out = self.fetch(&request.run_id).await;
        Finished { ending, out }
    }

    /// Starts an execution with that input and waits for its end; gives its ARN.
    ///
    /// # Panics
    ///
    /// When it cannot be started or watched.
    pub async fn execute(&self, name: &str, input: &Value) -> String {
        self.execute_case(name, input, "").await
    }

    /// The same for a test case of a mock configuration.
    ///
    /// # Panics
    ///
    /// When it cannot be started or watched.
    pub async fn execute_case(&self, name: &str, input: &Value, case: &str) -> String {
        let client = self.session.step_functions();
        let machine = self.session.state_machine_arn();
        let machine = match case {
            "" => machine.to_owned(),
            case => format!("{machine}#{case}"),
        };
        let started = client
            .start_execution()
            .state_machine_arn(machine)
            .name(name)
            .input(input.to_string())
            .send()
            .await;
        let arn = started.expect("started").execution_arn;
        eventually(|| async {
            let described = client.describe_execution().execution_arn(&arn).send().await;
            let status = described.expect("an execution").status;
            (status != ExecutionStatus::Running).then_some(())
        })
        .await;
        arn
    }

    /// The steps of the execution and of its child executions.
    ///
    /// # Panics
    ///
    /// When their records cannot be read.
    pub async fn records(&self, arn: &str) -> Vec<Record> {
        steps::records(&self.session.step_functions(), arn).await
    }

    /// Calls an operation of a service that the project has no client of.
    ///
    /// # Panics
    ///
    /// When the service refuses it.
    pub async fn call(&self, service: &str, operation: &str, arguments: Value) -> Value {
        let url = self.session.endpoint_url();
        boto::call(&self.project, url, service, operation, arguments).await
    }

    /// Fetches the artifacts of a run into a fresh folder.
    ///
    /// # Panics
    ///
    /// When they cannot be fetched.
    pub async fn fetch(&self, run_id: &str) -> PathBuf {
        let number = std::fs::read_dir(self.folder.path()).map_or(0, Iterator::count);
        let out = self.folder.path().join(format!("{run_id}-{number}"));
        artifacts::fetch(&self.session.store(), run_id, &out)
            .await
            .expect("artifacts");
        out
    }

    /// Every sample of a run in the table.
    ///
    /// # Panics
    ///
    /// When the table cannot be read.
    pub async fn samples(&self, request: &RunRequest) -> Vec<Sample> {
        let store = self.session.store();
        let mut samples = Vec::new();
        for target in &request.configuration.run.targets {
            samples.extend(
                store
                    .samples(&request.run_id, &target.id)
                    .await
                    .expect("samples"),
            );
        }
        samples
    }

    /// The ground truth of the simulator, in the order of the requests.
    ///
    /// # Panics
    ///
    /// When its log cannot be read.
    #[must_use]
    pub fn truth(&self) -> Vec<Call> {
        let log = self.session.simulator_log().expect("a simulator");
        let text = std::fs::read_to_string(log).expect("the ground truth");
        let mut lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a call"))
            .collect();
        lines.sort_by_key(|line| line["sequence"].as_u64());
        lines.iter().filter_map(Call::of).collect()
    }
}

impl Finished {
    /// The run's `report.json`, read as what it is.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn report(&self) -> Report {
        serde_json::from_slice(&self.bytes("report.json")).expect("a report")
    }

    /// An artifact as it is.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// An artifact as text.
    ///
    /// # Panics
    ///
    /// When there is none of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("text")
    }

    /// Has every figure of the report recomputed from `samples.csv` by a program
    /// that shares nothing with this one.
    ///
    /// # Panics
    ///
    /// When samples and report disagree, with every figure that differs.
    pub fn assert_figures_can_be_recomputed(&self) {
        crate::assert_figures_can_be_recomputed(&self.out);
    }
}

fn demo(project: &Project, overrides: &[(&str, Value)]) -> Configuration {
    let path = project.root().join("infra/configs/demo.toml");
    let mut set = Overrides::default();
    set.set("dataset.source", json!("builtin"));
    set.set("method.warmup", json!(WARMUPS));
    set.set("method.repetitions", json!(REPETITIONS));
    for (field, value) in overrides {
        set.set(field, value.clone());
    }
    Configuration::read(&path, set).expect("the demonstration")
}
