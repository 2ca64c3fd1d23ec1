//! A step that is over.

use std::collections::BTreeSet;

use bench_core::{
    config::Load,
    load::{StepPlan, StepTally, WorkerRecord, WorkerState},
};

use crate::sent::lost_workers;

/// A step that is over: its plan, what its samples add up to, and how many of its workers
/// made their requests to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct DoneStep {
    /// Its plan.
    pub plan: StepPlan,
    /// The tally of the samples of all its workers.
    pub tally: StepTally,
    /// Workers of all its parts that did not send what was theirs to the end of the part. One
    /// that had nothing to send in the window is none of them.
    pub lost_workers: u32,
}

impl DoneStep {
    /// A step all of whose workers made their requests to the end.
    #[must_use]
    pub fn whole(plan: StepPlan, tally: StepTally) -> Self {
        Self {
            plan,
            tally,
            lost_workers: 0,
        }
    }

    /// A step by the records of its workers. One without a record, and one that is not done,
    /// is lost, unless it had nothing to send.
    #[must_use]
    pub fn of<'a>(
        load: &Load,
        plan: StepPlan,
        records: impl IntoIterator<Item = &'a WorkerRecord>,
    ) -> Self {
        let mut tally = StepTally::default();
        let mut done = BTreeSet::new();
        for record in records {
            if record.state == WorkerState::Done {
                done.insert(record.worker);
            }
            if let Some(own) = &record.tally {
                tally.merge(own);
            }
        }
        Self {
            lost_workers: lost_workers(load, &plan, |worker| done.contains(&worker)),
            plan,
            tally,
        }
    }

    /// The mean response time of its answered calls, in seconds.
    #[must_use]
    pub fn mean_response_s(&self) -> Option<f64> {
        let window = self.tally.window();
        let answered = (window.answered > 0).then_some(window.answered as f64)?;
        Some(window.response_us as f64 / answered / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::Arrival;

    use super::*;

    fn record(worker: u32, state: WorkerState) -> WorkerRecord {
        let tally = StepTally {
            ramp: 5,
            ..StepTally::default()
        };
        WorkerRecord {
            step: 1,
            worker,
            state,
            tally: (state != WorkerState::Running).then_some(tally),
            request_id: "request".into(),
            free_callers: Vec::new(),
        }
    }

    #[test]
    fn workers_without_an_end_of_their_own_are_lost_and_what_they_sent_counts() {
        let plan = StepPlan {
            step: 1,
            level: 8.0,
            workers: 6,
            start_at: "2026-03-04T05:06:07Z".parse().unwrap(),
            ramp_s: 1,
            step_s: 10,
            part_s: None,
        };
        let records = [
            record(1, WorkerState::Done),
            record(2, WorkerState::Running),
            record(3, WorkerState::Interrupted),
            record(4, WorkerState::Late),
            record(5, WorkerState::BudgetSpent),
        ];
        let load = Load::default();
        let step = DoneStep::of(&load, plan.clone(), &records);
        assert_eq!((step.lost_workers, step.tally.ramp), (5, 20));
        let all = (1..=6).map(|worker| record(worker, WorkerState::Done));
        let all: Vec<WorkerRecord> = all.collect();
        assert_eq!(DoneStep::of(&load, plan.clone(), &all).lost_workers, 0);
        assert_eq!(step.mean_response_s(), None);
        let in_two_parts = StepPlan {
            part_s: Some(6),
            ..plan.clone()
        };
        assert_eq!(DoneStep::of(&load, in_two_parts, &all).lost_workers, 6);
        // A request in a hundred seconds, in a window of ten: nobody has any.
        let open = Load {
            arrival: Arrival::Open,
            ..load
        };
        let idle = StepPlan {
            level: 0.01,
            ..plan
        };
        assert_eq!(DoneStep::of(&open, idle, &records).lost_workers, 0);
    }
}
