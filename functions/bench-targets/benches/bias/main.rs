//! How much of a measured time is the client's own: client latency less the
//! simulator's ground truth, call by call, 64 tokens 5 ms apart.
//!
//! `cargo bench -p bench-targets --bench bias` prints medians and 99th
//! percentiles in milliseconds, processor seconds per 1,000 calls, and resident
//! memory. The simulator runs in a process of its own, started from this program.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose figures are far below 2^53"
)]

#[path = "../tests/faults/kinds.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod kinds;

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitCode, Stdio},
};

use bench_core::{
    config::{BedrockRequest, HttpRequest, SageMakerRequest},
    dataset::sha256_hex,
    sample::{Measurement, Outcome},
};
use bench_targets::{AnyModel, Limit, Question, Surroundings, connect, measure};
use futures::{StreamExt, stream};
use kinds::{Kind, Request};
use serde_json::Value;
use simulator::ledger::Call;
use tokio::{runtime, time::Duration};

/// Set in the process that is the simulator.
const IS_SERVER: &str = "HOSTBENCH_BIAS_SERVER";

/// 64 tokens, 5 ms apart: every answer takes 320 ms.
const PACE: &str = "simulate-tokens-64-every-5ms";

fn main() -> ExitCode {
    if env::var_os(IS_SERVER).is_some() {
        let runtime = runtime::Runtime::new().expect("a runtime");
        return runtime.block_on(simulator::command::run());
    }
    // As in the Lambda: one thread.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(bench());
    ExitCode::SUCCESS
}

/// One line of the table.
struct Run {
    name: &'static str,
    request: Request,
    at_once: usize,
    calls: usize,
}

const RUNS: &[Run] = &[
    Run {
        name: "http tgi",
        request: Request::Http(HttpRequest::Tgi),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "http openai-chat",
        request: Request::Http(HttpRequest::OpenAiChat),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "http openai-completion",
        request: Request::Http(HttpRequest::OpenAiCompletion),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "bedrock converse",
        request: Request::Bedrock(BedrockRequest::Converse),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "bedrock llama",
        request: Request::Bedrock(BedrockRequest::Llama),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "sagemaker tgi",
        request: Request::SageMaker(SageMakerRequest::Tgi),
        at_once: 1,
        calls: 100,
    },
    Run {
        name: "http tgi",
        request: Request::Http(HttpRequest::Tgi),
        at_once: 32,
        calls: 1_600,
    },
    Run {
        name: "http openai-chat",
        request: Request::Http(HttpRequest::OpenAiChat),
        at_once: 32,
        calls: 1_600,
    },
];

async fn bench() {
    let server = Server::start();
    println!(
        "{:24} {:>7} {:>6} {:>21} {:>21} {:>11} {:>9}",
        "request",
        "at once",
        "calls",
        "latency median / p99",
        "TTFT median / p99",
        "CPU s/1,000",
        "resident"
    );
    for (number, run) in RUNS.iter().enumerate() {
        let kind = Kind {
            request: run.request,
            stream: true,
        };
        let model = server.connect(kind).await;
        // The first call makes the connection and is not counted.
        ask(&model, &format!("warm-up {number}")).await;
        let before = cpu_seconds();
        let calls = stream::iter(0..run.calls).map(|call| {
            let prompt = format!("run {number}, call {call}");
            let model = &model;
            async move { (sha256_hex(prompt.as_bytes()), ask(model, &prompt).await) }
        });
        let seen: Vec<_> = calls.buffer_unordered(run.at_once).collect().await;
        let cpu = cpu_seconds() - before;
        let truth = server.truth().await;
        let mut latency = Vec::new();
        let mut ttft = Vec::new();
        for (id, seen) in &seen {
            assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
            let call = &truth[id];
            latency.push(excess(
                seen.latency_us,
                call.last_byte_us - call.received_us,
            ));
            let first = call.first_token_us.expect("a stream") - call.received_us;
            ttft.push(excess(seen.ttft_us.expect("a stream"), first));
        }
        println!(
            "{:24} {:>7} {:>6} {:>21} {:>21} {:>11.2} {:>6.0} MB",
            run.name,
            run.at_once,
            run.calls,
            median_and_p99(&mut latency),
            median_and_p99(&mut ttft),
            cpu * 1_000.0 / count(run.calls),
            resident_mb(),
        );
    }
}

async fn ask(model: &AnyModel, prompt: &str) -> Measurement {
    let question = Question {
        prompt,
        max_tokens: 64,
        temperature: Some(0.3),
        top_p: Some(0.9),
        cache_salt: None,
    };
    measure(model, &question, Limit::timeout(Duration::from_secs(30))).await
}

/// Milliseconds that were measured beyond the truth.
fn excess(measured_us: u64, true_us: u64) -> f64 {
    (measured_us.cast_signed() - true_us.cast_signed()) as f64 / 1_000.0
}

fn median_and_p99(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let at = |percent: usize| values[(values.len() - 1) * percent / 100];
    format!("{:.3} / {:.3} ms", at(50), at(99))
}

fn count(calls: usize) -> f64 {
    calls as f64
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields = stat.rsplit(')').next().expect("a line").split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().expect("a number"))
        .sum();
    ticks / 100.0
}

fn resident_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes
        .expect("a figure")
        .parse::<f64>()
        .expect("a number")
        / 1_024.0
}

/// The simulator in a process of its own.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(env::current_exe().expect("a path"))
            .arg("--exit-with-stdin")
            .env(IS_SERVER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a simulator");
        let output = process.stdout.take().expect("piped");
        let line = BufReader::new(output).lines().next().expect("a line");
        let said: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let url = said["listening"].as_str().expect("a URL").to_owned();
        Self { process, url }
    }

    async fn connect(&self, kind: Kind) -> AnyModel {
        let surroundings = Surroundings {
            simulator_url: Some(self.url.clone()),
            ..Surroundings::default()
        };
        connect(&kind.target(PACE), &surroundings, None)
            .await
            .expect("a client")
    }

    /// Every call that has ended, by the hash of its prompt.
    async fn truth(&self) -> HashMap<String, Call> {
        let url = format!("{}/_simulator/calls", self.url);
        let answer = reqwest::get(url).await.expect("an answer");
        let calls: Vec<Call> = answer.json().await.expect("calls");
        calls
            .into_iter()
            .filter_map(|call| Some((call.prompt_sha256.clone()?, call)))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
