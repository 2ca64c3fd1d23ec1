//! The samples of a load, by step.

mod step;
mod times;

use std::collections::BTreeMap;

use bench_core::{config::Load, load::StepPlan, sample::Sample};
use bench_cost::Rates;
use bench_load::DoneStep;

use self::step::StepSamples;
use crate::model::LoadStep;

/// The samples of one target's load, added up.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadTally {
    /// By run and number of the step.
    steps: BTreeMap<(u32, u32), StepSamples>,
}

impl LoadTally {
    /// Adds a sample of that run; one that does not tell its step is passed over.
    pub(crate) fn add(&mut self, run: u32, sample: &Sample, load: &Load) {
        let Some(plan) = StepPlan::of(sample, load) else {
            return;
        };
        self.steps
            .entry((run, sample.step))
            .or_insert_with(|| StepSamples::new(plan, load.objective))
            .add(sample);
    }

    /// Whether no sample was of a load.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Every step as it is judged.
    pub(crate) fn done(&self) -> Vec<DoneStep> {
        self.steps.values().map(StepSamples::done).collect()
    }

    /// Every step with its figures; `rates` are those of the target, where it has a price.
    pub(crate) fn figures(&self, load: &Load, rates: Option<&Rates>) -> Vec<LoadStep> {
        let steps = self.steps.values();
        steps.map(|step| step.figures(load, rates)).collect()
    }
}
