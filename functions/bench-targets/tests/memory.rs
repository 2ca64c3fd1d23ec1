//! An answer of 100 MB is given up before it fills the memory: what every request
//! kind needs at most, streamed and not.
//!
//! The simulator runs in a process of its own, started from this program, and so
//! does the client of each kind: a process keeps what it once needed.

#![expect(
    clippy::print_stdout,
    reason = "a program of its own, which tells its figures"
)]

#[path = "faults/kinds.rs"]
#[allow(
    dead_code,
    reason = "shared with the other tests, which use more of it"
)]
mod kinds;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use bench_core::sample::{Outcome, Sample};
use bench_targets::{CompletionRequest, Limit, TargetEnv, connect, measure};
use kinds::Kind;
use tokio::runtime;

/// Set in the process that is the simulator.
const IS_SERVER: &str = "HOSTBENCH_MEMORY_SERVER";

/// Set to the URL of the simulator in the process of one client.
const IS_CLIENT: &str = "HOSTBENCH_MEMORY_CLIENT";

/// The name of this test.
const NAME: &str = "an_answer_of_100_mb_stays_under_64_mib_resident";

/// Peak resident memory of a process that makes one call.
const MAX_KIB: u64 = 64 * 1024;

const REQUEST: CompletionRequest<'_> = CompletionRequest {
    max_tokens: Some(64),
    temperature: Some(0.3),
    top_p: Some(0.9),
    ..CompletionRequest::of_text(
        "A crate holds 12 jars, and each jar weighs 3 kg. How heavy are 4 crates?",
    )
};

fn main() -> ExitCode {
    if env::var_os(IS_SERVER).is_some() {
        let runtime = runtime::Runtime::new().expect("a runtime");
        return runtime.block_on(simulator::command::run());
    }
    if let Ok(url) = env::var(IS_CLIENT) {
        let index = env::args().nth(1).and_then(|index| index.parse().ok());
        call(&url, index.expect("the index of a kind"));
        return ExitCode::SUCCESS;
    }
    if !is_requested() {
        return ExitCode::SUCCESS;
    }
    let server = Server::start();
    let kinds = Kind::all().count();
    let failed = (0..kinds).filter(|index| !server.call_in_child(*index));
    match failed.count() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Whether the arguments select this test, as the standard harness reads them.
fn is_requested() -> bool {
    let filters: Vec<String> = env::args()
        .skip(1)
        .filter(|one| !one.starts_with('-'))
        .collect();
    let lists = env::args().any(|one| one == "--list");
    !lists && (filters.is_empty() || filters.iter().any(|filter| NAME.contains(filter.as_str())))
}

/// Calls the kind at an index, and prints the peak memory.
fn call(url: &str, index: usize) {
    let kind = Kind::all().nth(index).expect("a kind");
    let env = TargetEnv {
        simulator_url: Some(url.to_owned()),
        ..TargetEnv::default()
    };
    let target = kind.target("simulate-huge");
    // As in the Lambda: one thread.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let seen = runtime.block_on(async {
        let model = connect(&target, &env, None).await;
        let limit = Limit::timeout(Duration::from_mins(1));
        measure(
            &model.expect("a client"),
            &REQUEST,
            limit,
            Sample::default(),
        )
        .await
    });
    let peak = peak_kib();
    let seconds = Duration::from_micros(seen.latency_us).as_secs_f64();
    let what = seen.error_message.as_deref().unwrap_or_default();
    println!(
        "{:36} {:>6} KiB in {seconds:.2} s: {what}",
        kind.to_string(),
        peak
    );
    assert_eq!(seen.outcome, Outcome::InvalidResponse, "{kind}: {what}");
    assert!(peak < MAX_KIB, "{kind} needs {peak} KiB, at most {MAX_KIB}");
}

/// The most memory this process has had resident.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    figure
        .and_then(|figure| figure.parse().ok())
        .expect("a figure")
}

/// The simulator's process; ends when this is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exit-with-stdin", "--time-scale", "10000"])
            .env(IS_SERVER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a simulator");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("where it listens");
        let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let url = said["listening"].as_str().expect("a URL").to_owned();
        Self { child, url }
    }

    /// Whether all is well with the kind at a index.
    fn call_in_child(&self, index: usize) -> bool {
        let client = Command::new(env::current_exe().expect("this program"))
            .arg(index.to_string())
            .env(IS_CLIENT, &self.url)
            .status();
        client.expect("a client").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
