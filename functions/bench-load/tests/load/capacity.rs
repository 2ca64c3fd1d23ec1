//! The capacity that a search finds is the one that the service has.

use bench_core::config::{Arrival, ArrivalProcess, Load, Objective};
use bench_load::{Capacity, EndReason, GaveWay, OpenEnd, capacity};

use crate::{
    client::{Target, calls, plan, run},
    service::Work,
};

/// Seeded runs of a search.
const RUNS: u64 = 20;

fn latency(limit_ms: f64) -> Objective {
    Objective {
        latency_p95_ms: Some(limit_ms),
        ..Objective::default()
    }
}

fn closed(objective: Objective) -> Load {
    Load {
        step_s: 60,
        ramp_s: 10,
        objective,
        ..Load::default()
    }
}

fn open(steps: &[f64], objective: Objective) -> Load {
    Load {
        arrival: Arrival::Open,
        process: ArrivalProcess::Poisson,
        steps: steps.to_vec(),
        step_s: 120,
        ..closed(objective)
    }
}

/// The capacities of seeded runs. All but one contain the truth, at least.
fn searches(load: &Load, target: &Target, truth: f64) -> Vec<Capacity> {
    let found: Vec<Capacity> = (1..=RUNS)
        .map(|seed| capacity(load, &run(load, target, seed).0))
        .collect();
    let contains = |found: &&Capacity| {
        found.low.is_none_or(|low| low <= truth) && found.high.is_none_or(|high| truth <= high)
    };
    let hits = found.iter().filter(contains).count() as u64;
    assert!(hits + 1 >= RUNS, "{truth}: {found:#?}");
    found
}

fn assert_width(found: &[Capacity], most: f64) {
    for capacity in found {
        let width = capacity.relative_width();
        assert!(width.is_some_and(|width| width <= most), "{capacity:?}");
    }
}

fn assert_gave_way(found: &[Capacity], first: GaveWay) {
    assert!(found.iter().all(|found| found.gave_way == Some(first)));
}

/// 12 callers take 1.5 S each, 13 take 1.625 S, where they come evenly spaced. Constant service
/// keeps whatever spacing the callers began with, and with any other some wait longer.
#[test]
fn twelve_callers_share_eight_slots_within_one_and_six_tenths_of_a_service_time() {
    let load = closed(latency(800.0));
    let target = Target {
        apart: 500_000 / 8,
        ..Target::slots(8, Work::Fixed(500_000))
    };
    let found = searches(&load, &target, 12.0);
    assert_width(&found, 0.2);
    assert_gave_way(&found, GaveWay::Latency);
}

/// Alone a token takes 10 ms, with n streams 10 · (1 + 0.1 · (n - 1)): 21 streams take 30 ms.
#[test]
fn twenty_one_streams_of_a_batch_keep_thirty_milliseconds_a_token() {
    let objective = Objective {
        tpot_p95_ms: Some(30.2),
        ..Objective::default()
    };
    let load = closed(objective);
    let target = Target::batch(0.1, Work::Fixed(500_000));
    let found = searches(&load, &target, 21.0);
    assert_width(&found, 0.2);
    assert_gave_way(&found, GaveWay::Tpot);
}

/// 20 callers of half a second make 40 requests a second; one more is refused.
#[test]
fn twenty_callers_stay_below_the_rate_from_which_on_requests_are_refused() {
    let objective = Objective {
        success_rate: Some(0.99),
        ..Objective::default()
    };
    let load = closed(objective);
    let target = Target {
        throttle: Some((40.2, 20.0)),
        ..Target::slots(100, Work::Fixed(500_000))
    };
    let found = searches(&load, &target, 20.0);
    assert_width(&found, 0.2);
    assert_gave_way(&found, GaveWay::Throttling);
}

/// The share of requests within `t` of an open loop of Poisson arrivals on `c` slots of
/// exponential service, by Erlang's formula.
fn within(t: f64, rate: f64, slots: u32, mean: f64) -> f64 {
    let (mu, c) = (1.0 / mean, f64::from(slots));
    let offered = rate / mu;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..slots {
        term *= offered / f64::from(k);
        sum += term;
    }
    let last = term * offered / c * c / (c - offered);
    let waits = last / (sum + last);
    let tail = (1.0 - (-(c * mu - rate - mu) * t).exp()) / (c - 1.0 - offered);
    1.0 - (-mu * t).exp() * (1.0 + waits * tail)
}

/// The rate at which 95 % of the requests are within `t`.
fn true_rate(t: f64, slots: u32, mean: f64) -> f64 {
    let (mut low, mut high) = (1e-6, f64::from(slots) / mean - 1e-6);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if within(t, middle, slots, mean) >= 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn the_rate_of_an_open_loop_on_one_slot_of_exponential_service_is_found() {
    // The response time is exponential with the rate mu - lambda.
    let truth = true_rate(0.3, 1, 0.025);
    assert!((truth - (40.0 - 20.0_f64.ln() / 0.3)).abs() < 1e-6);
    let load = open(&[5.0, 10.0, 20.0, 40.0, 80.0], latency(300.0));
    let target = Target::slots(1, Work::Exponential(25_000));
    assert_width(&searches(&load, &target, truth), 0.6);
}

#[test]
fn the_rate_of_an_open_loop_on_eight_slots_of_exponential_service_is_found() {
    let truth = true_rate(0.8, 8, 0.2);
    let load = open(&[5.0, 10.0, 20.0, 40.0, 80.0], latency(800.0));
    let target = Target::slots(8, Work::Exponential(200_000));
    assert_width(&searches(&load, &target, truth), 0.4);
}

#[test]
fn a_noisy_service_has_the_capacity_of_a_long_measurement() {
    let load = closed(latency(1_000.0));
    let target = Target::slots(8, Work::LogNormal(400_000, 0.3));
    let long = Load {
        step_s: 3_000,
        ..load.clone()
    };
    let share = |callers: u32| {
        let plan = plan(&long, 1, callers.into(), None);
        let calls = calls(&long, &target, &plan, 99);
        let n = calls.len() as f64;
        calls
            .iter()
            .filter(|call| call.response_us() <= 1_000_000)
            .count() as f64
            / n
    };
    let truth = (1..40).rfind(|callers| share(*callers) >= 0.95).unwrap();
    assert_width(&searches(&load, &target, truth.into()), 0.2);
}

#[test]
fn a_service_that_is_never_too_slow_keeps_the_objective_at_every_level() {
    let load = closed(latency(800.0));
    let (steps, reason) = run(&load, &Target::slots(500, Work::Fixed(500_000)), 1);
    assert_eq!(reason, EndReason::StepsDone);
    let found = capacity(&load, &steps);
    assert_eq!((found.low, found.high), (Some(32.0), None));
    assert_eq!(found.high_open, Some(OpenEnd::AllKept));
}

/// 60 requests a second on a slot that answers 40: a queue that no limit is set for.
#[test]
fn a_queue_that_grows_breaks_a_level_whose_limits_are_kept() {
    let objective = Objective {
        success_rate: Some(0.99),
        ..Objective::default()
    };
    let load = open(&[10.0, 20.0, 60.0], objective);
    let (steps, _) = run(&load, &Target::slots(1, Work::Exponential(25_000)), 3);
    let found = capacity(&load, &steps);
    assert_eq!(found.gave_way, Some(GaveWay::Queue));
    assert!(found.low.is_some_and(|low| low <= 41.0), "{found:?}");
    assert!(found.high.is_some_and(|high| high >= 39.0), "{found:?}");
}
