//! The levels of a load: the steps of each pooled.

use bench_core::{config::Load, load::BlockTally};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    criteria::{CriterionShare, criterion_shares},
    gave_way::GaveWay,
    judgment::{LevelOutcome, StepJudgment, judge, outcome_of_limits},
    steadiness::{Steadiness, may_grow},
    step::DoneStep,
};

/// All steps of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    /// Callers of a closed loop, or requests per second of an open one.
    pub level: f64,
    /// Numbers of its steps.
    pub steps: Vec<u32>,
    /// How many of them are usable.
    pub usable: u32,
    /// The shares of the objective's limits in those together.
    pub criteria: Vec<CriterionShare>,
    /// Whether it keeps the objective.
    pub outcome: LevelOutcome,
    /// Whether its last step was steady.
    pub steadiness: Steadiness,
    /// The limit that gave way, where it breaks the objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave_way: Option<GaveWay>,
}

/// The levels of steps, in rising order. The blocks of all usable steps of a level are judged
/// together, each as a block of its own. Steps that do not agree on whether the queue grew
/// leave a level undecided, unless a limit is broken.
#[must_use]
pub fn levels(load: &Load, steps: &[DoneStep]) -> Vec<Level> {
    let judged: Vec<(&DoneStep, StepJudgment)> =
        steps.iter().map(|step| (step, judge(load, step))).collect();
    let mut values: Vec<f64> = steps.iter().map(|step| step.plan.level).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
        .into_iter()
        .filter_map(|level| {
            let of_level = judged.iter().filter(|(step, _)| is_at(step, level));
            pool(load, level, &of_level.collect::<Vec<_>>())
        })
        .collect()
}

fn is_at(step: &DoneStep, level: f64) -> bool {
    step.plan.level.total_cmp(&level).is_eq()
}

fn pool(load: &Load, level: f64, judged: &[&(&DoneStep, StepJudgment)]) -> Option<Level> {
    let usable: Vec<_> = judged
        .iter()
        .filter(|(_, judgment)| judgment.outcome != LevelOutcome::NotUsable)
        .collect();
    let blocks: Vec<BlockTally> = usable
        .iter()
        .flat_map(|(step, _)| step.tally.blocks)
        .collect();
    let criteria = criterion_shares(&load.objective, &blocks);
    let grew =
        |judgment: &StepJudgment| matches!(judgment.steadiness, Steadiness::Saturated { .. });
    let saturated = usable.iter().filter(|(_, step)| grew(step)).count();
    let growth: f64 = usable
        .iter()
        .map(|(_, step)| step.dynamics.growth_share)
        .sum();
    let may_grow = may_grow(load.arrival, growth / usable.len().max(1) as f64);
    let of_limits = outcome_of_limits(&criteria).unless_it_grows(may_grow);
    let outcome = if usable.is_empty() {
        LevelOutcome::NotUsable
    } else if saturated == usable.len() {
        LevelOutcome::Broken
    } else if saturated > 0 && of_limits != LevelOutcome::Broken {
        LevelOutcome::Undecided
    } else {
        of_limits
    };
    Some(Level {
        level,
        steps: judged.iter().map(|(step, _)| step.plan.step).collect(),
        usable: u32::try_from(usable.len()).unwrap_or(u32::MAX),
        gave_way: (outcome == LevelOutcome::Broken).then(|| GaveWay::of(&criteria, &blocks)),
        criteria,
        outcome,
        steadiness: judged.last()?.1.steadiness,
    })
}
