//! The same targets in two runs, paired by prompt.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::render::format::counted;
use crate::{Accumulator, findings::comparisons, model::Comparison, summary::target};
use bench_core::{
    dataset::Prompt,
    identity::{RunId, TargetId},
    plan::Plan,
    sample::Sample,
};
use bench_stats::LEAST_HISTORY;

/// What the two runs are called in sentences.
const FIRST: &str = "first";
const SECOND: &str = "second";

/// Two runs compared, target by target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunComparison {
    /// The run that is compared with.
    pub first: RunSide,
    /// The run that is compared.
    pub second: RunSide,
    /// Prompts that both runs asked alike.
    pub prompts: usize,
    /// One entry a target of both runs, in the order of the second.
    pub targets: Vec<TargetComparison>,
    /// What was not the same in both runs, a sentence each: then a difference may
    /// be of that.
    pub differences: Vec<String>,
    /// What two runs cannot tell.
    pub caution: String,
}

/// One of two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSide {
    /// The run.
    pub run_id: RunId,
    /// Its configuration's name.
    pub name: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// One target in two runs; every ratio is second run ÷ first run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetComparison {
    /// The target.
    pub target_id: TargetId,
    /// Mean latency in the first run.
    pub first_mean_ms: Option<f64>,
    /// Mean latency in the second run.
    pub second_mean_ms: Option<f64>,
    /// The second run's calls against the first's, Holm over all targets.
    pub comparison: Comparison,
}

/// Compares the targets that two runs have in common on the prompts that both asked
/// with the same words.
#[must_use]
pub fn compare_runs(first: (&Plan, &[Sample]), second: (&Plan, &[Sample])) -> RunComparison {
    let (old, new) = (first.0, second.0);
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
    for (samples, run) in [(second.1, SECOND), (first.1, FIRST)] {
        for sample in samples {
            if let Some(sample) = renamed(run, sample, &prompts) {
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
                first_mean_ms: sides[1].timings.latency.mean.value(),
                second_mean_ms: sides[0].timings.latency.mean.value(),
                comparison,
            })
            .collect(),
        differences: differences(old, new, prompts.len()),
        caution: format!(
            "Runs drift from day to day, and two of them cannot tell drift from a change; a trend \
             is judged from {LEAST_HISTORY} runs on."
        ),
    }
}

fn side(plan: &Plan) -> RunSide {
    RunSide {
        run_id: plan.run_id.clone(),
        name: plan.config.name.clone(),
        created_at: plan.created_at,
    }
}

/// The prompts of the second run that the first asked with the same words, by id.
fn common_prompts<'a>(old: &Plan, new: &'a Plan) -> BTreeMap<&'a str, &'a Prompt> {
    let asked: BTreeMap<&str, &Prompt> = old.prompts.iter().map(|p| (p.id.as_str(), p)).collect();
    new.prompts
        .iter()
        .filter(|prompt| {
            asked
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
    joined.config.targets = ids
        .iter()
        .flat_map(|id| {
            [(new, SECOND), (old, FIRST)]
                .into_iter()
                .filter_map(move |(plan, run)| {
                    let mut target = plan.config.targets.iter().find(|t| t.id == *id)?.clone();
                    target.id = id.in_run(run);
                    Some(target)
                })
        })
        .collect();
    joined
}

/// The sample under its target's name in the joined plan; `None` of a prompt that
/// the runs do not share.
fn renamed(run: &str, sample: &Sample, prompts: &BTreeMap<&str, &Prompt>) -> Option<Sample> {
    let prompt = prompts.get(sample.prompt_id.as_str())?;
    let mut sample = sample.clone();
    sample.target_id = sample.target_id.in_run(run);
    sample.prompt_index = prompt.index;
    Some(sample)
}

/// What is not the same in both runs: then a difference may be of that.
fn differences(old: &Plan, new: &Plan, prompts: usize) -> Vec<String> {
    let mut said = Vec::new();
    for (plan, which) in [(old, FIRST), (new, SECOND)] {
        let left = plan.prompts.len().saturating_sub(prompts) as u64;
        if left > 0 {
            let left = counted(left, "prompt");
            said.push(format!(
                "{left} of the {which} run left out: the other did not ask it alike"
            ));
        }
    }
    said.extend(changed(
        "method",
        &value(&old.config.method),
        &value(&new.config.method),
    ));
    let by_id = |plan: &Plan| -> BTreeMap<TargetId, Value> {
        let targets = plan.config.targets.iter();
        targets
            .map(|target| (target.id.clone(), value(target)))
            .collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let ids: BTreeSet<&TargetId> = before.keys().chain(after.keys()).collect();
    for id in ids {
        match (before.get(id), after.get(id)) {
            (Some(before), Some(after)) => {
                said.extend(changed(&format!("targets.{id}"), before, after));
            }
            (Some(_), None) => said.push(format!("target `{id}` is in the first run alone")),
            (None, _) => said.push(format!("target `{id}` is in the second run alone")),
        }
    }
    said
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn changed(path: &str, before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let each = names.into_iter().flat_map(|name| {
                let of = |fields: &serde_json::Map<String, Value>| {
                    fields.get(name).cloned().unwrap_or_default()
                };
                changed(&format!("{path}.{name}"), &of(before), &of(after))
            });
            each.collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![format!("`{path}` was {before} and is {after}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use bench_core::sample::Phase;

    /// Two runs of twelve prompts; the second takes so many per mille of the first.
    fn runs(per_mille: u64) -> RunComparison {
        let mut plan = fixture::plan(12);
        plan.config.targets.retain(|target| target.id == "hostile");
        let (_, pattern) = fixture::run();
        let pattern = pattern
            .into_iter()
            .find(|sample| sample.target_id == "hostile" && sample.phase == Phase::Measured)
            .unwrap();
        let samples = |run: &str, per_mille: u64| -> Vec<Sample> {
            (0..12_u32)
                .flat_map(|prompt| (1..=3).map(move |repetition| (prompt, repetition)))
                .map(|(prompt_index, repetition)| {
                    let mut sample = pattern.clone();
                    sample.run_id = run.parse().unwrap();
                    sample.prompt_id = format!("builtin/{prompt_index}");
                    sample.prompt_index = prompt_index;
                    sample.repetition = repetition;
                    let own = 1_000_000 + u64::from(prompt_index * 7 % 12) * 100_000;
                    let jitter = u64::from((prompt_index * 5 + repetition * 3) % 7) * 2_000;
                    sample.latency_us = (own + jitter) * per_mille / 1_000;
                    sample
                })
                .collect()
        };
        let mut second = plan.clone();
        second.run_id = "fixture-2".parse().unwrap();
        second.config.method.max_tokens = 100;
        let (old, new) = (samples("fixture-1", 1_000), samples("fixture-2", per_mille));
        compare_runs((&plan, &old), (&second, &new))
    }

    #[test]
    fn a_slower_run_is_said_to_be_slower_with_its_interval() {
        let found = runs(1_200);
        assert_eq!((found.prompts, found.targets.len()), (12, 1));
        let sentence = &found.targets[0].comparison.sentence;
        assert!(
            sentence.starts_with(
                "hostile in the second run was slower than hostile in the first run by 20 % ["
            ) || sentence.starts_with(
                "hostile in the second run was slower than hostile in the first run by 20.0 % ["
            ),
            "{sentence}"
        );
        assert!(found.caution.contains("from 5 runs on"));
    }

    #[test]
    fn what_was_configured_otherwise_is_named() {
        let found = runs(1_000);
        assert_eq!(
            found.differences,
            ["`method.max_tokens` was 4096 and is 100"]
        );
        assert_eq!(found.targets[0].comparison.verdict, "equivalent");
    }

    #[test]
    fn prompts_of_one_run_alone_are_left_out() {
        let (mut plan, samples) = fixture::run();
        let mut other = plan.clone();
        other.run_id = "fixture-2".parse().unwrap();
        plan.prompts[1].question = "something else".into();
        other.config.targets.remove(0);
        let found = compare_runs((&plan, &samples), (&other, &samples));
        assert_eq!((found.prompts, found.targets.len()), (1, 2));
        assert!(found.differences[0].starts_with("1 prompt of the first run left out"));
        assert!(
            found
                .differences
                .iter()
                .any(|said| said == "target `good` is in the first run alone")
        );
    }
}
