//! The verdict on a step.

use bench_core::{
    config::{Arrival, Load},
    load::{BLOCKS, BlockTally, StepTally},
};
use bench_load::{DoneStep, LevelOutcome, Steadiness, TooShort, judge};

use crate::{
    client::{Target, calls, plan, step},
    made::{self, broken, kept},
    service::Work,
};

fn with(change: impl Fn(&mut StepTally)) -> DoneStep {
    let mut step = kept(&made::load(), 1, 4.0);
    change(&mut step.tally);
    step
}

fn verdict(step: &DoneStep) -> (Steadiness, LevelOutcome) {
    let judgment = judge(&made::load(), step);
    (judgment.steadiness, judgment.outcome)
}

/// A step of an open loop in virtual time.
fn open(target: &Target, rate: f64, step_s: u32, ramp_s: u32) -> DoneStep {
    let load = Load {
        arrival: Arrival::Open,
        step_s,
        ramp_s,
        ..made::load()
    };
    let plan = plan(&load, 1, rate, None);
    step(&load, &plan, &calls(&load, target, &plan, 5))
}

fn verdict_of_open(step: &DoneStep) -> Steadiness {
    let load = Load {
        arrival: Arrival::Open,
        ..made::load()
    };
    judge(&load, step).steadiness
}

#[test]
fn a_step_without_a_change_is_steady() {
    assert_eq!(
        verdict(&with(|_| ())),
        (Steadiness::Steady, LevelOutcome::Kept)
    );
}

#[test]
fn a_client_that_sends_late_measured_itself() {
    let late = with(|tally| tally.queued_p99_us = 10_001);
    let limited = Steadiness::ClientLimited {
        queued_p99_us: 10_001,
        limit_us: 10_000,
        stalled_share: 0.0,
    };
    assert_eq!(verdict(&late), (limited, LevelOutcome::NotUsable));
    // One per cent of a median of two seconds is 20 ms.
    let slow = with(|tally| (tally.queued_p99_us, tally.service_p50_us) = (20_000, 2_000_000));
    assert_eq!(verdict(&slow).0, Steadiness::Steady);
    let held_up = with(|tally| tally.client_limited = 51);
    assert!(matches!(
        verdict(&held_up).0,
        Steadiness::ClientLimited { .. }
    ));
    assert_eq!(
        verdict(&with(|tally| tally.client_limited = 50)).0,
        Steadiness::Steady
    );
}

#[test]
fn a_step_without_all_of_its_load_is_disturbed() {
    let disturbed = |interrupted_calls, lost_workers| Steadiness::Disturbed {
        interrupted_calls,
        lost_workers,
    };
    let killed = with(|tally| tally.interrupted = 3);
    assert_eq!(verdict(&killed), (disturbed(3, 0), LevelOutcome::NotUsable));
    let late = DoneStep {
        lost_workers: 1,
        ..with(|_| ())
    };
    assert_eq!(verdict(&late), (disturbed(0, 1), LevelOutcome::NotUsable));
}

#[test]
fn refusals_are_named_and_their_share_decides() {
    let refusing = |refused: u64| {
        with(|tally| {
            for block in &mut tally.blocks {
                block.answered -= refused;
                block.throttled = refused;
                block.kept = [100 - refused; 4];
            }
        })
    };
    assert_eq!(
        verdict(&refusing(1)),
        (Steadiness::Throttled { share: 0.01 }, LevelOutcome::Kept)
    );
    let (steadiness, outcome) = verdict(&refusing(20));
    assert_eq!(
        (steadiness, outcome),
        (Steadiness::Throttled { share: 0.2 }, LevelOutcome::Broken)
    );
}

#[test]
fn a_window_of_few_response_times_is_too_short() {
    let few = with(|tally| {
        tally
            .blocks
            .iter_mut()
            .for_each(|block| block.ended_inside = 79);
    });
    let (steadiness, outcome) = verdict(&few);
    let Steadiness::TooShort {
        reason: TooShort::Turnover { ended_inside, .. },
    } = steadiness
    else {
        panic!("{steadiness:?}");
    };
    assert!((ended_inside - 0.79).abs() < 1e-12);
    assert_eq!(outcome, LevelOutcome::NotUsable);
    let none = with(|tally| tally.blocks = Default::default());
    let reason = TooShort::NoCalls;
    assert_eq!(verdict(&none).0, Steadiness::TooShort { reason });
}

/// A step whose calls all failed, so many of each block inside of the window.
fn failing(ended_inside: u64) -> DoneStep {
    with(|tally| {
        for block in &mut tally.blocks {
            *block = BlockTally {
                arrived: 100,
                failed: 100,
                ended_inside,
                in_flight_us: block.in_flight_us,
                ..BlockTally::default()
            };
        }
    })
}

#[test]
fn a_target_that_answers_nothing_breaks_the_objective_however_short_the_window() {
    assert_eq!(
        verdict(&failing(100)),
        (Steadiness::Steady, LevelOutcome::Broken)
    );
    for ended_inside in [0, 70] {
        let (steadiness, outcome) = verdict(&failing(ended_inside));
        let is_turnover = matches!(
            steadiness,
            Steadiness::TooShort {
                reason: TooShort::Turnover { .. }
            }
        );
        assert!(is_turnover, "{steadiness:?}");
        assert_eq!(outcome, LevelOutcome::Broken);
    }
    let mut at_once = failing(100);
    let blocks = at_once.tally.blocks.iter_mut();
    blocks.for_each(|block| block.in_flight_us = 0);
    assert_eq!(
        verdict(&at_once),
        (Steadiness::Steady, LevelOutcome::Broken),
        "refused within a microsecond"
    );
}

#[test]
fn a_short_window_whose_later_half_keeps_the_objective_shows_nothing() {
    let mut burst = failing(70);
    for block in &mut burst.tally.blocks[BLOCKS / 2..] {
        (block.failed, block.answered, block.kept) = (0, 100, [100; 4]);
    }
    assert_eq!(verdict(&burst).1, LevelOutcome::NotUsable);
}

/// Response times of each block as a multiple of the first half's.
fn drifting(mut step: DoneStep, late: f64) -> DoneStep {
    for block in &mut step.tally.blocks[BLOCKS / 2..] {
        let times = |us: u64| (us as f64 * late) as u64;
        block.response_us = times(block.response_us);
        block.in_flight_us = times(block.in_flight_us);
    }
    step
}

#[test]
fn a_drift_shows_nothing_but_a_limit_that_rising_times_break_already() {
    let load = made::load();
    let is_drift = |step: &DoneStep| {
        matches!(
            verdict(step).0,
            Steadiness::TooShort {
                reason: TooShort::Drift { .. }
            }
        )
    };
    let rising = drifting(kept(&load, 1, 4.0), 1.2);
    assert!(is_drift(&rising));
    assert_eq!(verdict(&rising).1, LevelOutcome::NotUsable);
    let already = drifting(broken(&load, 1, 4.0), 1.2);
    assert!(is_drift(&already));
    assert_eq!(verdict(&already).1, LevelOutcome::Broken);
    let falling = drifting(broken(&load, 1, 4.0), 0.8);
    assert!(is_drift(&falling));
    assert_eq!(verdict(&falling).1, LevelOutcome::NotUsable);
    // Less than 5 % is no drift, however certain.
    assert_eq!(
        verdict(&drifting(kept(&load, 1, 4.0), 1.04)).0,
        Steadiness::Steady
    );
}

#[test]
fn calls_that_were_under_way_for_longer_than_they_took_do_not_add_up() {
    let wrong = with(|tally| {
        for block in &mut tally.blocks {
            block.in_flight_us = 107_000_000;
        }
    });
    // 5 %, and one call in a hundred that went on after the window.
    let (steadiness, outcome) = verdict(&wrong);
    let Steadiness::TooShort {
        reason: TooShort::Imbalance {
            littles_ratio,
            tolerance,
        },
    } = steadiness
    else {
        panic!("{steadiness:?}");
    };
    assert!((littles_ratio - 1.07).abs() < 1e-9 && (tolerance - 0.06).abs() < 1e-9);
    assert_eq!(outcome, LevelOutcome::NotUsable);
}

#[test]
fn an_open_loop_beyond_the_capacity_is_saturated_and_one_below_is_not() {
    let target = Target::slots(8, Work::Exponential(200_000));
    for (rate, saturated) in [
        (20.0, false),
        (30.0, false),
        (48.0, true),
        (60.0, true),
        (120.0, true),
    ] {
        let found = verdict_of_open(&open(&target, rate, 120, 10));
        let is_saturated = matches!(found, Steadiness::Saturated { .. });
        assert_eq!(is_saturated, saturated, "{rate}: {found:?}");
        assert!(
            saturated || found == Steadiness::Steady,
            "{rate}: {found:?}"
        );
    }
}

#[test]
fn long_answers_after_a_short_ramp_are_a_short_window_and_no_queue() {
    let target = Target::slots(10_000, Work::Fixed(60_000_000));
    let found = verdict_of_open(&open(&target, 10.0, 120, 10));
    let Steadiness::TooShort { reason } = found else {
        panic!("{found:?}");
    };
    assert!(matches!(reason, TooShort::Turnover { .. }), "{reason:?}");
}

#[test]
fn a_steady_queue_is_rarely_taken_for_one_that_grows_or_drifts() {
    let load = Load {
        arrival: Arrival::Open,
        ..made::load()
    };
    let target = Target::slots(1, Work::Exponential(25_000));
    let steady = (0..100)
        .filter(|seed| {
            let plan = plan(&load, 1, 28.0, None);
            let step = step(&load, &plan, &calls(&load, &target, &plan, *seed));
            judge(&load, &step).steadiness == Steadiness::Steady
        })
        .count();
    assert!(steady >= 90, "{steady}");
}
