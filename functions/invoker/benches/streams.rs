//! The overhead of a load worker in the times that it measures: 256 streams of 40 tokens a second
//! on one thread, against the simulator's ground truth.
//!
//! `cargo bench --workspace --bench streams` prints medians and 99th percentiles in
//! milliseconds, the share of a core, and resident memory, and fails beyond 1 ms in the median
//! of TTFT, 5 ms in its 99th percentile or 128 MB. The simulator runs in a process of its own,
//! started from this program. A number behind `--` is another number of streams.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose figures are far below 2^53"
)]

#[path = "../tests/tenth/worker.rs"]
mod worker;

use std::{collections::HashMap, env, process::ExitCode};

use bench_core::sample::{Phase, Sample};
use bench_load::judge;
use simulator::{
    ledger::Call,
    own_process::{SimulatorProcess, cpu_seconds, max_resident_mb},
};
use worker::{Seen, Step};

/// The most that may be added to the median of TTFT, and to its 99th percentile, in
/// milliseconds.
const MAX_EXCESS_MS: [f64; 2] = [1.0, 5.0];

/// The most resident memory, in MB.
const MAX_RESIDENT_MB: f64 = 128.0;

fn main() -> ExitCode {
    if SimulatorProcess::serve_if_asked().expect("a runtime") {
        return ExitCode::SUCCESS;
    }
    let streams = env::args().skip(1).find_map(|arg| arg.parse().ok());
    let step = Step {
        callers: streams.unwrap_or(256),
        ramp_s: 5,
        window_s: 20,
        // Two and a half seconds each.
        pace: "simulate-tokens-100-every-25ms",
    };
    let server = SimulatorProcess::start().expect("a simulator");
    let before = cpu_seconds().expect("Linux");
    let seen = step.run(server.url());
    let cpu = cpu_seconds().expect("Linux") - before;
    let resident = max_resident_mb().expect("Linux");
    let truth = server.calls_by_prompt().expect("calls");
    let mut ttft = excesses(&seen, &truth);
    let queued = |sample: &Sample| sample.queued_us.map(|us| us as f64 / 1_000.0);
    let measured = seen.samples.iter().filter(|s| s.phase == Phase::Measured);
    let mut queued: Vec<f64> = measured.filter_map(queued).collect();
    let (ttft, queued) = (median_and_p99(&mut ttft), median_and_p99(&mut queued));
    let load = seen.plan.config.load.as_ref().expect("a load");
    let seconds = f64::from(step.ramp_s + step.window_s) + 2.5;
    println!(
        "{} streams, {} calls: TTFT {:.2} / {:.2} ms beyond the truth, sent {:.2} / {:.2} ms late, \
         {:.2} of a core, {resident:.0} MB resident",
        step.callers,
        seen.samples.len(),
        ttft[0],
        ttft[1],
        queued[0],
        queued[1],
        cpu / seconds,
    );
    println!("{:?}", judge(load, &seen.step).steadiness);
    let is_within =
        ttft[0] <= MAX_EXCESS_MS[0] && ttft[1] <= MAX_EXCESS_MS[1] && resident <= MAX_RESIDENT_MB;
    if is_within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Milliseconds of TTFT beyond the truth, of every call.
fn excesses(seen: &Seen, truth: &HashMap<String, Call>) -> Vec<f64> {
    let of = |call: &worker::SeenCall| {
        let truth = &truth[&call.prompt_sha256];
        let first = truth.first_token_us?.checked_sub(truth.received_us)?;
        Some((call.ttft_us?.cast_signed() - first.cast_signed()) as f64 / 1_000.0)
    };
    seen.calls.iter().filter_map(of).collect()
}

fn median_and_p99(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [50, 99].map(|percent| values[(values.len() - 1) * percent / 100])
}
