//! A worker against a scripted model and a log in memory, on a clock that does not run.

mod ends;
mod fakes;
mod killed;
mod loops;
mod parts;
mod simulated;

use std::time::Duration;

use bench_core::{
    load::{StepTally, TallyBuilder, WorkerState},
    sample::{Outcome, Sample},
};
use jiff::Timestamp;

use self::fakes::{FakeService, LoadMemory};
use super::*;
use crate::{Invocation, fakes::plan_of};

/// When the step begins.
const START: &str = "2026-03-04T05:06:07Z";

/// A step of a load of one worker, with a ramp of 4 s and a window of 20 s.
#[derive(Debug, Clone)]
struct Setup {
    plan: Plan,
    step: StepPlan,
    worker: u32,
    request: &'static str,
    left: Duration,
    now: Timestamp,
}

impl Setup {
    /// A load with these lines of `[load]`, of a level.
    fn new(load: &str, level: f64) -> Self {
        let plan = plan_of(&format!(
            r#"
            name = "load"
            dataset = {{ source = "builtin", prompts = 6 }}
            method = {{ timeout_s = 30, cache = "cold" }}
            [[targets]]
            id = "t"
            kind = "http"
            url = "http://10.0.0.1:8080"
            request = "tgi"
            [load]
            step_s = 20
            ramp_s = 4
            steps = [1]
            search = false
            {load}
            "#
        ));
        Self {
            plan,
            step: StepPlan {
                step: 3,
                level,
                workers: 1,
                start_at: time(START),
                ramp_s: 4,
                step_s: 20,
                part_s: None,
            },
            worker: 1,
            request: "request",
            left: Duration::from_mins(15),
            now: time(START),
        }
    }

    async fn run(&self, service: &FakeService, log: &LoadMemory) -> Result<LoadReply, Error> {
        let work = LoadWork {
            plan: &self.plan,
            load: self.plan.config.load.as_ref().unwrap(),
            target: &self.plan.config.targets[0],
            prompts: &self.plan.prompts,
            step: self.step.clone(),
            worker: self.worker,
            invocation: Invocation {
                request_id: self.request.to_owned(),
                cold_start: false,
            },
        };
        let time_left = TimeLeft::from_now(self.left);
        measure_load(service, log, &work, &time_left, self.now).await
    }

    /// The tally of samples of the step.
    fn tally(&self, samples: &[Sample]) -> StepTally {
        let objective = self.plan.config.load.as_ref().unwrap().objective;
        let mut tally = TallyBuilder::new(self.step.clone(), objective);
        for sample in samples {
            tally.add(sample);
        }
        tally.finish()
    }

    /// The intended start of a sample, from the start of the step.
    fn intended(&self, sample: &Sample) -> Duration {
        let intended = sample.intended_at.unwrap();
        intended
            .duration_since(self.step.start_at)
            .try_into()
            .unwrap()
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn outcomes(samples: &[Sample], outcome: Outcome) -> usize {
    let is_outcome = |sample: &&Sample| sample.outcome == outcome;
    samples.iter().filter(is_outcome).count()
}
