//! A small run for the tests of the report: one good target, one whose every
//! call fails, one that writes hostile text.

use jiff::{SignedDuration, Timestamp};

use bench_core::{
    config::{self, Overrides},
    dataset,
    grading::AnswerRule,
    plan::{Architecture, DatasetRecord, Deployment, Plan, SCHEMA_VERSION, Transitions},
    sample::{ErrorLayer, FinishReason, Outcome, Phase, Sample, SampleKey},
};

pub(crate) const HOSTILE: &str = "<script>alert(1)</script> =2+2 \u{202e}abc 🦀";

pub(crate) fn plan(prompts: u32) -> Plan {
    let text = format!(
        r#"
        name = "fixture"
        dataset = {{ source = "builtin", prompts = {prompts} }}
        method = {{ warmup = 1, repetitions = 3 }}
        [[targets]]
        id = "good"
        kind = "bedrock"
        model = "m"
        request = "converse"
        simulated = true
        [[targets]]
        id = "broken"
        kind = "sagemaker"
        endpoint = "e"
        request = "tgi"
        [[targets]]
        id = "hostile"
        kind = "http"
        url = "http://10.0.0.1"
        request = "tgi"
        "#
    );
    let config = config::from_toml(&text, &Overrides::default()).unwrap();
    let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "fixture-1".parse().unwrap(),
        created_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        dataset: DatasetRecord {
            label: "builtin".into(),
            sha256: problems.sha256.clone(),
            problems: problems.prompts.len(),
        },
        prompts: dataset::first("builtin", &problems, prompts).unwrap(),
        region: None,
        prices: None,
        deployment: Some(Deployment {
            architecture: Architecture::Arm64,
            invoker_memory_mb: 1_769,
            transitions: Transitions {
                run: 5,
                target: 5,
                probe: 3,
                invocation: 2,
                prompt: 1,
            },
        }),
        config,
    }
}

/// The same run with pricing and the prices of the catalog: what is priced at
/// `broken` is not what was measured there.
pub(crate) fn priced_run() -> (Plan, Vec<Sample>) {
    let (mut plan, samples) = run();
    let text = include_str!("../../../infra/prices.toml");
    plan.prices = Some(bench_cost::read_catalog(text).unwrap());
    let pricing = |json: &str| serde_json::from_str(json).unwrap();
    let targets = &mut plan.config.targets;
    targets[0].pricing = pricing(r#"{"kind": "tokens", "sku": "bedrock:deepseek.r1-v1:0"}"#);
    targets[1].instance = Some("ml.g6.2xlarge".into());
    targets[1].pricing = pricing(r#"{"kind": "hourly", "sku": "ec2:g6.8xlarge"}"#);
    targets[2].instance = Some("inf2.8xlarge".into());
    targets[2].pricing = pricing(r#"{"kind": "hourly", "sku": "ec2:inf2.8xlarge"}"#);
    (plan, samples)
}

/// The plan for two prompts and all its samples, in the order of the report.
pub(crate) fn run() -> (Plan, Vec<Sample>) {
    let plan = plan(2);
    let mut samples = Vec::new();
    for target in ["broken", "good", "hostile"] {
        for (phase, count) in [(Phase::Warmup, 1), (Phase::Measured, 3)] {
            for prompt in 0..2 {
                for repetition in 1..=count {
                    samples.push(sample(target, phase, prompt, repetition));
                }
            }
        }
    }
    (plan, samples)
}

fn sample(target: &str, phase: Phase, prompt_index: u32, repetition: u32) -> Sample {
    let failed = target == "broken";
    let hostile = target == "hostile";
    let latency_us = u64::from(prompt_index * 1_000 + repetition * 100) * 1_000 + 1;
    let start: Timestamp = "2026-03-04T05:06:08Z".parse().unwrap();
    let after = SignedDuration::from_secs(i64::from(prompt_index * 10 + repetition));
    let outcome = if failed {
        Outcome::ServerError
    } else {
        Outcome::Ok
    };
    Sample {
        latency_us,
        ttft_us: (!failed).then_some(latency_us / 4),
        ttfo_us: (!failed).then_some(latency_us / 2),
        last_token_us: (!failed).then_some(latency_us - 1),
        chunks: (!failed).then_some(9),
        input_tokens: (!failed).then_some(50),
        output_tokens: (!failed).then_some(100),
        prompt_chars: 120,
        response_chars: (!failed).then_some(400),
        finish_reason: (!failed).then_some(FinishReason::Stop),
        finish_reason_raw: (!failed).then(|| "stop".into()),
        http_status: Some(if failed { 500 } else { 200 }),
        error_class: failed.then_some(ErrorLayer::Service),
        error_code: failed.then(|| "InternalServerException".into()),
        error_message: failed.then(|| HOSTILE.into()),
        stall_us: Some(100),
        response_text: (!failed).then(|| if hostile { HOSTILE } else { "#### 420" }.into()),
        answer: (!failed).then(|| "420".into()),
        answer_rule: (!failed).then_some(AnswerRule::AnswerLine),
        expected_answer: Some("420".into()),
        correct: (!failed).then_some(prompt_index == 0),
        function_request_id: "request".into(),
        ..Sample::new(
            "fixture-1".parse().unwrap(),
            format!("builtin/{prompt_index}"),
            SampleKey {
                target: target.parse().unwrap(),
                step: 0,
                prompt: prompt_index,
                phase,
                repetition,
                attempt: 1,
            },
            outcome,
            start + after,
        )
    }
}
