//! The decision after a step of a load, by what is stored of it.

use bench_core::{
    config::Load,
    load::{StepPlan, WorkerState},
    workflow::INVOCATION_MARGIN_S,
};
use bench_load::{DoneStep, EndReason, Next};
use bench_store::{StoredLoad, StoredStep};
use jiff::{SignedDuration, Timestamp};

/// A decision after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Decision {
    /// The step that was planned before.
    Begin,
    /// The step that was planned before, at another time: it has been missed.
    Retime,
    /// Workers of an execution that has ended may still be making calls, until then.
    Await(Timestamp),
    /// A new step of this level.
    Plan(f64),
    /// Nothing: the load has ended.
    End(EndReason),
}

/// Facts besides the steps that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// The longest call, in seconds.
    pub timeout_s: u32,
    /// The time.
    pub now: Timestamp,
    /// Whether the budget of the run has been spent.
    pub budget_spent: bool,
}

/// The step that was planned to follow after a step, if one was.
pub(crate) fn planned(stored: &StoredLoad<EndReason>, after_step: u32) -> Option<&StoredStep> {
    let mut steps = stored.steps.iter();
    steps.find(|stored| stored.plan.step > after_step)
}

/// Decides after a step.
pub(crate) fn decide(
    load: &Load,
    stored: &StoredLoad<EndReason>,
    after_step: u32,
    circumstances: Circumstances,
) -> Decision {
    let Circumstances {
        timeout_s,
        now,
        budget_spent,
    } = circumstances;
    if let Some(step) = planned(stored, after_step) {
        return begin(step, timeout_s, now);
    }
    if let Some(reason) = stored.end {
        return Decision::End(reason);
    }
    let done: Vec<DoneStep> = stored
        .steps
        .iter()
        .map(|step| DoneStep::of(load, step.plan.clone(), &step.workers))
        .collect();
    let minutes = minutes_used(&stored.steps, timeout_s, now);
    match bench_load::next(load, &done, minutes, budget_spent) {
        Next::Step { level, .. } => Decision::Plan(level),
        Next::Done { reason } => Decision::End(reason),
    }
}

/// A step that is planned: its workers begin, unless they did.
fn begin(step: &StoredStep, timeout_s: u32, now: Timestamp) -> Decision {
    if step.workers.is_empty() {
        return if step.plan.start_at < now {
            Decision::Retime
        } else {
            Decision::Begin
        };
    }
    let mut states = step.workers.iter().map(|worker| worker.state);
    let over = end_of_calls(&step.plan, timeout_s);
    if states.any(|state| state == WorkerState::Running) && now < over {
        return Decision::Await(over);
    }
    Decision::Begin
}

/// When the last call of a step has ended, and has its sample, at the latest.
pub(crate) fn end_of_calls(plan: &StepPlan, timeout_s: u32) -> Timestamp {
    plan.window_end() + seconds(timeout_s) + seconds(INVOCATION_MARGIN_S)
}

/// Minutes that the load has taken: from the start of each step to that of the next, and to
/// now; but no longer than the step can take, so that the time between a run and its
/// resumption does not count.
fn minutes_used(steps: &[StoredStep], timeout_s: u32, now: Timestamp) -> f64 {
    let starts = steps.iter().map(|step| step.plan.start_at);
    let ends = starts.skip(1).chain([now]);
    let lasted = steps.iter().zip(ends).map(|(step, end)| {
        let end = end.min(end_of_calls(&step.plan, timeout_s));
        end.duration_since(step.plan.start_at).as_secs_f64()
    });
    lasted.map(|seconds| seconds.max(0.0)).sum::<f64>() / 60.0
}

pub(crate) fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::Objective,
        load::{BlockTally, StepTally, WorkerRecord},
    };

    use super::*;

    const TIMEOUT_S: u32 = 10;

    fn load() -> Load {
        Load {
            steps: vec![1.0, 2.0, 4.0],
            step_s: 60,
            ramp_s: 5,
            search: false,
            objective: Objective {
                success_rate: Some(0.5),
                ..Objective::default()
            },
            ..Load::default()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn plan(step: u32, start: i64) -> StepPlan {
        StepPlan {
            step,
            level: f64::from(step),
            workers: 2,
            start_at: at(start),
            ramp_s: 5,
            step_s: 60,
            part_s: None,
        }
    }

    /// A worker all of whose calls were answered.
    fn worker(step: u32, worker: u32, state: WorkerState) -> WorkerRecord {
        let block = BlockTally {
            arrived: 100,
            answered: 100,
            ended_inside: 100,
            response_us: 6_000_000,
            service_us: 6_000_000,
            completed: 100,
            in_flight_us: 6_000_000,
            kept: [100; 4],
            ..BlockTally::default()
        };
        WorkerRecord {
            step,
            worker,
            state,
            tally: (state != WorkerState::Running).then(|| StepTally {
                blocks: [block; 10],
                ..StepTally::default()
            }),
            request_id: "q".to_owned(),
            free_callers: Vec::new(),
        }
    }

    fn step(step: u32, start: i64, states: &[WorkerState]) -> StoredStep {
        let workers = (1..).zip(states);
        StoredStep {
            plan: plan(step, start),
            workers: workers
                .map(|(number, state)| worker(step, number, *state))
                .collect(),
        }
    }

    fn after(steps: &[StoredStep], after_step: u32, now: i64) -> Decision {
        let stored = StoredLoad {
            steps: steps.to_vec(),
            end: None,
        };
        let circumstances = Circumstances {
            timeout_s: TIMEOUT_S,
            now: at(now),
            budget_spent: false,
        };
        decide(&load(), &stored, after_step, circumstances)
    }

    const DONE: [WorkerState; 2] = [WorkerState::Done; 2];

    #[test]
    fn the_first_step_is_the_first_level_and_a_good_one_leads_to_the_next() {
        assert_eq!(after(&[], 0, 0), Decision::Plan(1.0));
        assert_eq!(after(&[step(1, 0, &DONE)], 1, 70), Decision::Plan(2.0));
    }

    #[test]
    fn a_step_that_is_planned_already_is_the_answer_again() {
        let planned = [step(1, 100, &[])];
        assert_eq!(after(&planned, 0, 90), Decision::Begin);
        assert_eq!(after(&planned, 0, 101), Decision::Retime, "it was missed");
        let steps = [step(1, 0, &DONE), step(2, 100, &DONE)];
        assert_eq!(after(&steps, 0, 500), Decision::Begin, "a resumed run");
        assert_eq!(after(&steps, 1, 500), Decision::Begin);
        assert_eq!(after(&steps, 2, 500), Decision::Plan(4.0));
    }

    #[test]
    fn workers_of_an_execution_that_was_stopped_are_waited_for_as_long_as_they_may_call() {
        let steps = [step(1, 0, &[WorkerState::Running, WorkerState::Done])];
        assert_eq!(after(&steps, 0, 40), Decision::Await(at(80)));
        assert_eq!(after(&steps, 0, 80), Decision::Begin, "nobody makes calls");
        assert_ne!(
            after(&steps, 1, 80),
            Decision::Plan(2.0),
            "behind its Map a worker that still runs was lost"
        );
    }

    #[test]
    fn a_load_that_has_ended_stays_so() {
        let stored = StoredLoad {
            steps: vec![step(1, 0, &DONE)],
            end: Some(EndReason::Time),
        };
        let circumstances = Circumstances {
            timeout_s: TIMEOUT_S,
            now: at(500),
            budget_spent: false,
        };
        let after = |step| decide(&load(), &stored, step, circumstances);
        assert_eq!(after(0), Decision::Begin, "its steps are walked through");
        assert_eq!(after(1), Decision::End(EndReason::Time));
    }

    #[test]
    fn a_spent_budget_ends_the_load() {
        let stored = StoredLoad {
            steps: Vec::new(),
            end: None,
        };
        let circumstances = Circumstances {
            timeout_s: TIMEOUT_S,
            now: at(0),
            budget_spent: true,
        };
        assert_eq!(
            decide(&load(), &stored, 0, circumstances),
            Decision::End(EndReason::Budget)
        );
    }

    #[test]
    fn the_time_between_a_run_and_its_resumption_is_not_of_the_load() {
        let steps = [step(1, 0, &DONE), step(2, 90, &DONE)];
        let minutes = |now| minutes_used(&steps, TIMEOUT_S, at(now));
        // 80 s of the first step, since it can take no longer, and 60 s of the second.
        assert!((minutes(150) - 140.0 / 60.0).abs() < 1e-9);
        assert!((minutes(100_000) - 160.0 / 60.0).abs() < 1e-9);
    }
}
