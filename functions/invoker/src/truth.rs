//! Attempts at a call through the real clients, held against what the simulator
//! really did.

use std::time::Duration;

use bench_core::{
    dataset::sha256_hex,
    sample::{Outcome, Phase, Sample},
};
use bench_targets::{TargetEnv, connect};
use futures::future::join_all;
use simulator::{Settings, Simulator, ledger::Call};

use crate::{
    PromptWork, TimeLeft,
    fakes::{MemoryLog, invocation, plan_of},
    measure_prompt,
};

/// Two throttles before an answer of 320 ms.
const CONFIG: &str = r#"
    name = "throttled"
    dataset = { source = "builtin", prompts = 5 }
    method = { warmup = 0, repetitions = 1, timeout_s = 30 }
    [[targets]]
    id = "bedrock"
    kind = "bedrock"
    model = "us.deepseek.r1-v1:0-simulate-error-429-2-simulate-tokens-64-every-5ms"
    request = "converse"
    max_attempts = 3
    simulated = true
    [[targets]]
    id = "sagemaker"
    kind = "sagemaker"
    endpoint = "r1-simulate-error-429-2-simulate-tokens-64-every-5ms"
    request = "tgi"
    max_attempts = 3
    simulated = true
    [[targets]]
    id = "http"
    kind = "http"
    url = "http://simulated/simulate-error-429-2-simulate-tokens-64-every-5ms"
    request = "openai-chat"
    max_attempts = 3
    simulated = true
"#;

/// How far a latency may be from the truth, apart from what held the client up.
const TOLERANCE: Duration = Duration::from_millis(2);

/// Half of the longest pause before the second attempt.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// The protocol of a target at the simulator.
fn protocol(target: &str) -> &'static str {
    match target {
        "bedrock" => "bedrock-converse-stream",
        "sagemaker" => "sagemaker-stream",
        _ => "openai-chat-stream",
    }
}

/// Measured latency beyond the ground truth, less the delays that the client itself
/// reports.
fn excess_us(samples: &[Sample], calls: &[Call]) -> u64 {
    let outcomes: Vec<_> = samples
        .iter()
        .map(|sample| (sample.attempt, sample.outcome))
        .collect();
    let expected = [
        (1, Outcome::Throttled),
        (2, Outcome::Throttled),
        (3, Outcome::Ok),
    ];
    assert_eq!(outcomes, expected, "{samples:?}");
    let statuses: Vec<_> = calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [429, 429, 200], "one attempt is one request");
    let pause = calls[1].received_us - calls[0].received_us;
    assert!(pause > micros(SHORTEST_PAUSE), "{pause} us");

    let (measured, call) = (&samples[2], &calls[2]);
    let truth = call.last_byte_us - call.received_us;
    let excess = measured.latency_us.checked_sub(truth);
    let excess = excess.unwrap_or_else(|| panic!("less than {truth} us: {measured:?}"));
    excess.saturating_sub(measured.stall_us.unwrap_or_default())
}

/// The three calls of a prompt, in the order in which they came.
async fn calls_of(simulator: &Simulator, protocol: &str, prompt_sha256: &str) -> Vec<Call> {
    let mut enough = 3;
    loop {
        let mut calls = simulator.ended(enough).await;
        enough = calls.len() + 1;
        calls.retain(|call| {
            call.protocol == protocol && call.prompt_sha256.as_deref() == Some(prompt_sha256)
        });
        if calls.len() == 3 {
            calls.sort_by_key(|call| call.sequence);
            return calls;
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_behind_two_throttles_is_measured_without_them_and_the_pauses() {
    let simulator = Simulator::start(Settings::default()).await.unwrap();
    let env = TargetEnv {
        simulator_url: Some(simulator.url()),
        ..TargetEnv::default()
    };
    let plan = plan_of(CONFIG);
    let (plan, env, simulator) = (&plan, &env, &simulator);
    join_all(plan.config.targets.iter().map(async |target| {
        let model = connect(target, env, None).await.unwrap();
        // Other work of the machine only ever adds, and seldom twice: what is
        // the client's own is there at every prompt.
        let mut excesses = Vec::new();
        for prompt in &plan.prompts {
            let work = PromptWork {
                run_id: &plan.run_id,
                target,
                prompt,
                method: &plan.config.method,
                invocation: invocation(),
            };
            let log = MemoryLog::default();
            let time_left = TimeLeft::from_now(Duration::from_mins(15));
            let reply = measure_prompt(&model, &log, &work, &time_left).await;
            let reply = reply.unwrap();
            assert_eq!((reply.done, reply.stored, reply.failed), (true, 3, 2));

            let rendered = prompt.rendered(&plan.config.method, target, Phase::Measured, 1);
            let digest = sha256_hex(rendered.text.as_bytes());
            let calls = calls_of(simulator, protocol(&target.id), &digest).await;
            excesses.push(excess_us(&log.samples(), &calls));
            if excesses.last() <= Some(&micros(TOLERANCE)) {
                return;
            }
        }
        panic!("`{}` was always late, by {excesses:?} us", target.id);
    }))
    .await;
}
