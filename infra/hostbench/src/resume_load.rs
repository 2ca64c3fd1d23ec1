//! The steps of loads, from the samples of a run that is continued on this machine.

use std::collections::BTreeMap;

use bench_core::{
    config::Load,
    identity::TargetId,
    load::{StepPlan, WorkerRecord, WorkerState},
    sample::Sample,
};
use bench_store::{Store, StoreError};

/// What the samples and the journal of a run tell of its loads.
#[derive(Debug, Default)]
pub(crate) struct RestoredLoads {
    /// By target and step.
    steps: BTreeMap<(TargetId, u32), RestoredStep>,
}

#[derive(Debug)]
struct RestoredStep {
    plan: StepPlan,
    /// Workers by number. One that has samples and no record of its end was killed, which
    /// the invoker finds out again.
    workers: BTreeMap<u32, WorkerRecord>,
}

impl RestoredLoads {
    /// Adds a sample; nothing of one outside of a load.
    pub(crate) fn add(&mut self, sample: &Sample, load: Option<&Load>) {
        let Some(plan) = load.and_then(|load| StepPlan::of(sample, load)) else {
            return;
        };
        let key = (sample.target_id.clone(), sample.step);
        let step = self.steps.entry(key).or_insert_with(|| RestoredStep {
            plan,
            workers: BTreeMap::new(),
        });
        let worker = step.workers.entry(sample.worker);
        worker.or_insert_with(|| WorkerRecord {
            step: sample.step,
            worker: sample.worker,
            state: WorkerState::Running,
            tally: None,
            request_id: sample.function_request_id.clone(),
        });
    }

    /// Adds the record of a worker that has ended. One of a step without a sample is of no
    /// use: the step is planned again.
    pub(crate) fn end(&mut self, target: TargetId, record: WorkerRecord) {
        if let Some(step) = self.steps.get_mut(&(target, record.step)) {
            step.workers.insert(record.worker, record);
        }
    }

    /// Puts the steps and their workers into the table.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub(crate) async fn restore(&self, store: &Store, run_id: &str) -> Result<(), StoreError> {
        for ((target, _), step) in &self.steps {
            store.put_step(run_id, target, &step.plan).await?;
            for record in step.workers.values() {
                store.begin_worker(run_id, target, record).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bench_core::load::StepTally;

    use super::*;

    fn sample(step: u32, worker: u32) -> Sample {
        let plan = StepPlan {
            step,
            level: 8.0,
            workers: 2,
            start_at: "2026-03-04T05:06:07Z".parse().unwrap(),
            ramp_s: Load::default().ramp_s,
            step_s: Load::default().step_s,
        };
        let sample = Sample {
            target_id: "t".parse().unwrap(),
            function_request_id: format!("request-{step}-{worker}"),
            ..Sample::default()
        };
        plan.mark(worker, sample)
    }

    fn ended(step: u32, worker: u32) -> WorkerRecord {
        WorkerRecord {
            step,
            worker,
            state: WorkerState::Done,
            tally: Some(StepTally::default()),
            request_id: format!("request-{step}-{worker}"),
        }
    }

    #[test]
    fn a_worker_with_samples_and_without_an_end_was_killed() {
        let load = Load::default();
        let mut loads = RestoredLoads::default();
        loads.add(&Sample::default(), Some(&load));
        for (step, worker) in [(1, 1), (1, 2), (2, 1), (2, 1), (2, 2)] {
            loads.add(&sample(step, worker), Some(&load));
        }
        let target: TargetId = "t".parse().unwrap();
        for (step, worker) in [(1, 1), (1, 2), (2, 2), (3, 1)] {
            loads.end(target.clone(), ended(step, worker));
        }
        let states: Vec<_> = loads
            .steps
            .values()
            .map(|step| {
                let states = step.workers.values().map(|worker| worker.state);
                (step.plan.step, step.plan.level, states.collect::<Vec<_>>())
            })
            .collect();
        let (done, running) = (WorkerState::Done, WorkerState::Running);
        assert_eq!(
            states,
            [(1, 8.0, vec![done, done]), (2, 8.0, vec![running, done])],
            "what has no sample is planned again"
        );
        let killed = &loads.steps[&(target, 2)].workers[&1];
        assert_eq!(killed.request_id, "request-2-1");
    }

    #[test]
    fn a_run_without_a_load_has_no_steps() {
        let mut loads = RestoredLoads::default();
        loads.add(&sample(1, 1), None);
        assert!(loads.steps.is_empty());
    }
}
