//! The usage of the pipeline by a run, as its samples show.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher as _,
};

use foldhash::quality::FixedState;

use crate::PipelineUsage;
use bench_core::usage::Span;
use bench_core::{
    plan::Deployment,
    sample::{Outcome, Phase, Sample},
};

/// Bytes that are written, and read, as one unit.
const WRITE_UNIT: u64 = 1_024;
const READ_UNIT: u64 = 4_096;

/// Facts of runs that their samples do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeasuredRuns {
    /// The runs.
    pub runs: u64,
    /// Chunks of prompts, of all targets together.
    pub chunks: u64,
    /// Prompts, of all targets together.
    pub prompts: u64,
}

/// The usage of the pipeline by a run, added up from its samples.
///
/// Every sample names the invocation that made it, so invocations are counted
/// and last from their first call to the end of their last. Planner, aggregator,
/// starts of functions and retries of the state machine leave no sample: they
/// take seconds of a run, and are counted once or not at all.
#[derive(Debug, Clone, Default)]
pub struct PipelineTally {
    /// The hashes of the targets of each run.
    targets: HashSet<u64, FixedState>,
    /// By invocation, under the hash of its id: first call sent, last one ended.
    probes: HashMap<u64, (i64, i64), FixedState>,
    prompts: HashMap<u64, (i64, i64), FixedState>,
    workers: HashMap<u64, (i64, i64), FixedState>,
    /// The hashes of those that were under load, and of their steps.
    loads: HashSet<u64, FixedState>,
    steps: HashSet<u64, FixedState>,
    writes: u64,
    bytes: u64,
    /// Whether the runs had a budget, and how often it was looked at.
    has_budget: bool,
    looked: u64,
}

impl PipelineTally {
    /// No usage yet, by runs with a budget or without: with one, every call that
    /// is made is counted, and the sum looked at before each.
    #[must_use]
    pub fn new(has_budget: bool) -> Self {
        Self {
            has_budget,
            ..Self::default()
        }
    }

    /// Adds a sample.
    pub fn add(&mut self, sample: &Sample) {
        let target = FixedState::default().hash_one((&sample.run_id, &sample.target_id));
        self.targets.insert(target);
        let is_under_load = sample.is_under_load();
        if is_under_load {
            self.loads.insert(target);
            let step = (&sample.run_id, &sample.target_id, sample.step);
            self.steps.insert(FixedState::default().hash_one(step));
        }
        let invocations = match sample.phase {
            _ if is_under_load => &mut self.workers,
            Phase::Probe => &mut self.probes,
            Phase::Warmup | Phase::Ramp | Phase::Measured => &mut self.prompts,
        };
        if self.has_budget && !is_under_load {
            self.looked += 1;
            // Counted in the transaction of the sample.
            self.writes += 2 * u64::from(sample.outcome != Outcome::Budget);
        }
        let call = Span::of(sample);
        let lasted = invocations
            .entry(hash_of(&sample.function_request_id))
            .or_insert((call.start_us, call.end_us));
        *lasted = (lasted.0.min(call.start_us), lasted.1.max(call.end_us));

        let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() as u64);
        // A sample without texts is an item of less than a unit.
        let row = WRITE_UNIT + length(&sample.error_message);
        let text = length(&sample.response_text);
        let units = row / WRITE_UNIT + text.div_ceil(WRITE_UNIT);
        // Both are written in one transaction, which counts twice; those of a load are not.
        let times = if is_under_load { 1 } else { 2 };
        self.writes = self.writes.saturating_add(times * units);
        self.bytes = self.bytes.saturating_add(row + text);
    }

    /// The usage of runs of a deployment.
    #[must_use]
    pub fn usage(&self, measured: MeasuredRuns, deployment: &Deployment) -> PipelineUsage {
        let MeasuredRuns {
            runs,
            chunks,
            prompts,
        } = measured;
        let probes = self.probes.len() as u64;
        let measurements = self.prompts.len() as u64;
        let workers = self.workers.len() as u64;
        let (loads, steps) = (self.loads.len() as u64, self.steps.len() as u64);
        let invocations = probes + measurements + workers;
        let billed_ms = self
            .probes
            .values()
            .chain(self.prompts.values())
            .chain(self.workers.values())
            .map(|(first, last)| last.saturating_sub(*first).unsigned_abs().div_ceil(1_000))
            .fold(0, u64::saturating_add);
        let each = deployment.transitions;
        let usage = PipelineUsage {
            architecture: deployment.architecture,
            transitions: each.run * runs
                + each.target * self.targets.len() as u64
                + each.chunk * chunks
                + each.probe * probes
                + each.invocation * measurements
                + each.prompt * prompts
                + each.load * loads
                + each.step * steps
                + each.worker * workers,
            // The record of a run and its entry in the index, at both ends; its lock. The plan
            // of a step, and the record of a worker at both ends.
            writes: self.writes + 5 * runs + steps + 2 * workers,
            // The aggregator reads everything, an invocation what its prompt has; the
            // planner reads the lock.
            reads: self.bytes.div_ceil(READ_UNIT) + invocations + self.looked + runs,
            // The plan, six artifacts, two lists of runs.
            puts: 9 * runs,
            // The plan by all, configuration, dataset and prices by the planner.
            gets: 4 * runs + invocations,
            ..PipelineUsage::default()
        };
        // Planner and aggregator are invoked once a run, the planner for each step and at the
        // end of a load.
        usage
            .invoked(
                2 * runs + steps + loads + invocations,
                billed_ms,
                deployment.invoker_memory_mb,
            )
            .unwrap_or(usage)
    }
}

fn hash_of(id: &str) -> u64 {
    FixedState::default().hash_one(id)
}

#[cfg(test)]
mod tests {
    use bench_core::plan::{Architecture, Transitions};
    use jiff::Timestamp;
    use rust_decimal::Decimal;

    use super::*;
    use crate::fixture::DEPLOYMENT;
    use crate::fixture::sample;

    const NOTHING: MeasuredRuns = MeasuredRuns {
        runs: 0,
        chunks: 0,
        prompts: 0,
    };

    /// A run of so many prompts in one chunk.
    fn run_of(prompts: u64) -> MeasuredRuns {
        MeasuredRuns {
            runs: 1,
            chunks: 1,
            prompts,
        }
    }

    fn call(id: &str, second: i64, phase: Phase) -> Sample {
        let mut sample = sample(0, phase, 2_000_000);
        sample.started_at = Timestamp::from_second(second).unwrap();
        id.clone_into(&mut sample.function_request_id);
        sample
    }

    #[test]
    fn invocations_are_counted_by_name_and_last_from_their_first_call_to_the_last() {
        let mut tally = PipelineTally::default();
        for sample in [
            call("a", 0, Phase::Probe),
            call("b", 10, Phase::Warmup),
            call("b", 14, Phase::Measured),
            call("c", 100, Phase::Measured),
        ] {
            tally.add(&sample);
        }
        let usage = tally.usage(run_of(2), &DEPLOYMENT);
        assert_eq!(usage.invocations, 2 + 3);
        // 2 + 6 + 2 s at 1,769 MB.
        let seconds =
            usage.gb_seconds / Decimal::from(DEPLOYMENT.invoker_memory_mb) * Decimal::from(1_024);
        assert_eq!(seconds.round_dp(9).normalize(), Decimal::TEN);
        assert_eq!(usage.transitions, 5 + 8 + 1 + 3 + 2 * 2 + 2);
        assert_eq!((usage.writes, usage.gets), (4 * 2 + 5, 4 + 3));
    }

    #[test]
    fn a_target_takes_its_transitions_in_each_run() {
        let usage = |runs: &[&str]| {
            let mut tally = PipelineTally::default();
            for run in runs {
                for step in [0, 1] {
                    let mut sample = call(run, 0, Phase::Measured);
                    sample.run_id = run.parse().unwrap();
                    sample.step = step;
                    tally.add(&sample);
                }
            }
            tally.usage(NOTHING, &DEPLOYMENT).transitions
        };
        assert_eq!(usage(&["one", "two"]), 2 * usage(&["one"]));
    }

    #[test]
    fn memory_architecture_and_transitions_are_those_of_the_deployment() {
        let mut tally = PipelineTally::default();
        tally.add(&call("a", 0, Phase::Measured));
        let deployment = Deployment {
            architecture: Architecture::X86,
            invoker_memory_mb: 2 * DEPLOYMENT.invoker_memory_mb,
            transitions: Transitions {
                run: 100,
                ..DEPLOYMENT.transitions
            },
            functions: None,
            resumed_functions: Vec::new(),
        };
        let (shipped, other) = (
            tally.usage(run_of(1), &DEPLOYMENT),
            tally.usage(run_of(1), &deployment),
        );
        assert_eq!(other.architecture, Architecture::X86);
        assert_eq!(other.gb_seconds, shipped.gb_seconds * Decimal::TWO);
        assert_eq!(other.transitions, shipped.transitions + 95);
    }

    #[test]
    fn a_budget_is_counted_for_every_call_that_was_made_and_looked_at_before_each() {
        let mut not_made = call("a", 3, Phase::Measured);
        not_made.outcome = Outcome::Budget;
        let usage = |has_budget| {
            let mut tally = PipelineTally::new(has_budget);
            tally.add(&call("a", 0, Phase::Measured));
            tally.add(&not_made);
            tally.usage(run_of(1), &DEPLOYMENT)
        };
        let (without, with) = (usage(false), usage(true));
        assert_eq!(
            (with.writes, with.reads),
            (without.writes + 2, without.reads + 2)
        );
    }

    #[test]
    fn a_text_is_an_item_of_its_own_and_a_transaction_counts_twice() {
        let mut long = call("a", 0, Phase::Measured);
        long.response_text = Some("x".repeat(1_025));
        let mut tally = PipelineTally::default();
        tally.add(&long);
        assert_eq!(tally.usage(NOTHING, &DEPLOYMENT).writes, 2 * (1 + 2));
        assert_eq!(tally.usage(NOTHING, &DEPLOYMENT).reads, 1 + 1);
    }

    #[test]
    fn without_a_sample_nothing_is_counted() {
        let usage = PipelineTally::default().usage(NOTHING, &DEPLOYMENT);
        assert_eq!(usage, PipelineUsage::default());
    }
}
