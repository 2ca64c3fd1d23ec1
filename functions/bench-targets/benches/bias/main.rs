//! How much of a measured time is the client's own: client latency less the
//! simulator's ground truth, call by call, 64 tokens 5 ms apart.
//!
//! `cargo bench -p bench-targets --bench bias` prints medians and 99th
//! percentiles in milliseconds, processor seconds per 1,000 calls, and resident
//! memory; beside them those of a bare socket, which are what the machine itself
//! takes. The simulator runs in a process of its own, started from this program.
//! With `--profile release` all of it is built as the Lambdas are, for size.
//! Words behind `--` keep the clients whose names hold them all.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose figures are far below 2^53"
)]

mod bare;
#[path = "../../tests/faults/kinds.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod kinds;

use std::{env, process::ExitCode, thread};

use bare::SocketClient;
use bench_core::{
    config::{AwsAuth, BedrockApi, BedrockRequest, HttpRequest, SageMakerRequest},
    dataset::sha256_hex,
    sample::{Outcome, Sample},
};
use bench_targets::{AnyModel, CompletionRequest, Limit, TargetEnv, connect, measure};
use futures::{StreamExt, future::join_all, stream};
use kinds::{Kind, Request};
use simulator::own_process::{SimulatorProcess, cpu_seconds, max_resident_mb};
use tokio::{runtime, time::Duration};

/// 64 tokens, 5 ms apart: every answer takes 320 ms.
const PACE: &str = "simulate-tokens-64-every-5ms";
const MAX_TOKENS: u32 = 64;

fn main() -> ExitCode {
    if SimulatorProcess::serve_if_asked().expect("a runtime") {
        return ExitCode::SUCCESS;
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
    client: Client,
    at_once: usize,
    calls: usize,
}

/// The client that makes the calls.
#[derive(Clone, Copy)]
enum Client {
    /// A socket and nothing else, against the schema of TGI.
    SocketClient,
    /// A client of hostbench.
    Measured(Kind),
}

impl Client {
    fn name(self) -> String {
        match self {
            Self::SocketClient => "bare socket".to_owned(),
            Self::Measured(kind) => kind.to_string(),
        }
    }
}

/// A client of hostbench that streams.
const fn measured(request: Request) -> Client {
    let stream = true;
    Client::Measured(Kind { request, stream })
}

const fn run(client: Client, at_once: usize, calls: usize) -> Run {
    Run {
        client,
        at_once,
        calls,
    }
}

/// Requests to the OpenAI-compatible APIs of Bedrock, signed and with a bearer key.
const SIGNED_CHAT: Request = Request::BedrockApi(
    BedrockApi::OpenAi,
    AwsAuth::SigV4,
    BedrockRequest::OpenAiChat,
);
const SIGNED_RESPONSES: Request = Request::BedrockApi(
    BedrockApi::OpenAi,
    AwsAuth::SigV4,
    BedrockRequest::OpenAiResponses,
);
const BEARER_CHAT: Request = Request::BedrockApi(
    BedrockApi::Mantle,
    AwsAuth::Bearer,
    BedrockRequest::OpenAiChat,
);

const RUNS: &[Run] = &[
    run(Client::SocketClient, 1, 200),
    run(measured(Request::Http(HttpRequest::Tgi)), 1, 200),
    run(measured(Request::Http(HttpRequest::OpenAiChat)), 1, 200),
    run(
        measured(Request::Http(HttpRequest::OpenAiCompletion)),
        1,
        200,
    ),
    run(measured(Request::Bedrock(BedrockRequest::Converse)), 1, 200),
    run(measured(Request::Bedrock(BedrockRequest::Llama)), 1, 200),
    run(measured(Request::SageMaker(SageMakerRequest::Tgi)), 1, 200),
    run(
        measured(Request::Http(HttpRequest::OpenAiResponses)),
        1,
        200,
    ),
    run(measured(SIGNED_CHAT), 1, 200),
    run(measured(SIGNED_RESPONSES), 1, 200),
    run(measured(BEARER_CHAT), 1, 200),
    run(measured(Request::SageMakerApi), 1, 200),
    run(Client::SocketClient, 32, 1_600),
    run(measured(Request::Http(HttpRequest::Tgi)), 32, 1_600),
    run(measured(Request::Http(HttpRequest::OpenAiChat)), 32, 1_600),
    run(
        measured(Request::Http(HttpRequest::OpenAiCompletion)),
        32,
        1_600,
    ),
    run(
        measured(Request::Http(HttpRequest::OpenAiResponses)),
        32,
        1_600,
    ),
    run(measured(SIGNED_CHAT), 32, 1_600),
];

/// One call as a client saw it.
struct Measured {
    prompt_sha256: String,
    latency_us: u64,
    ttft_us: u64,
}

async fn bench() {
    let server = SimulatorProcess::start().expect("a simulator");
    println!(
        "{:44} {:>7} {:>6} {:>21} {:>21} {:>11} {:>9}",
        "client",
        "at once",
        "calls",
        "latency median / p99",
        "TTFT median / p99",
        "CPU s/1,000",
        "resident"
    );
    let wanted: Vec<_> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    for (number, run) in RUNS.iter().enumerate() {
        let name = run.client.name();
        if !wanted.iter().all(|word| name.contains(word.as_str())) {
            continue;
        }
        let prompts: Vec<_> = (0..run.calls)
            .map(|call| format!("run {number}, call {call}"))
            .collect();
        let (seen, cpu) = match run.client {
            Client::SocketClient => by_bare(&server, &prompts, run.at_once),
            Client::Measured(kind) => by_hostbench(&server, kind, &prompts, run.at_once).await,
        };
        let truth = server.calls_by_prompt().expect("calls");
        let mut latency = Vec::new();
        let mut ttft = Vec::new();
        for seen in &seen {
            let call = &truth[&seen.prompt_sha256];
            latency.push(excess(
                seen.latency_us,
                call.last_byte_us - call.received_us,
            ));
            let first = call.first_token_us.expect("a stream") - call.received_us;
            ttft.push(excess(seen.ttft_us, first));
        }
        println!(
            "{name:44} {:>7} {:>6} {:>21} {:>21} {:>11.2} {:>6.0} MB",
            run.at_once,
            run.calls,
            median_and_p99(&mut latency),
            median_and_p99(&mut ttft),
            cpu * 1_000.0 / count(run.calls),
            max_resident_mb().expect("Linux"),
        );
    }
}

/// Asks every prompt as the Lambda does; what was seen, and the processor
/// seconds that it took.
async fn by_hostbench(
    server: &SimulatorProcess,
    kind: Kind,
    prompts: &[String],
    at_once: usize,
) -> (Vec<Measured>, f64) {
    let model = connect_to(server, kind).await;
    // The first calls make the connections and are not counted.
    join_all((0..at_once).map(|_| call(&model, "warm-up"))).await;
    let before = cpu_seconds().expect("Linux");
    let calls = stream::iter(prompts).map(|prompt| {
        let model = &model;
        async move { (prompt, call(model, prompt).await) }
    });
    let answers: Vec<_> = calls.buffer_unordered(at_once).collect().await;
    let cpu = cpu_seconds().expect("Linux") - before;
    let seen = answers.into_iter().map(|(prompt, seen)| {
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        Measured {
            prompt_sha256: sha256_hex(prompt.as_bytes()),
            latency_us: seen.latency_us,
            ttft_us: seen.ttft_us.expect("a stream"),
        }
    });
    (seen.collect(), cpu)
}

/// Asks every prompt over bare sockets, each in a thread of its own.
fn by_bare(server: &SimulatorProcess, prompts: &[String], at_once: usize) -> (Vec<Measured>, f64) {
    let before = cpu_seconds().expect("Linux");
    let input = |prompts: &[String]| -> Vec<Measured> {
        let path = format!("/bare-{PACE}/generate_stream");
        let mut bare = SocketClient::connect(server.address(), path).expect("a connection");
        let call = |prompt: &String| {
            let took = bare.complete(prompt, MAX_TOKENS).expect("an answer");
            Measured {
                prompt_sha256: sha256_hex(prompt.as_bytes()),
                latency_us: took.latency_us,
                ttft_us: took.ttft_us,
            }
        };
        prompts.iter().map(call).collect()
    };
    let seen = thread::scope(|scope| {
        let shares = prompts.chunks(prompts.len().div_ceil(at_once));
        let asking: Vec<_> = shares
            .map(|share| scope.spawn(move || input(share)))
            .collect();
        let seen = asking
            .into_iter()
            .map(|thread| thread.join().expect("no panic"));
        seen.flatten().collect()
    });
    (seen, cpu_seconds().expect("Linux") - before)
}

async fn call(model: &AnyModel, prompt: &str) -> Sample {
    let completion_request = CompletionRequest {
        max_tokens: Some(MAX_TOKENS),
        temperature: Some(0.3),
        top_p: Some(0.9),
        ..CompletionRequest::of_text(prompt)
    };
    measure(
        model,
        &completion_request,
        Limit::timeout(Duration::from_secs(30)),
        Sample::default(),
    )
    .await
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

async fn connect_to(server: &SimulatorProcess, kind: Kind) -> AnyModel {
    let env = TargetEnv {
        simulator_url: Some(server.url().to_owned()),
        ..TargetEnv::default()
    };
    connect(&kind.target(PACE), &env, None)
        .await
        .expect("a client")
}
