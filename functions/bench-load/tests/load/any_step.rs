//! A search on a target of which every step shows something else.

use bench_core::{
    config::{Arrival, Load, Objective},
    load::{BlockTally, StepTally},
};
use bench_load::{DoneStep, Steadiness, capacity, judge};
use proptest::prelude::*;

use crate::{client::plan, made::search};

/// A block in which any of its calls went any way.
fn block() -> impl Strategy<Value = BlockTally> {
    (0_u64..300, 0.0..1.0, 0.0..1.0, 0_u64..5_000_000).prop_map(|(arrived, ok, kept, each_us)| {
        let part = |of: u64, share: f64| (of as f64 * share) as u64;
        let answered = part(arrived, ok);
        let failed = part(arrived - answered, kept);
        BlockTally {
            arrived,
            answered,
            failed,
            timed_out: failed / 2,
            throttled: arrived - answered - failed,
            ended_inside: answered,
            response_us: answered * each_us,
            service_us: answered * each_us,
            completed: answered,
            in_flight_us: arrived * each_us,
            kept: [part(answered, kept); 4],
            unknown: [part(answered, 1.0 - kept) / 3; 4],
            ..BlockTally::default()
        }
    })
}

fn tally() -> impl Strategy<Value = StepTally> {
    let interrupted = prop_oneof![8 => Just(0_u64), 1 => 1_u64..5];
    let queued_p99_us = prop_oneof![8 => 0_u64..9_000, 1 => Just(90_000_u64)];
    (prop::array::uniform10(block()), interrupted, queued_p99_us).prop_map(
        |(blocks, interrupted, queued_p99_us)| StepTally {
            blocks,
            interrupted,
            queued_p99_us,
            ..StepTally::default()
        },
    )
}

fn load(arrival: Arrival, is_limited: bool) -> Load {
    Load {
        arrival,
        search: true,
        max_steps: 20,
        objective: Objective {
            latency_p95_ms: is_limited.then_some(1_000.0),
            success_rate: is_limited.then_some(0.9),
            ..Objective::default()
        },
        ..Load::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_search_ends_with_an_interval_whatever_its_steps_show(
        tallies in prop::collection::vec(tally(), 20),
        is_open: bool,
        is_limited: bool,
    ) {
        let arrival = if is_open { Arrival::Open } else { Arrival::Closed };
        let load = load(arrival, is_limited);
        let highest = load.steps.iter().copied().fold(0.0, f64::max);
        let (steps, _) = search(&load, |load, number, level| {
            let tally = tallies[number as usize - 1].clone();
            DoneStep::whole(plan(load, number, level, None), tally)
        });
        prop_assert!(steps.len() <= 20);
        for step in &steps {
            prop_assert!(step.plan.level > 0.0 && step.plan.level <= highest);
            prop_assert!(is_open || step.plan.level.fract() == 0.0);
            let judged = judge(&load, step);
            let grew = matches!(judged.steadiness, Steadiness::Saturated { .. });
            prop_assert!(is_open || !grew);
            for share in &judged.criteria {
                prop_assert!(0.0 <= share.low && share.low <= share.high && share.high <= 1.0);
            }
            // Nothing in it is beyond what JSON can hold.
            let text = serde_json::to_string(&judged).expect("JSON");
            let again: bench_load::StepJudgment = serde_json::from_str(&text).expect("the same");
            prop_assert_eq!(again.outcome, judged.outcome);
        }
        let found = capacity(&load, &steps);
        prop_assert!(found.low.zip(found.high).is_none_or(|(low, high)| low <= high), "{found:?}");
        prop_assert_eq!(found.low.is_none(), found.low_open.is_some());
        prop_assert_eq!(found.high.is_none(), found.high_open.is_some());
        prop_assert_eq!(found.broken_at.is_some(), found.gave_way.is_some());
    }
}
