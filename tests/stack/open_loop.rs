//! An open loop through the whole pipeline waits as long as the formula says, and one beyond
//! the capacity is told so.
//!
//! It takes three minutes of a machine that does nothing else, so it is asked for:
//! `HOSTBENCH_FULL_SIZE=1 cargo test --workspace --test stack open_loop -- --nocapture`.

#![expect(
    clippy::cast_precision_loss,
    reason = "a step has some hundred calls of some milliseconds"
)]

use bench_core::sample::{Phase, Sample};
use bench_load::{GaveWay, LevelOutcome, Steadiness};
use bench_report::{LoadStep, Report};
use serde_json::{Value, json};
use support::Embedded;

/// Seconds that a call takes where the slot is free: 8 tokens, 5 ms apart.
const SERVICE_S: f64 = 0.04;
/// Utilization of the slot in the first step.
const UTILIZATION: f64 = 0.5;
/// Requests per second of the two steps: the second brings a fifth more than the slot serves.
const RATES: [f64; 2] = [UTILIZATION / SERVICE_S, 1.2 / SERVICE_S];
/// Variance of the mean of `n` successive waits at that utilization, in squares of the service
/// time by `n`: by the recursion of Lindley, 300 times 1,500 waits. Waits follow one another.
const VARIANCE: f64 = 3.5;
/// Calls that are late by more than the timers of the client are, at most.
const MAX_LATE_SHARE: f64 = 0.01;

fn config() -> Value {
    json!({
        "name": "open-loop",
        "dataset": {"source": "builtin", "prompts": 5},
        "method": {"warmup": 1, "repetitions": 8, "timeout_s": 60},
        "load": {
            "arrival": "open", "process": "poisson", "steps": RATES, "step_s": 60, "ramp_s": 5,
            "search": false, "max_steps": 2, "objective": {"latency_p95_ms": 400},
        },
        // Times of the report are those that were measured.
        "simulation": {"time_scale": 1},
        "targets": [{
            "id": "slot", "kind": "http", "request": "tgi", "simulated": true, "ready_within_s": 0,
            "url": "http://slot.simulated/simulate-slots-1-simulate-tokens-8-every-5ms",
        }],
    })
}

#[tokio::test]
async fn poisson_arrivals_on_one_slot_wait_as_the_formula_says_and_grow_a_queue_beyond_it() {
    if std::env::var_os("HOSTBENCH_FULL_SIZE").is_none() {
        eprintln!("not asked for: set `HOSTBENCH_FULL_SIZE` to 1 to put a slot under load");
        return;
    }
    let aws = Embedded::start(1_000.0, &[]).await;
    aws.execute("open-loop", &json!({"config": config()})).await;
    let report = std::fs::read(aws.fetch("open-loop").await.join("report.json"));
    let report: Report = serde_json::from_slice(&report.expect("a report")).expect("a report");
    let store = aws.session.store();
    let samples = store.samples("open-loop", "slot").await.expect("samples");
    // One caller meets no queue.
    let alone = samples.iter().filter(|it| it.is_measured_ok());
    let service_s = mean(alone.filter(|it| it.step == 0).map(latency_s));
    let load = report.load.expect("a load");
    let [steady, saturated] = &load.targets[0].steps[..] else {
        panic!("two steps: {:?}", load.targets[0].steps);
    };

    assert_eq!(steady.judgment.steadiness, Steadiness::Steady);
    assert_eq!(steady.judgment.outcome, LevelOutcome::Kept);
    let wait_s = UTILIZATION * service_s / (2.0 * (1.0 - UTILIZATION));
    let formula_s = service_s + wait_s;
    let found_s = steady.response_ms.mean.value().expect("a mean") / 1_000.0;
    let n = steady.success.n;
    let tolerance_s = 3.0 * service_s * (VARIANCE / n as f64).sqrt();
    eprintln!("{n} calls: {found_s} s, {formula_s} s by the formula, give or take {tolerance_s}");
    assert!(
        n >= 650 && steady.success.count == n,
        "{:?}",
        steady.success
    );
    assert!((found_s - formula_s).abs() < tolerance_s);
    let of_arrivals_s = recursion(&of_step(&samples, steady), service_s);
    assert!(
        (found_s / of_arrivals_s - 1.0).abs() < 0.05,
        "{of_arrivals_s}"
    );

    let judgment = &saturated.judgment;
    let Steadiness::Saturated { growth_per_s, .. } = judgment.steadiness else {
        panic!("{judgment:?}");
    };
    // As many more a second as come beyond those that are served.
    let beyond = RATES[1] - 1.0 / service_s;
    assert!(
        growth_per_s.low < beyond && beyond < growth_per_s.high,
        "{growth_per_s:?}"
    );
    assert_eq!(judgment.outcome, LevelOutcome::Broken);
    for step in [steady, saturated] {
        let calls = of_step(&samples, step);
        let late = calls
            .iter()
            .filter(|it| it.queued_us > Some(10_000))
            .count();
        assert!(late as f64 <= MAX_LATE_SHARE * calls.len() as f64, "{late}");
        assert_eq!(
            step.success.count,
            calls.len() as u64,
            "all are answered in the end"
        );
    }
    let capacity = &load.targets[0].capacity;
    assert_eq!(
        (capacity.low, capacity.high),
        (Some(RATES[0]), Some(RATES[1]))
    );
    assert_eq!(capacity.gave_way, Some(GaveWay::Latency));
}

/// The calls of the window of a step, in the order in which they were to start.
fn of_step<'a>(samples: &'a [Sample], step: &LoadStep) -> Vec<&'a Sample> {
    let is_of = |it: &&Sample| it.step == step.plan.step && it.phase == Phase::Measured;
    let mut calls: Vec<_> = samples.iter().filter(is_of).collect();
    calls.sort_by_key(|sample| sample.intended_at);
    calls
}

/// The mean response time of those very arrivals on one slot, in seconds (Lindley).
fn recursion(calls: &[&Sample], service_s: f64) -> f64 {
    let mut wait_s = 0.0_f64;
    let responses = calls.windows(2).map(|pair| {
        let [before, after] = [pair[0], pair[1]].map(|it| it.intended_at.expect("a load"));
        let gap_s = after.duration_since(before).as_secs_f64();
        wait_s = (wait_s + service_s - gap_s).max(0.0);
        wait_s + service_s
    });
    mean(responses)
}

fn latency_s(sample: &Sample) -> f64 {
    sample.latency_us as f64 / 1e6
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}
