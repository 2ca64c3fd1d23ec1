//! Steps of a load that show less than others: what is taken from them, and what is not.

use bench_core::{
    money::{Currency, Overrides},
    sample::{Outcome, Phase, Sample},
};
use bench_load::LevelOutcome;
use bench_report::build;
use bench_stats::SplitMix64;

use crate::load::{load_of, run, step};

/// Classes of failures that a step tells apart.
const CLASSES: usize = 16;

#[test]
fn the_throughput_at_capacity_is_of_steps_that_show_how_the_target_is() {
    let (plan, mut samples) = run("latency_p95_ms = 3_500");
    let expected = load_of(&build(&plan, &samples), "eight-slots").clone();
    assert_eq!(expected.capacity.low, Some(8.0));
    // Eight callers once more, on half of the slots, by a client that sends late.
    samples.extend(
        step("eight-slots", 4, 7, 8)
            .into_iter()
            .map(|sample| Sample {
                queued_us: Some(90_000),
                ..sample
            }),
    );
    let report = build(&plan, &samples);
    let found = load_of(&report, "eight-slots");
    let last = found.steps.last().unwrap();
    assert_eq!(last.judgment.outcome, LevelOutcome::NotUsable);
    assert_eq!(found.capacity, expected.capacity);
    assert_eq!(found.at_capacity, expected.at_capacity);
}

#[test]
fn the_same_classes_of_failures_are_told_apart_whatever_the_order() {
    let (plan, mut samples) = run("success_rate = 0.99");
    let last = samples.iter_mut().filter(|sample| {
        sample.target_id == "two-slots" && sample.step == 6 && sample.phase == Phase::Measured
    });
    for (number, sample) in last.enumerate() {
        sample.outcome = Outcome::ServerError;
        sample.error_code = Some(format!("Code{}", number % (2 * CLASSES)));
    }
    let report = build(&plan, &samples);
    let failures = &load_of(&report, "two-slots").steps.last().unwrap().failures;
    assert_eq!(failures.len(), CLASSES);
    for seed in 0..4 {
        SplitMix64::new(seed).shuffle(&mut samples);
        assert_eq!(build(&plan, &samples).load, report.load);
    }
}

#[test]
fn cost_under_load_counts_cached_tokens_as_the_cost_of_one_caller_does() {
    let (mut plan, mut samples) = run("latency_p95_ms = 3_500");
    let prices = [
        ("input", "0.001"),
        ("cached input", "0.0001"),
        ("output", "0.002"),
    ]
    .map(|(kind, price)| (format!("1K {kind} tokens"), price.to_owned()));
    let prices = Overrides::parse("prices", &prices, Currency::USD).unwrap();
    plan.config.targets[1].pricing.as_mut().unwrap().prices = prices;
    for sample in &mut samples {
        sample.cached_input_tokens = Some(40);
    }
    let report = build(&plan, &samples);
    let alone = report.cost_of("two-slots").unwrap().per_1k_requests.value();
    assert!(alone.is_some());
    for step in &load_of(&report, "two-slots").steps {
        assert_eq!(step.cost.as_ref().unwrap().per_1k_requests.value(), alone);
    }
    for sample in &mut samples {
        sample.input_tokens = None;
    }
    let report = build(&plan, &samples);
    for step in &load_of(&report, "two-slots").steps {
        let cost = step.cost.as_ref().unwrap();
        assert_eq!(
            cost.per_1k_requests.value(),
            None,
            "no price is not a price of 0"
        );
        assert!(step.output_tokens_per_s.is_known());
    }
}
