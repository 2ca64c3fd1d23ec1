//! A small run for the tests of the report: one good target, one whose every
//! call fails, one that writes hostile text.

use jiff::{SignedDuration, Timestamp};

use bench_core::{
    dataset,
    plan::{DatasetRecord, Plan},
    sample::{ErrorLayer, Outcome, Phase, Sample},
};

use crate::calls::{call, failure, planned};

pub(crate) const HOSTILE: &str = "<script>alert(1)</script> =2+2 \u{202e}abc 🦀";

pub(crate) fn plan(prompts: u32) -> Plan {
    let text = format!(
        r#"
        name = "fixture"
        dataset = {{ source = "builtin", prompts = {prompts} }}
        method = {{ warmup = 1, repetitions = 3 }}
        simulation = {{ time_scale = 1 }}
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
    let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
    let record = DatasetRecord {
        label: "builtin".into(),
        sha256: problems.sha256.clone(),
        problems: problems.prompts.len(),
        task: bench_core::task::Task::Gsm8k,
    };
    let prompts = dataset::first("builtin", &problems, prompts).unwrap();
    Plan {
        run_id: "fixture-1".parse().unwrap(),
        created_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        ..planned(&text, record, prompts)
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
    let latency_us = u64::from(prompt_index * 1_000 + repetition * 100) * 1_000 + 1;
    let start: Timestamp = "2026-03-04T05:06:08Z".parse().unwrap();
    let after = SignedDuration::from_secs(i64::from(prompt_index * 10 + repetition));
    let made = if target == "broken" {
        Sample {
            error_class: Some(ErrorLayer::Service),
            error_code: Some("InternalServerException".into()),
            error_message: Some(HOSTILE.into()),
            ..failure(target, prompt_index, repetition, Outcome::ServerError)
        }
    } else {
        Sample {
            correct: Some(prompt_index == 0),
            ..call(target, prompt_index, repetition, latency_us)
        }
    };
    Sample {
        run_id: "fixture-1".parse().unwrap(),
        prompt_id: format!("builtin/{prompt_index}").into(),
        phase,
        started_at: start + after,
        latency_us,
        response_text: match target {
            "hostile" => Some(HOSTILE.into()),
            _ => made.response_text,
        },
        ..made
    }
}
