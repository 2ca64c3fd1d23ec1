//! The load of a target: an execution of its own, and what its steps make of it.
//!
//! A step asks the planner for it (five events and a Choice), runs a Map with an iteration
//! of nine events a worker, and asks again. A test holds the numbers to the definition of
//! the state machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    events::{RETRIES_PER_INVOCATION, RETRY_EVENTS},
    quotas::{INVOCATION_MARGIN_S, LOAD_LEAD_S, LOAD_POLL_S, MAX_INVOCATION_S, MAX_LOAD_EVENTS},
};
use crate::config::{Arrival, Load, LoadOrder, RunConfig, STREAMS_PER_WORKER};

/// Events of a load apart from its steps: start and end of the execution, the answer that
/// the load is over, and the Pass that ends it.
pub const LOAD_EVENTS: u32 = 11;

/// Events of a step apart from its workers: the planner's answer, a Choice and the Map.
pub const STEP_EVENTS: u32 = 11;

/// Events of a worker: its iteration, the Wait for its part, and the Lambda call.
pub const WORKER_EVENTS: u32 = 9;

/// The most workers of a step, those of all its parts: a nonce has six bits for the number of
/// one.
pub const MAX_WORKERS_OF_STEP: u32 = 63;

/// Events that each worker is planned with for a call that failed: a retry, and the Pass
/// behind one that failed for good.
pub const WORKER_FAILURE_EVENTS: u32 = RETRY_EVENTS + 2;

/// Events of a wait for another target's load: the planner's answer, a Choice and a Wait.
pub const LOAD_WAIT_EVENTS: u32 = 9;

/// A load that does not fit into the history of an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`load` may take {steps} steps (`load.max_steps`) of {workers} workers (`load.workers`, for \
     each part of a long step), whose history may have {events} events, expected at most \
     {MAX_LOAD_EVENTS}; lower one of the two"
)]
pub struct LoadTooLarge {
    /// Steps, at most.
    pub steps: u32,
    /// Workers of a step, at most, those of all its parts.
    pub workers: u32,
    /// Events, at most.
    pub events: u32,
}

/// The size of the load of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSize {
    /// Steps, at most.
    pub steps: u32,
    /// Parts of a step, each with invocations of its own.
    pub parts: u32,
    /// Workers of a step, at most, those of all its parts: each is an invocation.
    pub workers: u32,
    /// Lambdas at the same time, at most: where a step has parts, those of one wait for
    /// answers while those of the next have begun.
    pub concurrency: u32,
    /// Events of the history of the load, at most.
    pub max_events: u32,
}

impl LoadSize {
    /// The size of the load of each target of a run; `None` where it has none.
    ///
    /// # Errors
    ///
    /// [`LoadTooLarge`] where its history would have too many events.
    pub fn of(config: &RunConfig) -> Result<Option<Self>, LoadTooLarge> {
        let Some(load) = &config.load else {
            return Ok(None);
        };
        let parts = Parts::of(load, config.method.timeout_s);
        let workers = max_workers(load);
        let size = Self {
            steps: load.max_steps,
            parts: parts.count,
            workers: workers * parts.count,
            concurrency: workers * parts.at_once,
            max_events: load_events(load, config),
        };
        if size.max_events > MAX_LOAD_EVENTS {
            return Err(LoadTooLarge {
                steps: size.steps,
                workers: size.workers,
                events: size.max_events,
            });
        }
        Ok(Some(size))
    }
}

/// Workers of a step, at most. How many streams an open loop has follows from its response
/// times, so they may be all.
///
/// ```
/// use bench_core::{config::Load, workflow::max_workers};
/// let load = |most: f64| Load { steps: vec![1.0, most], ..Load::default() };
/// // At most 256 callers each, and at most `workers` of them, 20 by default.
/// assert_eq!(max_workers(&load(32.0)), 1);
/// assert_eq!(max_workers(&load(257.0)), 2);
/// assert_eq!(max_workers(&load(10_000.0)), 20);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a level is at most `MAX_LEVEL`"
)]
pub fn max_workers(load: &Load) -> u32 {
    let highest = load.steps.iter().copied().fold(0.0, f64::max);
    match load.arrival {
        Arrival::Open => load.workers,
        Arrival::Closed => {
            let needed = (highest / f64::from(STREAMS_PER_WORKER)).ceil() as u32;
            needed.clamp(1, load.workers.max(1))
        }
    }
}

/// The parts of a step that is longer than an invocation of its workers can last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// How many.
    pub count: u32,
    /// Seconds of each, the last one apart; `None` of one part.
    pub part_s: Option<u32>,
    /// How many have invocations at the same time, at most: a part ends with the last answer.
    pub at_once: u32,
}

impl Parts {
    /// The parts of a step on AWS.
    #[must_use]
    pub fn of(load: &Load, timeout_s: u32) -> Self {
        Self::within(load, timeout_s, MAX_INVOCATION_S)
    }

    /// The parts of a step where an invocation lasts so many seconds at most: as few as there
    /// can be, of equal lengths. An invocation begins before its part, and ends with the last
    /// answer.
    ///
    /// ```
    /// use bench_core::{config::Load, workflow::Parts};
    /// let part_s = |step_s| Parts::of(&Load { step_s, ..Load::default() }, 300).part_s;
    /// // 20 s of ramp; 320 s of an invocation are for its begin and its last answer.
    /// assert_eq!([560, 561, 1_800].map(part_s), [None, Some(291), Some(455)]);
    /// ```
    #[must_use]
    pub fn within(load: &Load, timeout_s: u32, invocation_s: u32) -> Self {
        let other_s = LOAD_LEAD_S
            .saturating_add(timeout_s)
            .saturating_add(INVOCATION_MARGIN_S);
        let most_s = invocation_s.saturating_sub(other_s);
        let seconds = load.ramp_s.saturating_add(load.step_s);
        if seconds <= most_s || most_s == 0 {
            return Self {
                count: 1,
                part_s: None,
                at_once: 1,
            };
        }
        let part_s = seconds.div_ceil(seconds.div_ceil(most_s));
        let count = seconds.div_ceil(part_s);
        Self {
            count,
            part_s: Some(part_s),
            at_once: count.min(1 + other_s.div_ceil(part_s)),
        }
    }
}

/// Seconds of a step, at most: the time before it starts, its ramp, its window, and the
/// calls that are under way at its end.
#[must_use]
pub fn max_step_s(load: &Load, timeout_s: u32) -> u32 {
    LOAD_LEAD_S + load.ramp_s + load.step_s + timeout_s
}

/// Seconds between two questions of a target whether another one's load is over. Targets
/// that wait together ask the less often each.
#[must_use]
pub fn load_poll_s(targets: u32) -> u32 {
    LOAD_POLL_S * targets.max(1)
}

/// Events in the history of the load of a target, at most.
fn load_events(load: &Load, config: &RunConfig) -> u32 {
    let retries = RETRIES_PER_INVOCATION * RETRY_EVENTS;
    let parts = Parts::of(load, config.method.timeout_s).count;
    let workers = max_workers(load)
        .saturating_mul(parts)
        .saturating_mul(WORKER_EVENTS + WORKER_FAILURE_EVENTS);
    let steps = load
        .max_steps
        .saturating_mul((STEP_EVENTS + retries).saturating_add(workers));
    let targets = u32::try_from(config.targets.len()).unwrap_or(u32::MAX);
    let polls = match load.order {
        LoadOrder::Together => 0,
        LoadOrder::Apart => {
            let each = load.max_steps * max_step_s(load, config.method.timeout_s);
            let others = targets.saturating_sub(1).saturating_mul(each);
            others.div_ceil(load_poll_s(targets))
        }
    };
    LOAD_EVENTS
        .saturating_add(steps)
        .saturating_add(polls.saturating_mul(LOAD_WAIT_EVENTS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MAX_LEVEL, MAX_WORKERS, Overrides, from_toml};

    fn size(callers: u32) -> LoadSize {
        let text = format!(
            "name = \"x\"\n\
             load = {{ steps = [{callers}], search = false, max_steps = 1, workers = 40 }}\n\
             [[targets]]\nid = \"t\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
             request = \"tgi\"\n"
        );
        let config = from_toml(&text, &Overrides::default()).unwrap();
        LoadSize::of(&config).unwrap().unwrap()
    }

    #[test]
    fn ten_times_the_callers_need_ten_times_the_workers_and_no_more_of_anything_else() {
        let (some, ten_times) = (size(1_024), size(10_000));
        assert_eq!((some.workers, ten_times.workers), (4, MAX_WORKERS));
        assert_eq!(some.steps, ten_times.steps);
        // What is not of a worker is the same.
        let rest = |size: LoadSize| {
            size.max_events - size.workers * (WORKER_EVENTS + WORKER_FAILURE_EVENTS)
        };
        assert_eq!(rest(some), rest(ten_times));
    }

    #[test]
    fn the_workers_of_a_step_have_room_for_the_highest_level() {
        let most = f64::from(MAX_WORKERS * STREAMS_PER_WORKER);
        assert!(most >= MAX_LEVEL, "{most} callers");
    }

    #[test]
    fn every_part_of_a_step_and_its_last_answer_fit_into_an_invocation() {
        for timeout_s in [1, 60, 300, 600, 840] {
            for step_s in (60..14_400).step_by(97) {
                let load = Load {
                    step_s,
                    ..Load::default()
                };
                let parts = Parts::of(&load, timeout_s);
                let length = parts.part_s.unwrap_or(load.ramp_s + step_s);
                let whole = LOAD_LEAD_S + length + timeout_s + INVOCATION_MARGIN_S;
                assert!(whole <= MAX_INVOCATION_S, "{load:?} {timeout_s}");
                let seconds = load.ramp_s + step_s;
                assert!((parts.count - 1) * length < seconds && seconds <= parts.count * length);
                // The part after the next has begun when one has ended for long.
                let next = length * parts.at_once.saturating_sub(1);
                assert!(parts.count == parts.at_once || next + LOAD_LEAD_S >= timeout_s);
            }
        }
    }
}
