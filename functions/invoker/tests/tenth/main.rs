//! A worker whose process has a tenth of a core says that the client was the limit.
//!
//! The worker runs in a process of its own, started from this program, which stops it for
//! nine tenths of every tenth of a second, as a quota of processor time does.

#[allow(dead_code, reason = "shared with the benchmark, which uses more of it")]
mod worker;

use std::{
    env,
    io::Read as _,
    process::{Command, ExitCode, Stdio},
    thread,
    time::Duration,
};

use bench_load::{Steadiness, StepJudgment, judge};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use simulator::own_process::SimulatorProcess;
use worker::Step;

/// Set to the URL of the simulator in the process of the worker.
const IS_WORKER: &str = "HOSTBENCH_LOAD_WORKER";

/// The name of this test.
const NAME: &str = "a_worker_held_to_a_tenth_of_a_core_says_that_the_client_was_the_limit";

/// 64 streams of 40 tokens a second, a second each.
const STEP: Step = Step {
    callers: 64,
    ramp_s: 1,
    window_s: 4,
    pace: "simulate-tokens-40-every-25ms",
};

const RUNS: Duration = Duration::from_millis(10);
const STANDS: Duration = Duration::from_millis(90);

fn main() -> ExitCode {
    if SimulatorProcess::serve_if_asked().expect("a runtime") {
        return ExitCode::SUCCESS;
    }
    if let Ok(url) = env::var(IS_WORKER) {
        let seen = STEP.run(&url);
        let load = seen.plan.config.load.as_ref().expect("a load");
        let judgment = judge(load, &seen.step);
        serde_json::to_writer(std::io::stdout(), &judgment).expect("an open pipe");
        return ExitCode::SUCCESS;
    }
    if is_requested() {
        held_to_a_tenth();
    }
    ExitCode::SUCCESS
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

fn held_to_a_tenth() {
    let server = SimulatorProcess::start().expect("a simulator");
    let mut worker = Command::new(env::current_exe().expect("this program"))
        .env(IS_WORKER, server.url())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a worker");
    let pid = Pid::from_raw(i32::try_from(worker.id()).expect("a process id"));
    while worker.try_wait().expect("a child").is_none() {
        thread::sleep(RUNS);
        // One that has just ended is not there.
        let _ = kill(pid, Signal::SIGSTOP);
        thread::sleep(STANDS);
        let _ = kill(pid, Signal::SIGCONT);
    }
    let mut told = String::new();
    let mut output = worker.stdout.take().expect("its output");
    output.read_to_string(&mut told).expect("text");
    let judgment: StepJudgment = serde_json::from_str(&told).expect("a judgment");
    assert!(
        matches!(judgment.steadiness, Steadiness::ClientLimited { .. }),
        "{judgment:?}"
    );
}
