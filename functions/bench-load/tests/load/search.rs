//! Where the search goes, and where it ends.

use bench_core::{
    config::{Arrival, Load, Objective},
    load::{BlockTally, Criterion},
};
use bench_load::{
    EndReason, GaveWay, LevelOutcome, Next, OpenEnd, Ranking, capacity, levels, next, rank,
};

use proptest::prelude::*;

use crate::made::{broken, kept, levels_of, load, search, undecided};

/// A target that keeps the objective up to a level.
fn up_to(limit: f64) -> impl Fn(&Load, u32, f64) -> bench_load::DoneStep {
    move |load, number, level| {
        if level <= limit {
            kept(load, number, level)
        } else {
            broken(load, number, level)
        }
    }
}

#[test]
fn the_ladder_ends_with_the_first_level_that_breaks_the_objective() {
    let load = load();
    let (steps, reason) = search(&load, up_to(12.0));
    assert_eq!(levels_of(&steps), [1.0, 2.0, 4.0, 8.0, 16.0, 12.0, 14.0]);
    assert_eq!(reason, EndReason::Narrow);
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (Some(12.0), Some(13.0)));
    assert_eq!(
        (found.broken_at, found.gave_way),
        (Some(14.0), Some(GaveWay::Latency))
    );
}

#[test]
fn neighboring_callers_leave_nothing_to_search() {
    let load = Load {
        precision: 0.01,
        ..load()
    };
    let (steps, reason) = search(&load, up_to(5.0));
    assert_eq!(levels_of(&steps), [1.0, 2.0, 4.0, 8.0, 6.0, 5.0]);
    assert_eq!(reason, EndReason::Narrow);
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (Some(5.0), Some(5.0)));
}

#[test]
fn a_wide_gap_is_cut_in_its_geometric_mean() {
    let load = Load {
        steps: vec![1.0, 100.0],
        ..load()
    };
    let (steps, _) = search(&load, up_to(30.0));
    assert_eq!(levels_of(&steps)[..3], [1.0, 100.0, 10.0]);
    let found = capacity(&load, &steps);
    assert!(
        found.low <= Some(30.0) && found.high >= Some(30.0),
        "{found:?}"
    );
    assert!(found.relative_width().unwrap() <= load.precision);
}

#[test]
fn no_level_is_more_than_twice_one_that_broke() {
    for search_on in [true, false] {
        let load = Load {
            search: search_on,
            ..load()
        };
        for limit in [0.0, 1.0, 3.0, 9.0, 17.0] {
            let (steps, _) = search(&load, up_to(limit));
            for (place, step) in steps.iter().enumerate() {
                let before = &steps[..place];
                let broke = before
                    .iter()
                    .map(|step| step.plan.level)
                    .filter(|level| *level > limit);
                let lowest = broke.fold(f64::INFINITY, f64::min);
                assert!(step.plan.level <= 2.0 * lowest);
            }
        }
    }
}

#[test]
fn without_a_search_the_ladder_is_climbed_to_at_most_twice_the_first_broken_level() {
    let load = Load {
        search: false,
        ..load()
    };
    let (steps, reason) = search(&load, up_to(3.0));
    assert_eq!(levels_of(&steps), [1.0, 2.0, 4.0, 8.0]);
    assert_eq!(reason, EndReason::StepsDone);
}

/// A step all of whose callers wait for an answer from before the window until behind it.
fn silent(load: &Load, number: u32, level: f64) -> bench_load::DoneStep {
    let mut step = kept(load, number, level);
    for block in &mut step.tally.blocks {
        *block = BlockTally {
            in_flight_us: block.in_flight_us,
            ..BlockTally::default()
        };
    }
    step
}

#[test]
fn a_load_does_not_go_on_beyond_a_level_at_which_nothing_is_answered() {
    let hangs_from = |limit: f64| {
        move |load: &Load, number, level| {
            if level <= limit {
                kept(load, number, level)
            } else {
                silent(load, number, level)
            }
        }
    };
    let (steps, reason) = search(&load(), hangs_from(5.0));
    assert_eq!(levels_of(&steps)[..4], [1.0, 2.0, 4.0, 8.0]);
    let highest = levels_of(&steps).into_iter().fold(0.0, f64::max);
    assert_eq!((highest, reason), (8.0, EndReason::Undecided));
    let found = capacity(&load(), &steps);
    assert_eq!((found.low, found.high), (Some(5.0), None));
    assert_eq!(found.high_open, Some(OpenEnd::TooShort));
    let without_search = Load {
        search: false,
        ..load()
    };
    let (steps, _) = search(&without_search, hangs_from(5.0));
    assert_eq!(levels_of(&steps), [1.0, 2.0, 4.0, 8.0, 16.0]);
}

#[test]
fn without_an_objective_every_level_of_the_ladder_is_made() {
    let load = Load {
        objective: Objective::default(),
        ..load()
    };
    let (steps, reason) = search(&load, up_to(0.0));
    assert_eq!(levels_of(&steps), load.steps);
    assert_eq!(reason, EndReason::StepsDone);
    let found = capacity(&load, &steps);
    assert_eq!(found.low_open, Some(OpenEnd::NoObjective));
    assert_eq!(found.high_open, Some(OpenEnd::NoObjective));
    assert_eq!(levels(&load, &steps)[0].outcome, LevelOutcome::NoObjective);
}

#[test]
fn where_not_one_caller_is_served_in_time_no_level_keeps_the_objective() {
    let load = Load {
        steps: vec![8.0, 16.0],
        ..load()
    };
    let (steps, reason) = search(&load, up_to(0.0));
    assert_eq!(levels_of(&steps), [8.0, 4.0, 2.0, 1.0]);
    assert_eq!(reason, EndReason::NoneKept);
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (None, Some(0.0)));
    assert_eq!(
        (found.low_open, found.high_open),
        (Some(OpenEnd::NoneKept), None)
    );
}

#[test]
fn a_rate_is_narrowed_down_in_parts_of_a_request() {
    let load = Load {
        arrival: Arrival::Open,
        steps: vec![0.1, 0.5, 1.0],
        precision: 0.05,
        ..load()
    };
    let (steps, reason) = search(&load, up_to(0.64));
    assert_eq!(reason, EndReason::Narrow);
    let found = capacity(&load, &steps);
    assert!(
        found.low <= Some(0.64) && found.high >= Some(0.64),
        "{found:?}"
    );
    assert!(found.relative_width().unwrap() <= 0.05, "{found:?}");
}

#[test]
fn an_undecided_level_is_made_again_or_gone_around_until_nothing_helps() {
    let load = load();
    let close = |load: &Load, number, level: f64| match level {
        level if level < 10.0 => kept(load, number, level),
        level if level > 14.0 => broken(load, number, level),
        _ => undecided(load, number, level),
    };
    let longer = Load {
        max_steps: 60,
        ..load.clone()
    };
    let (steps, reason) = search(&longer, close);
    assert_eq!(reason, EndReason::Undecided);
    let found = capacity(&longer, &steps);
    assert_eq!((found.low, found.high), (Some(9.0), Some(14.0)));
    assert!(found.undecided.contains(&12.0));
    for level in levels(&longer, &steps) {
        assert!(level.usable <= 4, "{level:?}");
    }
    let shorter = Load {
        max_steps: 8,
        ..load
    };
    let (steps, reason) = search(&shorter, close);
    assert_eq!((steps.len(), reason), (8, EndReason::MaxSteps));
}

#[test]
fn a_level_that_keeps_above_one_that_breaks_widens_the_interval_to_both() {
    let load = load();
    let steps = [
        kept(&load, 1, 4.0),
        broken(&load, 2, 6.0),
        kept(&load, 3, 8.0),
        broken(&load, 4, 12.0),
    ];
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (Some(4.0), Some(11.0)));
    assert!(found.contradicted);
    // The two that contradict each other are decided together with a further step.
    let only = Load {
        steps: vec![4.0],
        ..load
    };
    let Next::Step { level, .. } = next(&only, &steps, 0.0, false) else {
        panic!("nothing to decide");
    };
    assert!((4.0..=12.0).contains(&level), "{level}");
}

#[test]
fn two_steps_of_a_level_are_judged_together() {
    let load = load();
    let low = crate::made::step(&load, 1, 4.0, [96, 97, 96, 97, 96, 97, 96, 97, 96, 97]);
    assert_eq!(
        levels(&load, std::slice::from_ref(&low))[0].outcome,
        LevelOutcome::Undecided
    );
    let again = bench_load::DoneStep {
        plan: bench_core::load::StepPlan {
            step: 2,
            ..low.plan.clone()
        },
        ..low.clone()
    };
    let third = bench_load::DoneStep {
        plan: bench_core::load::StepPlan {
            step: 3,
            ..low.plan.clone()
        },
        ..low.clone()
    };
    let found = levels(&load, &[low, again, third]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].steps.as_slice(), found[0].criteria[0].n),
        ([1, 2, 3].as_slice(), 3_000)
    );
    assert_eq!(found[0].outcome, LevelOutcome::Kept);
}

#[test]
fn a_disturbed_step_is_made_again_twice_at_most() {
    let load = load();
    let disturbed = |load: &Load, number, level| bench_load::DoneStep {
        lost_workers: 1,
        ..kept(load, number, level)
    };
    let (steps, reason) = search(&load, disturbed);
    assert_eq!(levels_of(&steps), [1.0, 1.0, 1.0]);
    assert_eq!(reason, EndReason::Disturbed);
    assert_eq!(capacity(&load, &steps).low_open, Some(OpenEnd::Disturbed));
    let once = |load: &Load, number, level| match number {
        2 => disturbed(load, number, level),
        _ => kept(load, number, level),
    };
    let (steps, reason) = search(&load, once);
    assert_eq!(levels_of(&steps), [1.0, 2.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    assert_eq!(reason, EndReason::StepsDone);
}

#[test]
fn a_step_that_is_made_again_takes_the_place_of_no_level_of_the_configuration() {
    let load = Load {
        max_steps: 7,
        ..load()
    };
    let disturbed = |load: &Load, number, level| match level {
        2.0 => bench_load::DoneStep {
            lost_workers: 1,
            ..kept(load, number, level)
        },
        _ => kept(load, number, level),
    };
    let (steps, reason) = search(&load, disturbed);
    assert_eq!(levels_of(&steps), [1.0, 2.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    assert_eq!(reason, EndReason::StepsDone);
}

#[test]
fn a_client_that_is_the_bottleneck_twice_ends_the_climb() {
    let load = load();
    let limited = |load: &Load, number, level: f64| {
        let mut step = kept(load, number, level);
        if level > 3.0 {
            step.tally.queued_p99_us = 11_000;
        }
        step
    };
    let (steps, reason) = search(&load, limited);
    assert_eq!(levels_of(&steps), [1.0, 2.0, 4.0, 4.0]);
    assert_eq!(reason, EndReason::ClientLimited);
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (Some(2.0), None));
    assert_eq!(found.high_open, Some(OpenEnd::ClientLimited));
}

#[test]
fn steps_time_and_budget_end_a_search() {
    let load = Load {
        max_steps: 6,
        max_minutes: Some(10),
        ..load()
    };
    let (steps, reason) = search(&load, up_to(12.0));
    assert_eq!((steps.len(), reason), (6, EndReason::MaxSteps));
    let done = |reason| Next::Done { reason };
    // Ramp and window take 2 minutes and 20 seconds.
    let first = &steps[..1];
    let second = Next::Step {
        level: 2.0,
        repeats: 0,
    };
    assert_eq!(next(&load, first, 7.6, false), second);
    assert_eq!(next(&load, first, 7.7, false), done(EndReason::Time));
    assert_eq!(next(&load, first, 0.0, true), done(EndReason::Budget));
}

#[test]
fn targets_are_ranked_only_where_their_intervals_have_no_level_in_common() {
    let load = load();
    let of = |limit| capacity(&load, &search(&load, up_to(limit)).0);
    let (four, twelve, more) = (of(4.0), of(12.0), of(100.0));
    assert_eq!(rank(&twelve, &four), Ranking::First);
    assert_eq!(rank(&four, &twelve), Ranking::Second);
    assert_eq!(rank(&twelve, &twelve), Ranking::NotSeparated);
    // At least 32 are more than at most 13.
    assert_eq!((more.low, more.high), (Some(32.0), None));
    assert_eq!(rank(&more, &twelve), Ranking::First);
    assert_eq!(rank(&more, &more), Ranking::NotSeparated);
}

/// Levels of a configuration in rising order, and a limit that a target has.
fn ladders(whole: bool) -> impl Strategy<Value = (Vec<f64>, f64)> {
    let levels = prop::collection::btree_set(1..600_u32, 1..8);
    (levels, 0.0..700.0_f64).prop_map(move |(levels, limit)| {
        let scale = if whole { 1.0 } else { 0.037 };
        let steps = levels.into_iter().map(|level| f64::from(level) * scale);
        let limit = if whole { limit.floor() } else { limit * scale };
        (steps.collect(), limit)
    })
}

proptest! {
    #[test]
    fn every_search_ends_with_an_interval_that_has_the_limit(
        ((steps, limit), arrival) in prop_oneof![
            (ladders(true), Just(Arrival::Closed)),
            (ladders(false), Just(Arrival::Open)),
        ],
        precision in 0.02..0.5_f64,
    ) {
        let load = Load { arrival, steps, precision, max_steps: 60, ..load() };
        let (steps, reason) = search(&load, up_to(limit));
        let found = capacity(&load, &steps);
        prop_assert!(found.low.is_none_or(|low| low <= limit), "{found:?}");
        prop_assert!(found.broken_at.is_none_or(|broken| broken > limit), "{found:?}");
        match reason {
            EndReason::Narrow => prop_assert!(found.relative_width().unwrap() <= precision),
            EndReason::StepsDone => prop_assert_eq!(found.high_open, Some(OpenEnd::AllKept)),
            EndReason::NoneKept => prop_assert_eq!(found.low_open, Some(OpenEnd::NoneKept)),
            other => prop_assert!(false, "{other:?} after {:?}", levels_of(&steps)),
        }
        // Nothing is asked of such a target twice.
        let levels = levels(&load, &steps);
        prop_assert_eq!(levels.len(), steps.len());
    }

    #[test]
    fn the_order_of_steps_does_not_matter(
        (steps, limit) in ladders(true),
        seed in any::<u64>(),
    ) {
        let load = Load { steps, max_steps: 60, ..load() };
        let (mut steps, _) = search(&load, up_to(limit));
        let found = capacity(&load, &steps);
        bench_stats::SplitMix64::new(seed).shuffle(&mut steps);
        prop_assert_eq!(capacity(&load, &steps), found);
    }
}

#[test]
fn a_limit_that_no_response_can_show_ends_the_search_at_once() {
    let load = Load {
        objective: Objective {
            tpot_p95_ms: Some(50.0),
            ..load().objective
        },
        ..load()
    };
    let without_tokens = |load: &Load, number, level| {
        let mut step = kept(load, number, level);
        for block in &mut step.tally.blocks {
            let tpot = Criterion::ALL.iter().position(|it| *it == Criterion::Tpot);
            let tpot = tpot.expect("a criterion");
            (block.kept[tpot], block.unknown[tpot]) = (0, block.arrived);
        }
        step
    };
    let (steps, reason) = search(&load, without_tokens);
    assert_eq!(
        (levels_of(&steps), reason),
        (vec![1.0], EndReason::Unmeasured)
    );
    let found = capacity(&load, &steps);
    assert_eq!(found.unmeasured, Some(Criterion::Tpot));
    assert_eq!(
        (found.low_open, found.high_open),
        (Some(OpenEnd::Unmeasured), Some(OpenEnd::Unmeasured))
    );
    // Whoever asks for the steps alone gets them all.
    let ladder = Load {
        search: false,
        ..load
    };
    let (steps, reason) = search(&ladder, without_tokens);
    assert_eq!(
        (levels_of(&steps), reason),
        (ladder.steps, EndReason::StepsDone)
    );
}

#[test]
fn a_few_responses_without_a_figure_leave_a_limit_to_be_told_by_more_calls() {
    let load = load();
    let mut step = undecided(&load, 1, 4.0);
    for block in &mut step.tally.blocks {
        block.unknown = [2; 4];
    }
    let found = levels(&load, &[step]);
    assert_eq!(found[0].outcome, LevelOutcome::Undecided);
    assert!(!found[0].criteria[0].is_unmeasured());
}
