//! How a window went: the numbers that tell whether it was steady.

use bench_core::load::{BlockTally, StepPlan, StepTally};
use bench_stats::{BlockEstimate, late_to_early, mean_of_blocks};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Little's law is checked where at most this share of the requests was not answered: the
/// time that those were under way is not among the response times.
const MAX_UNANSWERED: f64 = 0.01;

/// How much Little's law may be off, as a share.
const LITTLE: f64 = 0.05;

/// The shortest time between intended start and send that is held against the client, in
/// microseconds.
const MIN_QUEUED_US: u64 = 10_000;

/// How a window went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dynamics {
    /// Requests under way, in the mean of the window.
    pub mean_in_flight: f64,
    /// Mean requests under way by rate and mean response time (Little's law: 1);
    /// `None` where more than 1 % of the requests were not answered.
    pub littles_ratio: Option<f64>,
    /// How far from 1 that ratio may be: 5 %, and the share of requests that were under way
    /// when the window ended, since of those (and of those that it began with) a part is in
    /// one of the two and not in the other.
    pub littles_tolerance: f64,
    /// Mean response time of the later half of the window, as a multiple of the earlier
    /// half's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_to_early_response: Option<BlockEstimate>,
    /// The same of the rate of answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_to_early_rate: Option<BlockEstimate>,
    /// The same of the requests under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_to_early_in_flight: Option<BlockEstimate>,
    /// By how many requests a second the requests under way became more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth_per_s: Option<BlockEstimate>,
    /// That growth as a share of the requests that came.
    pub growth_share: f64,
    /// The share of the window's requests that ended inside it.
    pub ended_inside: f64,
    /// The share of the window's requests that the service refused, since there were too
    /// many.
    pub throttled: f64,
    /// The share of them that failed otherwise.
    pub failed: f64,
    /// The share of them during which the client was held up.
    pub stalled: f64,
    /// The 99th percentile of the time from intended start to send, in microseconds.
    pub queued_p99_us: u64,
    /// Its limit: 10 ms, or 1 % of the median service time where that is more.
    pub queued_limit_us: u64,
}

impl Dynamics {
    /// Those of the window of a step.
    #[must_use]
    pub fn of(plan: &StepPlan, tally: &StepTally) -> Self {
        let window = tally.window();
        let block_s = plan.block_us() as f64 / 1e6;
        let window_us = plan.block_us() as f64 * tally.blocks.len() as f64;
        let share = |part: u64| {
            if window.arrived > 0 {
                part as f64 / window.arrived as f64
            } else {
                0.0
            }
        };
        let ended_inside = share(window.ended_inside);
        let halves = |value: fn(&BlockTally) -> (f64, f64)| {
            let values: Vec<(f64, f64)> = tally.blocks.iter().map(value).collect();
            late_to_early(&values)
        };
        let growth: Vec<f64> = tally.blocks.iter().map(|b| growth(b) / block_s).collect();
        let growth_per_s = mean_of_blocks(&growth).filter(|_| block_s > 0.0);
        let is_answered = share(window.throttled + window.failed) <= MAX_UNANSWERED;
        let response = window.response_us as f64;
        Self {
            mean_in_flight: window.in_flight_us as f64 / window_us.max(1.0),
            littles_ratio: (is_answered && response > 0.0)
                .then(|| window.in_flight_us as f64 / response),
            littles_tolerance: LITTLE + (1.0 - ended_inside),
            late_to_early_response: halves(|b| (b.response_us as f64, b.answered as f64)),
            late_to_early_rate: halves(|b| (b.completed as f64, 1.0)),
            late_to_early_in_flight: halves(|b| (b.in_flight_us as f64, 1.0)),
            growth_share: growth.iter().sum::<f64>() * block_s / (window.arrived as f64).max(1.0),
            growth_per_s,
            ended_inside,
            throttled: share(window.throttled),
            failed: share(window.failed),
            stalled: share(tally.client_limited),
            queued_p99_us: tally.queued_p99_us,
            queued_limit_us: MIN_QUEUED_US.max(tally.service_p50_us / 100),
        }
    }
}

/// By how many requests a block ends with more under way than it began with. One that was
/// refused or failed is not under way, but for one that timed out: the target may still be at
/// it.
fn growth(block: &BlockTally) -> f64 {
    let ended = block.throttled + block.failed.saturating_sub(block.timed_out);
    block.arrived as f64 - ended as f64 - block.completed as f64
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{Arrival, Load, Objective},
        load::BLOCKS,
    };

    use super::*;
    use crate::{DoneStep, LevelOutcome, Steadiness, judge};

    /// Ten requests a second, of which one in twenty fails.
    fn failing(timed_out: u64) -> DoneStep {
        let block = BlockTally {
            arrived: 100,
            answered: 95,
            failed: 5,
            timed_out,
            ended_inside: 100,
            response_us: 19_000_000,
            service_us: 19_000_000,
            completed: 95,
            in_flight_us: 19_500_000,
            kept: [95; 4],
            ..BlockTally::default()
        };
        let plan = StepPlan {
            step: 1,
            level: 10.0,
            workers: 1,
            start_at: jiff::Timestamp::UNIX_EPOCH,
            ramp_s: 1,
            step_s: 100,
            part_s: None,
        };
        let tally = StepTally {
            blocks: [block; BLOCKS],
            ..StepTally::default()
        };
        DoneStep::whole(plan, tally)
    }

    #[test]
    fn requests_that_fail_at_once_are_no_growing_queue_and_those_that_time_out_may_be() {
        let load = Load {
            arrival: Arrival::Open,
            objective: Objective {
                success_rate: Some(0.9),
                ..Objective::default()
            },
            ..Load::default()
        };
        let at_once = judge(&load, &failing(0));
        assert!(at_once.dynamics.growth_share.abs() < 1e-9);
        assert_eq!(
            (at_once.steadiness, at_once.outcome),
            (Steadiness::Steady, LevelOutcome::Kept)
        );
        let timed_out = judge(&load, &failing(5));
        assert!((timed_out.dynamics.growth_share - 0.05).abs() < 1e-9);
        assert_eq!(timed_out.outcome, LevelOutcome::Undecided);
    }
}
