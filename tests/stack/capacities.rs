//! The capacities that whole seeded runs find are those that the simulator has.
//!
//! It takes half an hour of a machine that does nothing else, so it is asked for:
//! `HOSTBENCH_FULL_SIZE=1 cargo test --workspace --test stack capacities -- --nocapture`.

use bench_report::{Report, TargetLoad};
use serde_json::{Value, json};
use support::Embedded;

/// Seeded runs.
const RUNS: u64 = 20;
/// Of them, those whose interval has the truth in it, at least.
const MIN_HITS: usize = 19;
/// Callers that keep the objective of [`config`] on each target; one more does not, but on
/// `batching`, where 13 are at the limit itself.
const TRUTH: f64 = 12.0;
/// The widest interval, of its middle.
const MAX_WIDTH: f64 = 0.2;

/// A response takes 280 ms alone, and 448 ms at most.
///
/// - `slots`: N callers on 8 slots have a latency of N · 280 ms / 8: 420 ms for 12.
/// - `batching`: of 280 ms · (1 + 0.05 · (N - 1)): 434 ms for 12.
const TARGETS: [(&str, &str); 2] = [
    ("slots", "simulate-slots-8-even"),
    ("batching", "simulate-batch-5pct"),
];

fn config(seed: u64) -> Value {
    let targets = TARGETS.map(|(id, capacity)| {
        json!({
            "id": id, "kind": "http", "request": "tgi", "simulated": true, "ready_within_s": 0,
            "url": format!("http://{id}.simulated/{capacity}-simulate-tokens-14-every-20ms"),
        })
    });
    json!({
        "name": "capacities",
        "dataset": {"source": "builtin", "prompts": 5},
        "method": {"warmup": 0, "repetitions": 1, "timeout_s": 20},
        "load": {
            "steps": [4, 8, 16], "step_s": 6, "ramp_s": 2, "max_steps": 10, "seed": seed,
            "objective": {"latency_p95_ms": 448},
        },
        // The objective is of measured times.
        "simulation": {"time_scale": 1},
        "targets": targets,
    })
}

#[tokio::test]
async fn capacities_of_twenty_seeded_runs_have_the_truth_in_their_intervals() {
    if std::env::var_os("HOSTBENCH_FULL_SIZE").is_none() {
        eprintln!("not asked for: set `HOSTBENCH_FULL_SIZE` to 1 to run {RUNS} searches");
        return;
    }
    let aws = Embedded::start(1_000.0, &[]).await;
    let mut found: [Vec<TargetLoad>; TARGETS.len()] = Default::default();
    for seed in 1..=RUNS {
        let run = format!("seed-{seed}");
        aws.execute(&run, &json!({"config": config(seed)})).await;
        let report = std::fs::read(aws.fetch(&run).await.join("report.json")).expect("a report");
        let report: Report = serde_json::from_slice(&report).expect("a report");
        for (found, target) in found.iter_mut().zip(report.load.expect("a load").targets) {
            eprintln!(
                "{run}: {} sustains {:?} to {:?} callers after {} steps",
                target.target_id,
                target.capacity.low,
                target.capacity.high,
                target.steps.len(),
            );
            found.push(target);
        }
    }
    for ((target, _), found) in TARGETS.iter().zip(&found) {
        let hits = found.iter().filter(|found| contains_truth(found)).count();
        assert!(hits >= MIN_HITS, "{target}: {hits} of {RUNS}: {found:#?}");
        for found in found {
            let width = found.capacity.relative_width();
            let is_narrow = width.is_some_and(|width| width <= MAX_WIDTH);
            assert!(is_narrow, "{target}: {width:?}: {found:#?}");
        }
    }
}

fn contains_truth(found: &TargetLoad) -> bool {
    let (low, high) = (found.capacity.low, found.capacity.high);
    low.is_some_and(|low| low <= TRUTH) && high.is_some_and(|high| TRUTH <= high)
}
