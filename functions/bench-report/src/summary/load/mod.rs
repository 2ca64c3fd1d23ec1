//! The samples of a load, by step.

mod step;
mod times;

use std::collections::BTreeMap;

use bench_core::{config::Load, load::StepPlan, sample::Sample};
use bench_cost::Rates;
use bench_load::{Capacity, DoneStep, EndReason, Next};

use self::step::StepSamples;
use crate::model::LoadStep;

/// The samples of one target's load, added up as they were measured.
#[derive(Debug, Clone)]
pub(crate) struct LoadTally {
    /// The load as its client meets it, with limits in measured time.
    load: Load,
    /// The service's own time by measured time.
    time_scale: f64,
    /// By run and number of the step.
    steps: BTreeMap<(u32, u32), StepSamples>,
}

impl LoadTally {
    /// Nothing yet.
    pub(crate) fn new(load: Load, time_scale: f64) -> Self {
        Self {
            load,
            time_scale,
            steps: BTreeMap::new(),
        }
    }

    /// Adds a sample of that run; one that does not tell its step is passed over.
    pub(crate) fn add(&mut self, run: u32, sample: &Sample) {
        let Some(plan) = StepPlan::of(sample, &self.load) else {
            return;
        };
        self.steps
            .entry((run, sample.step))
            .or_insert_with(|| StepSamples::new(plan, self.load.objective, self.time_scale))
            .add(self.load.arrival, sample);
    }

    /// Whether no sample was of a load.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The capacity that the steps show, in the service's own time.
    pub(crate) fn capacity(&self) -> Capacity {
        let measured = bench_load::capacity(&self.load, &self.done());
        measured.in_service_time(self.load.arrival, self.time_scale)
    }

    /// Why no further step was made, as far as the steps tell.
    pub(crate) fn ended(&self) -> Option<EndReason> {
        match bench_load::next(&self.load, &self.done(), 0.0, false) {
            Next::Done { reason } => Some(reason),
            Next::Step { .. } => None,
        }
    }

    /// Every step with its figures, in the service's own time; `rates` are those of the
    /// target, where it has a price.
    pub(crate) fn figures(&self, rates: Option<&Rates>) -> Vec<LoadStep> {
        let steps = self.steps.values();
        steps.map(|step| step.figures(&self.load, rates)).collect()
    }

    /// Every step as it is judged.
    fn done(&self) -> Vec<DoneStep> {
        let steps = self.steps.values();
        steps.map(|step| step.done(&self.load)).collect()
    }
}
