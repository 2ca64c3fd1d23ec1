//! The same targets in two runs, paired by prompt.

mod differences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{
    Accumulator,
    findings::comparisons,
    model::{RunComparison, RunSide, TargetComparison},
    summary::target,
};
use bench_core::{dataset::Prompt, plan::Plan, sample::Sample};
use bench_stats::LEAST_HISTORY;

/// Compares the targets that two runs have in common on the prompts that are word
/// for word the same.
#[must_use]
pub fn compare_runs(first: (&Plan, &[Sample]), second: (&Plan, &[Sample])) -> RunComparison {
    let (old, new) = (first.0, second.0);
    let prompts = common_prompts(old, new);
    let ids: Vec<String> = new
        .config
        .targets
        .iter()
        .filter(|target| old.config.targets.iter().any(|known| known.id == target.id))
        .map(|target| target.id.clone())
        .collect();
    let joined = joined(old, new, &ids, &prompts);
    let mut added = Accumulator::new(&joined.config);
    for (plan, samples) in [second, first] {
        for sample in samples {
            if let Some(sample) = renamed(plan, sample, &prompts) {
                added.add(&sample);
            }
        }
    }
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
                first_mean_ms: sides[1].latency_ms.mean,
                second_mean_ms: sides[0].latency_ms.mean,
                comparison,
            })
            .collect(),
        differences: differences::of(old, new, prompts.len()),
        runs_for_trend: LEAST_HISTORY,
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
fn joined(old: &Plan, new: &Plan, ids: &[String], prompts: &BTreeMap<&str, &Prompt>) -> Plan {
    let mut joined = new.clone();
    joined
        .prompts
        .retain(|prompt| prompts.contains_key(prompt.id.as_str()));
    joined.config.targets = ids
        .iter()
        .flat_map(|id| {
            [new, old].into_iter().filter_map(move |plan| {
                let mut target = plan.config.targets.iter().find(|t| t.id == *id)?.clone();
                target.id = name(plan, id);
                Some(target)
            })
        })
        .collect();
    joined
}

fn name(plan: &Plan, target: &str) -> String {
    format!("{}/{target}", plan.run_id)
}

/// The sample under its target's name in the joined plan; `None` of a prompt that
/// the runs do not share.
fn renamed(plan: &Plan, sample: &Sample, prompts: &BTreeMap<&str, &Prompt>) -> Option<Sample> {
    let prompt = prompts.get(sample.prompt_id.as_str())?;
    let mut sample = sample.clone();
    sample.target_id = name(plan, &sample.target_id);
    sample.prompt_index = prompt.index;
    Some(sample)
}
