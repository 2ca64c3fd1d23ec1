//! Samples for the tests of this module.

use bench_core::{
    config::{self, Overrides},
    dataset,
    plan::{DatasetRecord, Deployment, Plan, SCHEMA_VERSION},
    sample::{Outcome, Phase, Sample, SampleKey},
};

/// An answered, right call with 150 tokens in and 700 out that began at the
/// epoch.
pub(super) fn sample(prompt_index: u32, phase: Phase, latency_us: u64) -> Sample {
    Sample {
        latency_us,
        input_tokens: Some(150),
        output_tokens: Some(700),
        prompt_chars: Some(300),
        correct: Some(true),
        ..Sample::new(
            "run".parse().unwrap(),
            format!("builtin/{prompt_index}"),
            SampleKey {
                target: "target".parse().unwrap(),
                step: 0,
                worker: 0,
                prompt: prompt_index,
                phase,
                repetition: 1,
                attempt: 1,
            },
            Outcome::Ok,
            jiff::Timestamp::UNIX_EPOCH,
        )
    }
}

pub(super) const DEPLOYMENT: Deployment = Deployment::OF_TEMPLATE;

/// A run of one prompt at one target over HTTP.
pub(super) fn plan() -> Plan {
    let text = r#"
        name = "fixture"
        dataset = { source = "builtin", prompts = 1 }
        [[targets]]
        id = "target"
        kind = "http"
        url = "http://10.0.0.1"
        request = "tgi"
    "#;
    let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "fixture-1".parse().unwrap(),
        created_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        dataset: DatasetRecord {
            label: "builtin".to_owned(),
            sha256: problems.sha256.clone(),
            problems: problems.prompts.len(),
            task: bench_core::task::Task::Gsm8k,
        },
        prompts: dataset::first("builtin", &problems, 1).unwrap(),
        region: None,
        prices: None,
        deployment: None,
        config: config::from_toml(text, &Overrides::default()).unwrap(),
    }
}
