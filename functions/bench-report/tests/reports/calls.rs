//! The plan and the calls that tests of modules and of whole reports are made from.

use bench_core::{
    config::{self, Overrides},
    dataset::Prompt,
    grading::AnswerRule,
    plan::{DatasetRecord, Deployment, Plan, SCHEMA_VERSION},
    sample::{FinishReason, Outcome, Phase, Sample, SampleKey},
};

/// A plan of the run `made-1` by a configuration in TOML, without prices.
pub(crate) fn planned(config: &str, dataset: DatasetRecord, prompts: Vec<Prompt>) -> Plan {
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "made-1".parse().unwrap(),
        created_at: "2026-06-01T00:00:00Z".parse().unwrap(),
        config: config::from_toml(config, &Overrides::default()).unwrap(),
        dataset,
        prompts,
        region: None,
        prices: None,
        deployment: Some(Deployment::OF_TEMPLATE),
    }
}

/// An answered, streamed, right call of 100 tokens.
pub(crate) fn call(target: &str, prompt: u32, repetition: u32, latency_us: u64) -> Sample {
    Sample {
        latency_us,
        ttft_us: Some(latency_us / 10),
        ttfo_us: Some(latency_us / 10),
        last_token_us: Some(latency_us),
        chunks: Some(100),
        input_tokens: Some(50),
        output_tokens: Some(100),
        prompt_chars: Some(200),
        response_chars: Some(400),
        finish_reason: Some(FinishReason::Stop),
        finish_reason_raw: Some("stop".into()),
        http_status: Some(200),
        stall_us: Some(0),
        response_text: Some("#### 18".into()),
        answer: Some("18".into()),
        answer_rule: Some(AnswerRule::AnswerLine),
        expected_answer: Some("18".into()),
        correct: Some(true),
        function_request_id: "request".into(),
        ..Sample::new(
            "made-1".parse().unwrap(),
            format!("gsm8k/test/{prompt}"),
            SampleKey {
                target: target.parse().unwrap(),
                step: 0,
                worker: 0,
                prompt,
                phase: Phase::Measured,
                repetition,
                attempt: 1,
            },
            Outcome::Ok,
            "2026-06-01T00:00:00Z".parse().unwrap(),
        )
    }
}

/// A call that gave nothing.
pub(crate) fn failure(target: &str, prompt: u32, repetition: u32, outcome: Outcome) -> Sample {
    let mut sample = call(target, prompt, repetition, 1_000);
    sample.outcome = outcome;
    sample.ttft_us = None;
    sample.ttfo_us = None;
    sample.last_token_us = None;
    sample.chunks = None;
    sample.output_tokens = None;
    sample.input_tokens = None;
    sample.response_chars = None;
    sample.finish_reason = None;
    sample.finish_reason_raw = None;
    sample.http_status = Some(500);
    sample.error_message = Some("no".into());
    sample.response_text = None;
    sample.answer = None;
    sample.answer_rule = None;
    sample.correct = None;
    sample
}
