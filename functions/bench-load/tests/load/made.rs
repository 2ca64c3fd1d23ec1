//! Steps that are made up: steady, but for what a test makes of them.

use bench_core::{
    config::{Load, Objective},
    load::{BLOCKS, BlockTally, StepTally},
};
use bench_load::{DoneStep, EndReason, Next, next};

use crate::client::plan;

/// A closed loop under an objective of one latency.
pub(crate) fn load() -> Load {
    Load {
        objective: Objective {
            latency_p95_ms: Some(1_000.0),
            ..Objective::default()
        },
        ..Load::default()
    }
}

/// A steady step each of whose blocks has 100 calls of one second: so many of them keep the
/// limit in each block.
pub(crate) fn step(load: &Load, number: u32, level: f64, kept: [u64; BLOCKS]) -> DoneStep {
    let plan = plan(load, number, level, None);
    let block = |kept| BlockTally {
        arrived: 100,
        answered: 100,
        ended_inside: 99,
        response_us: 100_000_000,
        service_us: 100_000_000,
        completed: 100,
        in_flight_us: 100_000_000,
        kept: [kept; 4],
        ..BlockTally::default()
    };
    let tally = StepTally {
        blocks: kept.map(block),
        service_p50_us: 1_000_000,
        ..StepTally::default()
    };
    DoneStep::whole(plan, tally)
}

/// A step that keeps, breaks, or leaves undecided the limit.
pub(crate) fn kept(load: &Load, number: u32, level: f64) -> DoneStep {
    step(load, number, level, [100; BLOCKS])
}

pub(crate) fn broken(load: &Load, number: u32, level: f64) -> DoneStep {
    step(load, number, level, [10; BLOCKS])
}

pub(crate) fn undecided(load: &Load, number: u32, level: f64) -> DoneStep {
    step(load, number, level, [95; BLOCKS])
}

/// The levels of a search on a target of which that is known, and why it ended.
pub(crate) fn search(
    load: &Load,
    of_level: impl Fn(&Load, u32, f64) -> DoneStep,
) -> (Vec<DoneStep>, EndReason) {
    let mut steps = Vec::new();
    loop {
        match next(load, &steps, 0.0, false) {
            Next::Step { level, .. } => {
                let number = u32::try_from(steps.len()).expect("few") + 1;
                steps.push(of_level(load, number, level));
            }
            Next::Done { reason } => return (steps, reason),
        }
    }
}

pub(crate) fn levels_of(steps: &[DoneStep]) -> Vec<f64> {
    steps.iter().map(|step| step.plan.level).collect()
}
