//! The whole pipeline on this machine: emulator, simulator and stack.
//!
//! Every started process belongs to a [`Session`] and ends with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_config::SdkConfig;
use aws_sdk_sfn::Client as StepFunctions;
use bench_core::config::Simulation;
use bench_store::Store;
use jiff::Timestamp;

use crate::{
    aws, deploy,
    emulator::{self, Emulator, Launch, ModelCredentials},
    error::Error,
    lambdas, package,
    pipeline::{Outputs, Pipeline},
    progress::Console,
    project::Project,
    request::random_hex,
    simulator::Simulator,
    workdir::WorkDir,
};

/// The factor on waits when every target is simulated. The state machine waits
/// 15 s between two probes of a model that is loading; simulated models load in a
/// hundredth of the time of real ones.
pub const SIMULATED_WAIT_SCALE: f64 = 0.05;

/// Parameters of the template for the embedded AWS, which has no TLS.
pub const LOOPBACK: [(&str, &str); 1] = [("BucketTransport", "any")];

/// The options of a session.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// The folder with the built Lambdas and simulator; `None` builds them.
    pub programs: Option<PathBuf>,
    /// The behavior of simulated targets; `None` starts no simulator.
    pub simulation: Option<Simulation>,
    /// A dataset whose reference answers the simulator reads.
    pub dataset: Option<PathBuf>,
    /// Credentials for calls to real models; `None` allows none.
    pub model_credentials: Option<ModelCredentials>,
    /// The Region of the pipeline.
    pub region: String,
    /// The URL of a running emulator; it is left running, and no simulator is
    /// started.
    pub endpoint_url: Option<String>,
    /// Parameters of the template that differ from its defaults.
    pub parameters: Vec<(String, String)>,
    /// Whether the emulator enforces signatures and IAM policies.
    pub enforce_iam: bool,
    /// The factor on Wait states and retry intervals.
    pub wait_scale: f64,
    /// Additional environment variables of the emulator and the Lambdas.
    pub environment: Vec<(String, String)>,
    /// Whether the logs and files of the emulator are kept after the session.
    pub keep: bool,
}

impl Default for LocalOptions {
    /// Real waits, no IAM, neither simulator nor credentials.
    fn default() -> Self {
        Self {
            programs: None,
            simulation: None,
            dataset: None,
            model_credentials: None,
            region: aws::DEFAULT_REGION.to_owned(),
            endpoint_url: None,
            parameters: Vec::new(),
            enforce_iam: false,
            wait_scale: 1.0,
            environment: Vec::new(),
            keep: false,
        }
    }
}

/// A deployed pipeline on the embedded AWS. Dropping it stops its processes.
#[derive(Debug)]
pub struct Session {
    pipeline: Pipeline,
    endpoint_url: String,
    // In the order in which they are stopped: callers first.
    emulator: Option<Emulator>,
    simulator: Option<Simulator>,
    work: Option<WorkDir>,
    keep: bool,
}

impl Session {
    /// Starts the emulator and the simulator, packages the Lambdas and deploys
    /// the template.
    ///
    /// # Errors
    ///
    /// The first step that fails; every started process is stopped, and the log of
    /// the emulator is kept.
    pub async fn start(
        project: &Project,
        options: &LocalOptions,
        console: &Console,
    ) -> Result<Self, Error> {
        let programs = lambdas::programs(project, options.programs.as_deref(), console).await?;
        let mut session = Self::start_services(project, options, &programs, console).await?;
        match session.deploy(project, options, &programs, console).await {
            Ok(outputs) => {
                session.pipeline.outputs = outputs;
                Ok(session)
            }
            Err(error) => {
                session.keep_log(project, console);
                Err(error)
            }
        }
    }

    async fn start_services(
        project: &Project,
        options: &LocalOptions,
        programs: &Path,
        console: &Console,
    ) -> Result<Self, Error> {
        // No outputs until it is deployed.
        let pipeline = |url: &str| Pipeline {
            outputs: Outputs::default(),
            aws: aws::local_config(url, &options.region),
        };
        if let Some(url) = &options.endpoint_url {
            return Ok(Self {
                pipeline: pipeline(url),
                endpoint_url: url.clone(),
                emulator: None,
                simulator: None,
                work: None,
                keep: false,
            });
        }
        let work = WorkDir::create(&project.cache())?;
        let installation = emulator::install(&project.cache(), console).await?;
        let step = console.step("starting the embedded AWS");
        let simulator = match &options.simulation {
            None => None,
            Some(simulation) => {
                let dataset = options.dataset.as_deref();
                Some(Simulator::start(programs, simulation, dataset, &work).await?)
            }
        };
        let launch = Launch {
            region: options.region.clone(),
            wait_scale: options.wait_scale,
            enforce_iam: options.enforce_iam,
            simulator_url: simulator
                .as_ref()
                .map(|simulator| simulator.url().to_owned()),
            model_credentials: options.model_credentials.clone(),
            environment: options.environment.clone(),
        };
        let emulator = Emulator::start(&installation, &launch, &work).await?;
        step.done(&format!("listening on {}", emulator.url()));
        Ok(Self {
            pipeline: pipeline(emulator.url()),
            endpoint_url: emulator.url().to_owned(),
            emulator: Some(emulator),
            simulator,
            work: Some(work),
            keep: options.keep,
        })
    }

    async fn deploy(
        &self,
        project: &Project,
        options: &LocalOptions,
        programs: &Path,
        console: &Console,
    ) -> Result<Outputs, Error> {
        let step = console.step("deploying the stack");
        let path = project.root().join("infra/template.yaml");
        let template = fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let packages = package::pack(programs, project.root())?;
        let template = package::resolve(&template, &packages, deploy::ARTIFACTS)?;
        deploy::upload(self.aws(), &packages).await?;
        let mut parameters = options.parameters.clone();
        parameters.extend(LOOPBACK.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let outputs = deploy::deploy(self.aws(), &template, &parameters).await?;
        step.done("deployed");
        Ok(outputs)
    }

    /// Copies the log of the emulator out of the session, and prints its path.
    pub fn keep_log(&self, project: &Project, console: &Console) {
        let Some(emulator) = &self.emulator else {
            return;
        };
        let folder = project.cache().join("logs");
        let now = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let kept = folder.join(format!("emulator-{now}-{}.log", random_hex()));
        if fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(emulator.log(), &kept))
            .is_ok()
        {
            console.note(format!("log of the embedded AWS: `{}`", kept.display()));
        }
    }

    /// Checks that the emulator is running.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] with the end of its log if it has exited.
    pub fn check(&mut self) -> Result<(), Error> {
        self.emulator.as_mut().map_or(Ok(()), Emulator::check)
    }

    /// Stops every process, and prints the path of the files if they are kept.
    pub fn stop(mut self, console: &Console) {
        self.end(console);
    }

    fn end(&mut self, console: &Console) {
        drop(self.emulator.take());
        drop(self.simulator.take());
        if let Some(work) = self.work.take()
            && self.keep
        {
            console.note(format!("files of the session: `{}`", work.keep().display()));
        }
    }

    /// The URL of the emulator.
    #[must_use]
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// The URL of the simulator; `None` when this session started none.
    #[must_use]
    pub fn simulator_url(&self) -> Option<&str> {
        self.simulator.as_ref().map(Simulator::url)
    }

    /// The path of the ground truth of the simulator, one JSON object per line.
    #[must_use]
    pub fn simulator_log(&self) -> Option<&Path> {
        self.simulator.as_ref().map(Simulator::log)
    }

    /// The path of the log of the emulator that this session started.
    #[must_use]
    pub fn emulator_log(&self) -> Option<&Path> {
        self.emulator.as_ref().map(Emulator::log)
    }

    /// The process group of the emulator that this session started.
    #[must_use]
    pub fn emulator_id(&self) -> Option<u32> {
        self.emulator.as_ref().and_then(Emulator::id)
    }

    /// The deployed pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The ARN of the state machine.
    #[must_use]
    pub fn state_machine_arn(&self) -> &str {
        &self.pipeline.outputs.state_machine_arn
    }

    /// The name of the DynamoDB table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.pipeline.outputs.table
    }

    /// The name of the S3 bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.pipeline.outputs.bucket
    }

    /// The configuration of clients of the embedded AWS.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.pipeline.aws
    }

    /// The table and the bucket.
    #[must_use]
    pub fn store(&self) -> Store {
        self.pipeline.store()
    }

    /// A client of Step Functions.
    #[must_use]
    pub fn step_functions(&self) -> StepFunctions {
        self.pipeline.step_functions()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end(&Console::silent());
    }
}
