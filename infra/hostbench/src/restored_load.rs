//! The load of a run as its journal has it, put back into a table that is new.

use std::collections::BTreeMap;

use bench_core::{
    config::{Load, RunConfig},
    identity::TargetId,
    load::{StepPlan, TallyBuilder, WorkerRecord, WorkerState},
    sample::Sample,
};
use bench_store::{Store, StoreError};

/// The steps that samples tell of, and the records of their workers. A worker that has samples
/// and did not write that it ended was killed.
#[derive(Debug)]
pub(crate) struct RestoredLoad<'a> {
    /// The load of each target.
    loads: BTreeMap<&'a TargetId, Load>,
    steps: BTreeMap<(TargetId, u32), StepPlan>,
    /// By step and number.
    workers: BTreeMap<(TargetId, u32, u32), WorkerRecord>,
    killed: BTreeMap<(TargetId, u32, u32), (String, TallyBuilder)>,
}

impl<'a> RestoredLoad<'a> {
    /// The load of a run whose workers have ended like that; no sample added yet.
    pub(crate) fn new(config: &'a RunConfig, ended: &[(TargetId, WorkerRecord)]) -> Self {
        let targets = config.targets.iter();
        let loads = targets.filter_map(|it| Some((&it.id, config.measured_load(it)?)));
        let ended = ended.iter().map(|(target, record)| {
            let key = (target.clone(), record.step, record.worker);
            (key, record.clone())
        });
        Self {
            loads: loads.collect(),
            steps: BTreeMap::new(),
            workers: ended.collect(),
            killed: BTreeMap::new(),
        }
    }

    /// Adds a sample of the run.
    pub(crate) fn add(&mut self, sample: &Sample) {
        let target = &sample.target_id;
        let Some(load) = self.loads.get(target) else {
            return;
        };
        let Some(plan) = StepPlan::of(sample, load) else {
            return;
        };
        let worker = (target.clone(), sample.step, sample.worker);
        if !self.workers.contains_key(&worker) {
            let (_, tally) = self.killed.entry(worker).or_insert_with(|| {
                let tally = TallyBuilder::new(plan.clone(), load.objective);
                (sample.function_request_id.clone(), tally)
            });
            tally.add(sample);
        }
        let step = (target.clone(), sample.step);
        self.steps.entry(step).or_insert(plan);
    }

    /// Puts steps and workers into the table. A worker of a step without samples is left out:
    /// the step is planned again, with workers of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub(crate) async fn put(self, store: &Store, run_id: &str) -> Result<(), StoreError> {
        for ((target, _), plan) in &self.steps {
            store.put_step(run_id, target, plan).await?;
        }
        for (target, record) in self.records() {
            store.begin_worker(run_id, &target, &record).await?;
        }
        Ok(())
    }

    /// The records of the workers of its steps.
    fn records(self) -> Vec<(TargetId, WorkerRecord)> {
        let Self {
            steps,
            workers,
            killed,
            ..
        } = self;
        let killed = killed.into_iter().map(|(key, (request_id, tally))| {
            let record = WorkerRecord {
                step: key.1,
                worker: key.2,
                state: WorkerState::Interrupted,
                tally: Some(tally.finish()),
                request_id,
                free_callers: Vec::new(),
            };
            (key, record)
        });
        let records = workers.into_iter().chain(killed);
        let of_steps = records.filter(|((target, step, _), _)| {
            let step = (target.clone(), *step);
            steps.contains_key(&step)
        });
        of_steps
            .map(|((target, _, _), record)| (target, record))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{self, Overrides},
        load::StepTally,
        sample::{Outcome, Phase, SampleKey},
    };

    use super::*;

    fn config(load: &str) -> RunConfig {
        let text = format!(
            "name = 'a'\n{load}\n[[targets]]\nid = 't'\nkind = 'http'\nurl = 'http://a'\n\
             request = 'tgi'"
        );
        config::from_toml(&text, &Overrides::default()).unwrap()
    }

    fn plan(step: u32) -> StepPlan {
        let load = Load::default();
        StepPlan {
            step,
            level: 4.0,
            workers: 2,
            start_at: "2026-03-04T05:06:07Z".parse().unwrap(),
            ramp_s: load.ramp_s,
            step_s: load.step_s,
            part_s: None,
        }
    }

    fn call(step: u32, worker: u32, number: u32, outcome: Outcome) -> Sample {
        let key = SampleKey {
            target: "t".parse().unwrap(),
            step,
            worker,
            prompt: 0,
            phase: Phase::Measured,
            repetition: number,
            attempt: 1,
        };
        let intended = plan(step).window_start();
        let run = "r".parse().unwrap();
        let sample = Sample {
            intended_at: Some(intended),
            function_request_id: "q".to_owned(),
            ..Sample::new(run, "builtin/0", key, outcome, intended)
        };
        if step == 0 {
            sample
        } else {
            plan(step).mark(worker, sample)
        }
    }

    fn ended(step: u32, worker: u32) -> (TargetId, WorkerRecord) {
        let record = WorkerRecord {
            step,
            worker,
            state: WorkerState::Done,
            tally: Some(StepTally::default()),
            request_id: "q".to_owned(),
            free_callers: Vec::new(),
        };
        ("t".parse().unwrap(), record)
    }

    #[test]
    fn workers_that_wrote_no_end_were_interrupted_and_steps_without_samples_are_planned_again() {
        let config = config("load = { search = false }");
        let ended = [ended(1, 1), ended(1, 2), ended(2, 1), ended(3, 1)];
        let mut restored = RestoredLoad::new(&config, &ended);
        for sample in [
            call(0, 0, 1, Outcome::Ok),
            call(1, 1, 1, Outcome::Ok),
            call(1, 2, 1, Outcome::Ok),
            call(2, 1, 1, Outcome::Ok),
            call(2, 2, 1, Outcome::Ok),
            call(2, 2, 2, Outcome::Interrupted),
        ] {
            restored.add(&sample);
        }
        let plans: Vec<_> = restored.steps.values().cloned().collect();
        assert_eq!(plans, [plan(1), plan(2)]);
        let records = restored.records();
        let states: Vec<_> = records
            .iter()
            .map(|(_, record)| (record.step, record.worker, record.state))
            .collect();
        let (done, interrupted) = (WorkerState::Done, WorkerState::Interrupted);
        let expected = [
            (1, 1, done),
            (1, 2, done),
            (2, 1, done),
            (2, 2, interrupted),
        ];
        assert_eq!(states, expected);
        let tally = records[3].1.tally.clone().unwrap();
        assert_eq!((tally.window().arrived, tally.interrupted), (2, 1));
    }

    #[test]
    fn a_run_without_a_load_has_no_steps() {
        let config = config("");
        let mut restored = RestoredLoad::new(&config, &[]);
        restored.add(&call(0, 0, 1, Outcome::Ok));
        assert!(restored.records().is_empty());
    }
}
