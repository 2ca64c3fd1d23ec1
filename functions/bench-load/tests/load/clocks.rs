//! Response time counts from the intended start, so that no wait is hidden.

use bench_core::config::{Arrival, ArrivalProcess, Load};
use bench_stats::SplitMix64;

use crate::{
    client::{Call, Target, calls, plan, simulate},
    service::{Micros, Stall, Work},
};

const SERVICE: Micros = 20_000;

fn open(step_s: u32) -> Load {
    Load {
        arrival: Arrival::Open,
        process: ArrivalProcess::Poisson,
        step_s,
        ramp_s: 10,
        ..Load::default()
    }
}

fn mean(values: impl Iterator<Item = Micros>) -> f64 {
    let values: Vec<Micros> = values.collect();
    values.iter().sum::<u64>() as f64 / values.len() as f64
}

fn quantile(values: impl Iterator<Item = Micros>, share: f64) -> Micros {
    let mut values: Vec<Micros> = values.collect();
    values.sort_unstable();
    values[(share * values.len() as f64) as usize]
}

/// A client that waits for each answer before it sends what was to be sent meanwhile, and
/// counts from the send.
fn waiting_client(target: &Target, arrivals: &[Call]) -> Vec<Call> {
    let mut random = SplitMix64::new(7);
    let mut intended: Vec<Micros> = arrivals.iter().map(|call| call.intended).collect();
    intended.sort_unstable();
    let mut rest = intended.into_iter();
    let first = rest.next().map(|start| (start, 0));
    let mut after = |call: &Call| rest.next().map(|start| start.max(call.ended));
    simulate(target, first, &mut random, &mut after)
}

/// An open loop of Poisson arrivals on one slot of constant service waits `ρS/(2(1-ρ))` in
/// the mean (Pollaczek and Khinchine).
#[test]
fn mean_response_time_on_one_slot_is_that_of_the_formula() {
    let target = Target {
        network: 1,
        ..Target::slots(1, Work::Fixed(SERVICE))
    };
    for (utilization, tolerance) in [(0.5, 0.05), (0.8, 0.10)] {
        let rate = utilization * 1e6 / SERVICE as f64;
        let load = open((12_000.0 / rate) as u32);
        let plan = plan(&load, 1, rate, None);
        let calls = calls(&load, &target, &plan, 7);
        assert!(calls.len() >= 10_000, "{}", calls.len());
        let formula = SERVICE as f64 * (1.0 + utilization / (2.0 * (1.0 - utilization)));
        let found = mean(calls.iter().map(Call::response_us)) / formula;
        assert!((found - 1.0).abs() < tolerance, "{utilization}: {found}");
        let waiting = waiting_client(&target, &calls);
        let missed = mean(waiting.iter().map(Call::service_us)) / formula;
        assert!(missed < 1.0 - 2.0 * tolerance, "{utilization}: {missed}");
    }
}

#[test]
fn a_stall_of_two_seconds_is_in_the_response_times_and_hidden_from_a_client_that_waits() {
    let load = open(60);
    let target = Target {
        stall: Some(Stall {
            every: 70_000_000,
            at: 30_000_000,
            lasts: 2_000_000,
        }),
        ..Target::slots(1, Work::Fixed(SERVICE))
    };
    let plan = plan(&load, 1, 25.0, None);
    let calls = calls(&load, &target, &plan, 7);
    let response_p99 = quantile(calls.iter().map(Call::response_us), 0.99);
    assert!(response_p99 > 1_500_000, "{response_p99}");
    let waiting = waiting_client(&target, &calls);
    let service_p99 = quantile(waiting.iter().map(Call::service_us), 0.99);
    assert!(service_p99 < 30_000, "{service_p99}");
}
