//! How far the workers of a step came with their requests.

use std::collections::BTreeMap;

use bench_core::{
    config::{Arrival, Load},
    load::StepPlan,
    sample::{Outcome, Sample},
};
use jiff::{SignedDuration, Timestamp};

use crate::arrivals::arrivals;

/// The longest time that a caller sends nothing although it was answered: behind a failure, or
/// while a service holds a connection open. What is missing of the end of a window within it
/// changes no conclusion.
const MAX_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// How far each worker of a step came, as its samples tell: of an open loop until the start of
/// its last request, of a closed one until the end of the last call of its callers.
#[derive(Debug, Clone, Default)]
pub struct WorkersSent(BTreeMap<u32, Timestamp>);

impl WorkersSent {
    /// Adds a sample of the step. One of a call that was not made tells nothing.
    pub fn add(&mut self, arrival: Arrival, sample: &Sample) {
        let Some(intended) = sample.intended_at else {
            return;
        };
        if sample.outcome == Outcome::Budget {
            return;
        }
        let until = match arrival {
            Arrival::Open => intended,
            Arrival::Closed => later(intended, sample.response_us()),
        };
        let latest = self.0.entry(sample.worker).or_insert(until);
        *latest = until.max(*latest);
    }

    /// The workers of all parts of the step that did not make their requests to the end.
    ///
    /// Of an open loop the schedule tells: the last request of the window is missing. One that
    /// had nothing to send in the window is not lost. Of a closed loop, no call was under way at
    /// the end of the worker's part, neither its own nor one of a worker that it takes over from.
    #[must_use]
    pub fn lost(&self, load: &Load, plan: &StepPlan) -> u32 {
        let until = |worker| self.0.get(&worker).copied();
        let came_to = |until: Option<Timestamp>, end: Timestamp| {
            until.is_some_and(|until| end.duration_since(until) <= MAX_PAUSE)
        };
        lost_workers(load, plan, |worker| match load.arrival {
            Arrival::Open => {
                let due = requests(load, plan, worker).last();
                due.is_some_and(|due| came_to(until(worker), due))
            }
            Arrival::Closed => {
                let end = plan.ends_at(worker);
                let before = |worker: &u32| plan.worker_before(*worker);
                let mut chain = std::iter::successors(Some(worker), before);
                chain.any(|worker| came_to(until(worker), end))
            }
        })
    }
}

/// The workers of all parts of a step that are not done, of those with anything to send.
pub(crate) fn lost_workers(load: &Load, plan: &StepPlan, is_done: impl Fn(u32) -> bool) -> u32 {
    let is_lost = |worker: &u32| has_requests(load, plan, *worker) && !is_done(*worker);
    let lost = (1..=plan.all_workers()).filter(is_lost).count();
    u32::try_from(lost).unwrap_or(u32::MAX)
}

/// Whether a worker has anything to send in the window. One of many of a low rate may not.
fn has_requests(load: &Load, plan: &StepPlan, worker: u32) -> bool {
    match load.arrival {
        Arrival::Open => requests(load, plan, worker).next().is_some(),
        Arrival::Closed => plan.callers_of(worker) > 0,
    }
}

/// When the requests of a worker of an open loop come that are of the window and of its part.
fn requests(load: &Load, plan: &StepPlan, worker: u32) -> impl Iterator<Item = Timestamp> {
    let begin = plan.begins_at(worker).max(plan.window_start());
    let (start_at, end) = (plan.start_at, plan.ends_at(worker));
    arrivals(load.process, plan, worker, load.seed)
        .map_while(move |offset| {
            let offset = SignedDuration::try_from(offset).ok()?;
            start_at.checked_add(offset).ok()
        })
        .skip_while(move |at| *at < begin)
        .take_while(move |at| *at < end)
}

fn later(at: Timestamp, micros: u64) -> Timestamp {
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    at.checked_add(SignedDuration::from_micros(micros))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use bench_core::config::ArrivalProcess;

    use super::*;

    fn plan(level: f64, workers: u32) -> StepPlan {
        StepPlan {
            ramp_s: 10,
            step_s: 60,
            ..crate::arrivals::tests::plan(level, workers)
        }
    }

    fn load(arrival: Arrival) -> Load {
        Load {
            arrival,
            ..Load::default()
        }
    }

    /// A call that was to start so long after the step, and took so long.
    fn call(plan: &StepPlan, worker: u32, start_ms: i64, response_ms: u64) -> Sample {
        Sample {
            worker,
            outcome: Outcome::Ok,
            intended_at: Some(plan.start_at + SignedDuration::from_millis(start_ms)),
            latency_us: response_ms * 1_000,
            ..Sample::default()
        }
    }

    fn lost(load: &Load, plan: &StepPlan, samples: &[Sample]) -> u32 {
        let mut sent = WorkersSent::default();
        for sample in samples {
            sent.add(load.arrival, sample);
        }
        sent.lost(load, plan)
    }

    /// The samples of a schedule, of the ramp too, up to a time.
    fn scheduled(load: &Load, plan: &StepPlan, until_s: u64) -> Vec<Sample> {
        let of_worker = |worker| {
            arrivals(load.process, plan, worker, load.seed)
                .map(|offset| i64::try_from(offset.as_millis()).unwrap())
                .take_while(move |offset| *offset < i64::try_from(until_s * 1_000).unwrap())
                .map(move |offset| call(plan, worker, offset, 20))
        };
        (1..=plan.workers).flat_map(of_worker).collect()
    }

    #[test]
    fn a_worker_that_had_nothing_to_send_is_not_lost() {
        let load = load(Arrival::Open);
        // One request a minute and a half, of ten workers: most have none.
        let plan = plan(1.0 / 90.0, 10);
        let samples = scheduled(&load, &plan, 70);
        assert!(samples.len() < 5, "{}", samples.len());
        assert_eq!(lost(&load, &plan, &samples), 0);
        let idle = (1..=10).filter(|worker| !has_requests(&load, &plan, *worker));
        assert!(idle.count() >= 5);
    }

    #[test]
    fn a_worker_that_had_something_to_send_and_has_no_sample_is_lost() {
        let load = load(Arrival::Open);
        let plan = plan(20.0, 4);
        let mut samples = scheduled(&load, &plan, 70);
        assert_eq!(lost(&load, &plan, &samples), 0);
        samples.retain(|sample| sample.worker != 3);
        assert_eq!(lost(&load, &plan, &samples), 1);
        assert_eq!(lost(&load, &plan, &[]), 4);
    }

    #[test]
    fn workers_that_stopped_within_the_window_are_lost() {
        for process in [ArrivalProcess::Poisson, ArrivalProcess::Constant] {
            let load = Load {
                process,
                ..load(Arrival::Open)
            };
            let plan = plan(20.0, 2);
            for (until_s, expected) in [(9, 2), (40, 2), (66, 2), (70, 0)] {
                let samples = scheduled(&load, &plan, until_s);
                assert_eq!(lost(&load, &plan, &samples), expected, "{until_s} s");
            }
        }
    }

    #[test]
    fn a_closed_loop_has_a_call_under_way_at_its_end_unless_a_worker_was_lost() {
        let load = load(Arrival::Closed);
        let plan = plan(4.0, 2);
        let to_the_end = call(&plan, 1, 68_000, 3_000);
        let pausing = call(&plan, 2, 69_000, 200);
        assert_eq!(lost(&load, &plan, &[to_the_end.clone(), pausing]), 0);
        let killed_in_the_ramp = Sample {
            outcome: Outcome::Interrupted,
            ..call(&plan, 2, 4_000, 0)
        };
        assert_eq!(lost(&load, &plan, &[to_the_end, killed_in_the_ramp]), 1);
    }

    #[test]
    fn a_worker_whose_callers_were_never_answered_by_the_part_before_is_not_lost() {
        let load = load(Arrival::Closed);
        let plan = StepPlan {
            part_s: Some(35),
            ..plan(2.0, 1)
        };
        let silent = call(&plan, 1, 1_000, 300_000);
        assert_eq!(lost(&load, &plan, &[silent]), 0);
        let answered = call(&plan, 1, 34_000, 2_000);
        assert_eq!(lost(&load, &plan, std::slice::from_ref(&answered)), 1);
        let taken_over = call(&plan, 2, 69_500, 700);
        assert_eq!(lost(&load, &plan, &[answered, taken_over]), 0);
    }

    #[test]
    fn a_call_that_was_not_made_and_times_beyond_all_clocks_do_no_harm() {
        let load = load(Arrival::Closed);
        let plan = plan(1.0, 1);
        let not_made = Sample {
            outcome: Outcome::Budget,
            ..call(&plan, 1, 69_000, 2_000)
        };
        assert_eq!(lost(&load, &plan, &[not_made]), 1);
        let endless = Sample {
            latency_us: u64::MAX,
            ..call(&plan, 1, 0, 0)
        };
        assert_eq!(lost(&load, &plan, &[endless]), 0);
    }
}
