//! The simulator as a child process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use bench_core::config::Simulation;
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::{error::Error, lambdas::SIMULATOR, process::ProcessGroup, workdir::WorkDir};

/// Startup timeout of the simulator.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running simulator; dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    _group: ProcessGroup,
    url: String,
    log: PathBuf,
}

/// The line on its standard output when it is ready.
#[derive(Deserialize)]
struct Ready {
    listening: String,
}

impl Simulator {
    /// Starts the simulator on a free loopback port. It reads reference answers from
    /// `dataset`, besides those of the built-in problems.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] with its standard error when it does not get ready.
    pub async fn start(
        programs: &Path,
        simulation: &Simulation,
        dataset: Option<&Path>,
        work: &WorkDir,
    ) -> Result<Self, Error> {
        let log = work.join("simulator.jsonl");
        let errors_path = work.join("simulator.log");
        let errors = fs::File::create(&errors_path).map_err(Error::file("create", &errors_path))?;
        let mut command = Command::new(programs.join(SIMULATOR));
        command
            .args(["--port", "0", "--exit-with-stdin", "--log"])
            .arg(&log)
            .arg("--time-scale")
            .arg(simulation.time_scale.to_string())
            .arg("--accuracy")
            .arg(simulation.accuracy.to_string())
            .arg("--seed")
            .arg(simulation.seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors);
        if let Some(file) = dataset {
            command.arg("--dataset").arg(file);
        }
        let mut group = ProcessGroup::spawn(&mut command)?;
        let url = ready(&mut group).await.map_err(|reason| {
            let said = fs::read_to_string(&errors_path).unwrap_or_default();
            Error::Program(format!("the simulator {reason}\n{}", said.trim_end()))
        })?;
        Ok(Self {
            _group: group,
            url,
            log,
        })
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path of its ground truth, one JSON object per line.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }
}

async fn ready(group: &mut ProcessGroup) -> Result<String, String> {
    let Some(stdout) = group.take_stdout() else {
        return Err("has no standard output".to_owned());
    };
    let mut lines = BufReader::new(stdout).lines();
    let line = match timeout(START_LIMIT, lines.next_line()).await {
        Ok(Ok(Some(line))) => line,
        Ok(_) => return Err("exited before it was listening:".to_owned()),
        Err(_) => {
            return Err(format!(
                "was not listening within {} s:",
                START_LIMIT.as_secs()
            ));
        }
    };
    serde_json::from_str::<Ready>(&line)
        .map(|ready| ready.listening)
        .map_err(|error| format!("printed `{line}`, expected the URL that it listens on: {error}"))
}
