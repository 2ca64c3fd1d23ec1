//! The same targets in two runs, paired by prompt.

mod differences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{
    Accumulator,
    findings::comparisons,
    model::{Comparison, RunComparison, RunSide, TargetComparison, WhichRun},
    summary::target,
};
use bench_core::{dataset::Prompt, identity::TargetId, plan::Plan, sample::Sample};
use bench_stats::MIN_HISTORY;

/// Compares the targets that two runs have in common on the prompts that are word
/// for word the same.
#[must_use]
pub fn compare_runs(first: (&Plan, &[Sample]), second: (&Plan, &[Sample])) -> RunComparison {
    let mut comparer = RunComparer::new(first.0, second.0);
    for (run, samples) in [(WhichRun::Second, second.1), (WhichRun::First, first.1)] {
        for sample in samples {
            comparer.add(run, sample.clone());
        }
    }
    comparer.finish()
}

/// [`compare_runs`] in the making: samples come in one by one, in any order.
#[derive(Debug)]
pub struct RunComparer<'a> {
    old: &'a Plan,
    new: &'a Plan,
    ids: Vec<TargetId>,
    prompts: BTreeMap<&'a str, &'a Prompt>,
    joined: Plan,
    added: Accumulator,
}

impl<'a> RunComparer<'a> {
    /// Begins the comparison of two runs, the earlier one first.
    #[must_use]
    pub fn new(old: &'a Plan, new: &'a Plan) -> Self {
        let prompts = common_prompts(old, new);
        let ids: Vec<TargetId> = new
            .config
            .targets
            .iter()
            .filter(|target| old.config.targets.iter().any(|known| known.id == target.id))
            .map(|target| target.id.clone())
            .collect();
        let joined = joined(old, new, &ids, &prompts);
        let mut added = Accumulator::new(&joined.config);
        for (at, id) in ids.iter().enumerate() {
            // That of the other run is the joined plan's.
            if let Some((first, target)) = joined_id(WhichRun::First, at).zip(old.target(id)) {
                added.set_time_scale(&first, target, old.config.time_scale_of(target));
            }
        }
        Self {
            old,
            new,
            ids,
            prompts,
            joined,
            added,
        }
    }

    /// Adds a sample of either run.
    pub fn add(&mut self, run: WhichRun, sample: Sample) {
        if let Some(sample) = renamed(run, sample, &self.ids, &self.prompts) {
            self.added.add(&sample);
        }
    }

    /// The comparison of what was added.
    #[must_use]
    pub fn finish(self) -> RunComparison {
        let Self {
            old,
            new,
            ids,
            prompts,
            joined,
            added,
        } = self;
        let sides: Vec<_> = joined
            .config
            .targets
            .iter()
            .filter_map(|side| {
                let tally = added.tally(&side.id)?;
                Some(target::build(&joined, side, tally, 1).report)
            })
            .collect();
        let pairs: Vec<(usize, usize)> = (0..ids.len()).map(|at| (2 * at, 2 * at + 1)).collect();
        let found = comparisons::of_pairs(&joined, &added, &sides, &pairs);
        let targets = ids.iter().zip(found).zip(sides.chunks_exact(2));
        RunComparison {
            first: side(old),
            second: side(new),
            prompts: prompts.len(),
            targets: targets
                .map(|((id, comparison), sides)| TargetComparison {
                    target_id: id.clone(),
                    first_mean_ms: sides[1].timings.latency.mean.value(),
                    second_mean_ms: sides[0].timings.latency.mean.value(),
                    comparison: Comparison {
                        first: id.clone(),
                        second: id.clone(),
                        ..comparison
                    },
                })
                .collect(),
            differences: differences::of(old, new, prompts.len()),
            runs_for_trend: MIN_HISTORY,
        }
    }
}

fn side(plan: &Plan) -> RunSide {
    RunSide {
        run_id: plan.run_id.clone(),
        name: plan.config.name.clone(),
        created_at: plan.created_at,
    }
}

/// The prompts of the second run that the first has word for word, by id.
fn common_prompts<'a>(old: &Plan, new: &'a Plan) -> BTreeMap<&'a str, &'a Prompt> {
    let first: BTreeMap<&str, &Prompt> = old.prompts.iter().map(|p| (p.id.as_str(), p)).collect();
    new.prompts
        .iter()
        .filter(|prompt| {
            first
                .get(prompt.id.as_str())
                .is_some_and(|known| known.question == prompt.question)
        })
        .map(|prompt| (prompt.id.as_str(), prompt))
        .collect()
}

/// A plan whose targets are those of both runs, a pair for each.
fn joined(old: &Plan, new: &Plan, ids: &[TargetId], prompts: &BTreeMap<&str, &Prompt>) -> Plan {
    let mut joined = new.clone();
    joined
        .prompts
        .retain(|prompt| prompts.contains_key(prompt.id.as_str()));
    let sides = ids.iter().enumerate().flat_map(|(at, id)| {
        [(new, WhichRun::Second), (old, WhichRun::First)]
            .into_iter()
            .filter_map(move |(plan, run)| {
                let mut target = plan.config.targets.iter().find(|t| t.id == *id)?.clone();
                target.id = joined_id(run, at)?;
                Some(target)
            })
    });
    joined.config.targets = sides.collect();
    joined
}

/// The id in the joined plan of the target at a position.
fn joined_id(run: WhichRun, at: usize) -> Option<TargetId> {
    let run = match run {
        WhichRun::First => "first",
        WhichRun::Second => "second",
    };
    format!("{run}-{at}").parse().ok()
}

/// The sample under its target's id in the joined plan; `None` of a target or a
/// prompt that the runs do not share.
fn renamed(
    run: WhichRun,
    mut sample: Sample,
    ids: &[TargetId],
    prompts: &BTreeMap<&str, &Prompt>,
) -> Option<Sample> {
    let prompt = prompts.get(sample.prompt_id.as_str())?;
    let at = ids.iter().position(|id| *id == sample.target_id)?;
    sample.target_id = joined_id(run, at)?;
    sample.prompt_index = prompt.index;
    Some(sample)
}
