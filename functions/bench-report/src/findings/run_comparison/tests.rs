//! Two runs compared.

use super::*;
use crate::{
    fixture,
    model::{RunDifference, WhichRun},
};
use bench_core::sample::Phase;
use bench_stats::Verdict;

/// Two runs of twelve prompts; the second takes so many per mille of the first.
fn runs(per_mille: u64) -> RunComparison {
    let mut plan = fixture::plan(12);
    plan.config.targets.retain(|target| target.id == "hostile");
    let (_, pattern) = fixture::run();
    let pattern = pattern
        .into_iter()
        .find(|sample| sample.target_id == "hostile" && sample.phase == Phase::Measured)
        .unwrap();
    let samples = |run: &str, per_mille: u64| -> Vec<Sample> {
        (0..12_u32)
            .flat_map(|prompt| (1..=3).map(move |repetition| (prompt, repetition)))
            .map(|(prompt_index, repetition)| {
                let mut sample = pattern.clone();
                sample.run_id = run.parse().unwrap();
                sample.prompt_id = format!("builtin/{prompt_index}").into();
                sample.prompt_index = prompt_index;
                sample.repetition = repetition;
                let own = 1_000_000 + u64::from(prompt_index * 7 % 12) * 100_000;
                let jitter = u64::from((prompt_index * 5 + repetition * 3) % 7) * 2_000;
                sample.latency_us = (own + jitter) * per_mille / 1_000;
                sample
            })
            .collect()
    };
    let mut second = plan.clone();
    second.run_id = "fixture-2".parse().unwrap();
    second.config.method.max_tokens = 100;
    let (old, new) = (samples("fixture-1", 1_000), samples("fixture-2", per_mille));
    compare_runs((&plan, &old), (&second, &new))
}

#[test]
fn a_slower_run_is_said_to_be_slower_with_its_interval() {
    let found = runs(1_200);
    assert_eq!((found.prompts, found.targets.len()), (12, 1));
    let target = &found.targets[0];
    assert_eq!(target.comparison.verdict, Verdict::Slower);
    let ratio = target.comparison.latency.ratio.value().unwrap();
    assert!((ratio - 1.2).abs() < 1e-4, "{ratio}");
    assert_eq!(found.runs_for_trend, 5);
}

#[test]
fn what_was_configured_otherwise_is_named() {
    let found = runs(1_000);
    let changed = RunDifference::FieldChanged {
        field: "method.max_tokens".into(),
        first: 4096.into(),
        second: 100.into(),
    };
    assert_eq!(found.differences, [changed]);
    assert_eq!(found.targets[0].comparison.verdict, Verdict::Equivalent);
}

#[test]
fn runs_of_two_versions_of_a_function_are_not_like_with_like() {
    let (mut first, samples) = fixture::run();
    let mut second = first.clone();
    second.run_id = "fixture-2".parse().unwrap();
    let deployed = |invoker: &str| {
        let arn = |of: &str| format!("arn:aws:lambda:eu-west-1:111122223333:function:{of}");
        let deployment = serde_json::json!({
            "architecture": "arm64", "invoker_memory_mb": 1_769,
            "transitions": {"run": 5, "target": 5, "probe": 3, "invocation": 2, "prompt": 1},
            "functions": {
                "planner": arn("p:1"), "invoker": arn(invoker), "aggregator": arn("a:1"),
            },
        });
        Some(serde_json::from_value(deployment).unwrap())
    };
    first.deployment = deployed("i:11");
    let differences =
        |second: &Plan| compare_runs((&first, &samples), (second, &samples)).differences;
    assert_eq!(
        differences(&second),
        [],
        "nothing is said of what is not known"
    );
    second.deployment = deployed("i:12");
    let changed = RunDifference::FieldChanged {
        field: "functions.invoker".into(),
        first: "11".into(),
        second: "12".into(),
    };
    assert_eq!(differences(&second), [changed]);
}

#[test]
fn prompts_of_one_run_alone_are_left_out() {
    let (mut plan, samples) = fixture::run();
    let mut other = plan.clone();
    other.run_id = "fixture-2".parse().unwrap();
    plan.prompts[1].question = "something else".into();
    other.config.targets.remove(0);
    let found = compare_runs((&plan, &samples), (&other, &samples));
    assert_eq!((found.prompts, found.targets.len()), (1, 2));
    let (prompts, run) = (1, WhichRun::First);
    let left_out = RunDifference::PromptsLeftOut { run, prompts };
    assert_eq!(found.differences[0], left_out);
    let target_id = "good".parse().unwrap();
    let alone = RunDifference::TargetInOneRun { target_id, run };
    assert!(found.differences.contains(&alone));
}
