//! Tallies of samples of a step.

use jiff::SignedDuration;

use super::*;
use crate::{
    config::Objective,
    sample::{Outcome, Phase, Sample},
};

/// A window of 100 s after a ramp of 10 s: blocks of 10 s.
fn plan() -> StepPlan {
    StepPlan {
        step: 1,
        level: 4.0,
        workers: 2,
        start_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        ramp_s: 10,
        step_s: 100,
        part_s: None,
    }
}

/// An answered call that was to start so many milliseconds after the begin of the window.
fn call(start_ms: i64, latency_ms: u64) -> Sample {
    Sample {
        step: 1,
        worker: 1,
        phase: if start_ms < 0 {
            Phase::Ramp
        } else {
            Phase::Measured
        },
        outcome: Outcome::Ok,
        intended_at: Some(plan().window_start() + SignedDuration::from_millis(start_ms)),
        queued_us: Some(0),
        latency_us: latency_ms * 1_000,
        input_tokens: Some(7),
        output_tokens: Some(10),
        ..Sample::default()
    }
}

fn tally_under(objective: Objective, samples: &[Sample]) -> StepTally {
    let mut builder = TallyBuilder::new(plan(), objective);
    for sample in samples {
        builder.add(sample);
    }
    builder.finish()
}

fn tally(samples: &[Sample]) -> StepTally {
    tally_under(Objective::default(), samples)
}

#[test]
fn a_call_is_of_the_block_of_its_intended_start_and_completed_in_that_of_its_end() {
    let found = tally(&[call(9_000, 2_500)]);
    let [first, second, ..] = found.blocks;
    assert_eq!((first.arrived, first.answered, first.completed), (1, 1, 0));
    assert_eq!(
        (
            second.arrived,
            second.completed,
            second.completed_output_tokens
        ),
        (0, 1, 10)
    );
    assert_eq!((first.response_us, first.ended_inside), (2_500_000, 1));
    // Under way for 1 s in the first, and 1.5 s in the second.
    assert_eq!(
        (first.in_flight_us, second.in_flight_us),
        (1_000_000, 1_500_000)
    );
}

#[test]
fn a_call_of_the_ramp_is_counted_only_where_it_ends_and_is_under_way() {
    let found = tally(&[call(-3_000, 5_000)]);
    assert_eq!((found.ramp, found.window().arrived), (1, 0));
    let first = found.blocks[0];
    assert_eq!((first.completed, first.in_flight_us), (1, 2_000_000));
}

#[test]
fn a_call_that_ends_after_the_window_was_under_way_until_its_end() {
    let found = tally(&[call(99_000, 8_000)]);
    let last = found.blocks[BLOCKS - 1];
    assert_eq!((last.arrived, last.answered, last.ended_inside), (1, 1, 0));
    assert_eq!((last.completed, last.in_flight_us), (0, 1_000_000));
    assert_eq!(last.response_us, 8_000_000);
}

#[test]
fn response_time_counts_from_the_intended_start_and_service_time_from_the_send() {
    let late = Sample {
        queued_us: Some(400_000),
        ..call(0, 700)
    };
    let objective = Objective {
        latency_p95_ms: Some(1_000.0),
        ..Objective::default()
    };
    let found = tally_under(objective, &[late, call(0, 1_000)]);
    let first = found.blocks[0];
    assert_eq!(
        (first.response_us, first.service_us),
        (2_100_000, 1_700_000)
    );
    assert_eq!(
        (found.queued_p99_us, found.service_p50_us),
        (400_000, 700_000)
    );
    // 1,100 ms are beyond the limit, 1,000 ms are not.
    let latency = Criterion::ALL
        .iter()
        .position(|one| *one == Criterion::Latency);
    assert_eq!(first.kept[latency.unwrap()], 1);
}

#[test]
fn failures_keep_nothing_and_what_was_not_measured_is_not_known() {
    let with = |outcome| Sample {
        outcome,
        ..call(0, 10)
    };
    let objective = Objective {
        ttft_p95_ms: Some(500.0),
        success_rate: Some(0.9),
        ..Objective::default()
    };
    let samples = [
        with(Outcome::Ok),
        with(Outcome::Throttled),
        with(Outcome::Timeout),
        with(Outcome::Interrupted),
        // Cut at the end of its Lambda's time: how it would have ended is not known either.
        with(Outcome::Deadline),
        with(Outcome::Budget),
    ];
    let found = tally_under(objective, &samples);
    let first = found.blocks[0];
    // The call that the budget forbade was not made.
    assert_eq!((first.arrived, first.throttled, first.failed), (5, 1, 3));
    assert_eq!(found.interrupted, 2);
    // In the order of TTFT, TPOT, latency, success.
    assert_eq!((first.kept, first.unknown), ([0, 1, 1, 1], [1, 0, 0, 0]));
}

#[test]
fn a_client_that_was_held_up_for_a_hundredth_of_a_call_did_not_measure_itself() {
    let held_up = |stall_ms: u64, latency_ms| Sample {
        stall_us: Some(stall_ms * 1_000),
        client_limited: stall_ms > 20,
        ..call(0, latency_ms)
    };
    let count = |sample| tally(&[sample]).client_limited;
    assert_eq!(count(held_up(21, 100)), 1);
    assert_eq!(count(held_up(20, 100)), 0);
    assert_eq!(count(held_up(21, 10_000)), 0);
    assert_eq!(count(held_up(101, 10_000)), 1);
}

#[test]
fn tallies_of_workers_add_up_to_that_of_all_their_samples() {
    let samples: Vec<Sample> = (0..400)
        .map(|number| Sample {
            correct: (number % 3 == 0).then_some(number % 2 == 0),
            ..call(number * 275 - 9_000, 40 + number.unsigned_abs() * 13 % 700)
        })
        .collect();
    let (odd, even): (Vec<_>, Vec<_>) = samples
        .iter()
        .cloned()
        .enumerate()
        .partition(|(place, _)| place % 2 == 1);
    let own = |part: Vec<(usize, Sample)>| {
        tally(
            &part
                .into_iter()
                .map(|(_, sample)| sample)
                .collect::<Vec<_>>(),
        )
    };
    let (first, second) = (own(odd), own(even));
    let mut merged = first.clone();
    merged.merge(&second);
    let whole = tally(&samples);
    assert_eq!((merged.blocks, merged.ramp), (whole.blocks, whole.ramp));
    // Those of the worker that was longest behind.
    assert_eq!(
        merged.queued_p99_us,
        first.queued_p99_us.max(second.queued_p99_us)
    );
    let mut shuffled = samples;
    shuffled.reverse();
    assert_eq!(tally(&shuffled), whole);
}

#[test]
fn a_worker_that_was_late_and_never_answered_is_the_one_that_is_longest_behind() {
    let late = tally(&[Sample {
        outcome: Outcome::Timeout,
        queued_us: Some(50_000),
        ..call(0, 900)
    }]);
    let punctual = tally(&[call(0, 700)]);
    for (first, second) in [(&late, &punctual), (&punctual, &late)] {
        let mut merged = StepTally::default();
        merged.merge(first);
        merged.merge(second);
        assert_eq!((merged.queued_p99_us, merged.service_p50_us), (50_000, 0));
    }
}
