//! `hostbench run --local` as a user has it: a process in a folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use bench_core::sample::{Phase, Sample};
use bench_report::Report;
use hostbench::project::Project;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use support::eventually;
use tempfile::TempDir;

use crate::server::Server;

pub(crate) const RUN: &str = "mine";
pub(crate) const PROMPTS: usize = 3;
/// Calls of a prompt, warm-up included.
pub(crate) const CALLS: usize = 3;
/// Calls in flight at once, over all targets.
pub(crate) const IN_FLIGHT: usize = 3;

/// A folder with a configuration.
pub(crate) struct Folder {
    folder: TempDir,
    programs: PathBuf,
}

impl Folder {
    /// One of two targets of one server.
    pub(crate) fn new(server: &Server) -> Self {
        let url = server.url();
        Self::with(&format!(
            r#"
            name = "mine"
            dataset = {{ source = "builtin", prompts = {PROMPTS} }}
            method = {{ warmup = 1, repetitions = 2 }}
            [[targets]]
            id = "one"
            kind = "http"
            url = "{url}/one"
            request = "openai-chat"
            stream = false
            [[targets]]
            id = "two"
            kind = "http"
            url = "{url}/two"
            request = "openai-chat"
            stream = false
            concurrency = 2
            "#
        ))
    }

    pub(crate) fn with(config: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("mine.toml"), config).expect("a file");
        let programs = support::programs(&Project::find().expect("the project"));
        Self { folder, programs }
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).expect("a file");
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("hostbench-runs").join(RUN)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.out().join("journal")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("hostbench"));
        command
            .args(["run", "mine.toml", "--local", "--bin-dir"])
            .arg(&self.programs)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let child = self.command(arguments).spawn().expect("the command");
        Running(child)
    }

    /// Calls the command and waits for its end.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ended {
        Ended::of(&self.command(arguments).output().expect("the command"))
    }

    pub(crate) fn report(&self) -> Report {
        let bytes = fs::read(self.out().join("report.json")).expect("a report");
        serde_json::from_slice(&bytes).expect("a report")
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        samples(&self.out().join("samples.jsonl"))
    }

    /// Every line of the journal, in the files' order.
    pub(crate) fn journaled(&self) -> Vec<Sample> {
        let entries = fs::read_dir(self.journal()).expect("a journal");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let files = paths.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"));
        files.flat_map(|path| samples(&path)).collect()
    }

    /// Kills the Lambdas that make the calls of the run.
    pub(crate) fn kill_invokers(&self) {
        let journal = self.journal().canonicalize().expect("a journal");
        let named = format!("{}={}\0", bench_store::journal::VARIABLE, journal.display());
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let invokers = processes.filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            let environment = String::from_utf8_lossy(&environment);
            let is_invoker = environment.contains(&named)
                && environment.contains("AWS_LAMBDA_FUNCTION_NAME=")
                && environment.contains("Invoker");
            is_invoker.then_some(id)
        });
        let killed = invokers.filter(|id| kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok());
        assert!(killed.count() >= IN_FLIGHT, "an invoker a call");
    }

    /// Waits until the journal takes no more calls.
    pub(crate) async fn closed(&self) {
        let closed = self.journal().join("closed");
        eventually(|| async { closed.exists().then_some(()) }).await;
    }
}

fn samples(path: &Path) -> Vec<Sample> {
    let text = fs::read_to_string(path).expect("samples");
    let lines = text.lines().map(Sample::from_line);
    lines.collect::<Result<_, _>>().expect("samples")
}

/// A command that runs.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn send(&self, signal: Signal) {
        let id = i32::try_from(self.0.id()).expect("an id");
        kill(Pid::from_raw(id), signal).expect("it runs");
    }

    /// Kills the embedded AWS of the command, with the Lambdas.
    pub(crate) fn kill_emulator(&self) {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let own = processes.filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            let status = fs::read_to_string(entry.path().join("status")).ok()?;
            let parent = format!("PPid:\t{}\n", self.0.id());
            let command = fs::read_to_string(entry.path().join("cmdline")).ok()?;
            (status.contains(&parent) && command.contains("launcher.py")).then_some(id)
        });
        let killed = own.filter(|id| kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok());
        assert_eq!(killed.count(), 1, "the embedded AWS");
    }

    pub(crate) fn wait(self) -> Ended {
        Ended::of(&self.0.wait_with_output().expect("it ends"))
    }
}

/// A command that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` when it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Asserts that the server received every planned call once, probes apart.
pub(crate) fn assert_each_call_once(server: &Server, samples: &[Sample]) {
    let counts = server.counts();
    let mut planned: BTreeMap<&str, usize> = BTreeMap::new();
    for ((target, _), count) in &counts {
        if *count == CALLS {
            *planned.entry(target).or_default() += 1;
        } else {
            assert!(
                *count <= 2,
                "a probe, and another one after resuming: {counts:?}"
            );
        }
    }
    let expected = BTreeMap::from([("one", PROMPTS), ("two", PROMPTS)]);
    assert_eq!(planned, expected, "{counts:?}");
    let calls = samples.iter().filter(|s| s.phase != Phase::Probe).count();
    assert_eq!(calls, 2 * PROMPTS * CALLS);
    assert_eq!(
        server.log().len(),
        samples.len(),
        "a sample for every request"
    );
}
