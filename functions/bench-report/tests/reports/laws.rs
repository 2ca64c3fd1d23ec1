//! A report does not depend on the order of its samples, nor on being written and read.

use bench_core::{
    identity::RunId,
    plan::Plan,
    sample::{Outcome, Phase, Sample, SampleKey},
};
use bench_report::{Report, Warning, artifacts, build};
use bench_stats::SplitMix64;

use crate::making::{call, failure, plan};

fn samples(seed: u64) -> Vec<Sample> {
    let mut random = SplitMix64::new(seed);
    let mut samples = Vec::new();
    for target in ["a", "b", "c"] {
        for prompt in 0..9 {
            for repetition in 1..=5 {
                if random.below(12) == 0 {
                    let mut failed = failure(target, prompt, repetition, Outcome::ServerError);
                    failed.error_message = Some(format!("failure {}", random.below(99)));
                    samples.push(failed);
                    continue;
                }
                let latency = 1_000 + random.below(20_000_000) as u64;
                let mut sample = call(target, prompt, repetition, latency);
                sample.output_tokens = (random.below(9) > 0).then(|| random.below(500) as u64);
                sample.response_text = Some(format!("#### {}", random.below(3)));
                let answer = random.below(3);
                sample.answer = (answer > 0).then(|| answer.to_string().into());
                sample.correct = Some(answer == 1);
                samples.push(sample);
            }
        }
    }
    samples
}

/// The same plan with prices of every kind.
fn priced(mut plan: Plan) -> Plan {
    let text = include_str!("../../../../infra/prices.toml");
    plan.prices = Some(bench_cost::read_catalog(text).unwrap());
    let kinds = [
        r#"{"kind": "mixed", "sku": "ec2:g6.8xlarge", "token_sku": "bedrock:deepseek.v3.2"}"#,
        r#"{"kind": "hourly", "sku": "ec2:inf2.8xlarge", "instances": 2}"#,
        r#"{"kind": "hourly", "sku": "ec2:g6.xlarge"}"#,
    ];
    for (target, kind) in plan.config.targets.iter_mut().zip(kinds) {
        target.pricing = serde_json::from_str(kind).unwrap();
        target.concurrency = 3;
    }
    plan
}

#[test]
fn a_report_is_the_same_whatever_the_order_of_samples() {
    let plan = priced(plan(&["a", "b", "c"], 9, 5));
    for seed in 0..8 {
        let mut samples = samples(seed);
        let expected = build(&plan, &samples);
        let cost = expected.cost_of("b").unwrap();
        assert!(cost.per_correct.interval().is_some());
        for shuffle in 0..4 {
            SplitMix64::new(shuffle).shuffle(&mut samples);
            assert_eq!(build(&plan, &samples), expected);
        }
    }
}

#[test]
fn samples_stand_in_the_order_of_their_keys_whatever_their_order_was() {
    let plan = plan(&["a", "b"], 2, 2);
    let mut samples = Vec::new();
    for run in ["made-1", "made-2"] {
        for target in ["a", "b"] {
            for (step, prompt, repetition) in
                [(0, 0, 1), (0, 0, 2), (0, 1, 1), (1, 0, 1), (2, 0, 1)]
            {
                for phase in [Phase::Warmup, Phase::Measured] {
                    samples.push(Sample {
                        run_id: run.parse().unwrap(),
                        step,
                        phase,
                        ..call(target, prompt, repetition, 1_000)
                    });
                }
            }
        }
    }
    let mut expected: Vec<(SampleKey, RunId)> = samples
        .iter()
        .map(|sample| (sample.key(), sample.run_id.clone()))
        .collect();
    expected.sort();
    let report = build(&plan, &samples);
    for shuffle in 0..4 {
        SplitMix64::new(shuffle).shuffle(&mut samples);
        let files = artifacts(&report, &samples);
        let jsonl = files.iter().find(|file| file.name == "samples.jsonl");
        let text = str::from_utf8(&jsonl.unwrap().body).unwrap();
        let written: Vec<(SampleKey, RunId)> = text
            .lines()
            .map(|line| Sample::from_line(line).unwrap())
            .map(|sample| (sample.key(), sample.run_id))
            .collect();
        assert_eq!(written, expected);
    }
}

#[test]
fn no_group_of_figures_contradicts_itself() {
    let plan = plan(&["a", "b", "c"], 9, 5);
    for seed in 0..40 {
        let report = build(&plan, &samples(seed));
        let broken = report
            .warnings
            .iter()
            .find(|warning| matches!(warning.finding, Warning::Inconsistent { .. }));
        assert_eq!(broken, None);
        for compared in &report.comparisons {
            let split = compared.split.clone().unwrap();
            let product = split.output_tokens * split.ms_per_output_token;
            assert!((split.latency / product - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn every_file_of_a_report_that_is_read_again_is_the_same_to_the_last_byte() {
    for seed in 1..=3 {
        let samples = samples(seed);
        let report = build(&priced(plan(&["a", "b", "c"], 9, 5)), &samples);
        let first = artifacts(&report, &samples);
        let read: Report = serde_json::from_slice(&first[0].body).unwrap();
        for (one, other) in first.iter().zip(artifacts(&read, &samples)) {
            assert!(one.body == other.body, "`{}` differs", one.name);
        }
    }
}
