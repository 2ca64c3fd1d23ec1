//! How much load targets sustain, and which of two sustains more.

use bench_core::{config::Target, plan::Plan};
use bench_cost::{Bounds, Figure as Cost, StepCost};
use bench_load::{Capacity, EndReason, LevelOutcome};
use bench_stats::Figure;

use crate::{
    Accumulator,
    findings::ranked::ranked,
    model::{AtCapacity, Ends, LoadRanking, LoadReport, LoadStep, TargetLoad},
    summary::{cost, load::LoadTally},
};

/// The load of a run; `None` where none was configured.
pub(crate) fn build(plan: &Plan, added: &Accumulator) -> Option<LoadReport> {
    let configured = plan.config.load.clone()?;
    let under_load = plan.config.targets.iter().filter_map(|target| {
        let tally = added.load(&target.id)?;
        (!tally.is_empty()).then_some((target, tally))
    });
    let targets: Vec<(bool, TargetLoad)> = under_load
        .map(|(target, tally)| {
            let ended = added.load_end(&target.id);
            (target.simulated, target_load(plan, target, tally, ended))
        })
        .collect();
    let ranked = ranked(&targets, |(simulated, _)| *simulated);
    let ranked: Vec<&TargetLoad> = ranked.into_iter().map(|(_, load)| load).collect();
    Some(LoadReport {
        rankings: rankings(&ranked),
        targets: targets.into_iter().map(|(_, load)| load).collect(),
        configured,
    })
}

/// The load of a target that `ended` for that reason; where it is not known, as its steps
/// tell.
fn target_load(
    plan: &Plan,
    target: &Target,
    tally: &LoadTally,
    ended: Option<EndReason>,
) -> TargetLoad {
    let steps = tally.figures(cost::rates(plan, target).as_ref());
    let capacity = tally.capacity();
    TargetLoad {
        target_id: target.id.clone(),
        at_capacity: at_capacity(&capacity, &steps),
        ended: ended.or_else(|| tally.ended()),
        steps,
        capacity,
    }
}

fn at_capacity(capacity: &Capacity, steps: &[LoadStep]) -> AtCapacity {
    // A step that shows nothing about its level, such as a client-limited one, has no part in
    // the capacity either.
    let counts = |step: &&LoadStep| step.judgment.outcome != LevelOutcome::NotUsable;
    let at = |level: Option<f64>| {
        let level = level?;
        let mut latest_first = steps.iter().rev().filter(counts);
        latest_first.find(|step| step.plan.level.total_cmp(&level).is_eq())
    };
    let (low, high) = (at(capacity.low), at(capacity.broken_at));
    let ends = |figure: fn(&LoadStep) -> &Figure| Ends {
        low: low.and_then(|step| figure(step).value()),
        high: high.and_then(|step| figure(step).value()),
    };
    let cost = |figure: fn(&StepCost) -> &Cost| {
        let of = |step: &LoadStep| step.cost.as_ref().and_then(|cost| figure(cost).value());
        let low = low.and_then(of)?;
        let high = high.and_then(of).unwrap_or(low);
        let is_ordered = low.amount() <= high.amount();
        let (low, high) = if is_ordered { (low, high) } else { (high, low) };
        Some(Bounds { low, high })
    };
    AtCapacity {
        requests_per_s: ends(|step| &step.requests_per_s),
        output_tokens_per_s: ends(|step| &step.output_tokens_per_s),
        cost_per_1k_requests: cost(|cost| &cost.per_1k_requests),
        cost_per_million_output_tokens: cost(|cost| &cost.per_million_output_tokens),
    }
}

fn rankings(targets: &[&TargetLoad]) -> Vec<LoadRanking> {
    let pairs = targets.iter().enumerate().flat_map(|(place, first)| {
        let others = targets[place + 1..].iter();
        others.map(move |second| (first, second))
    });
    pairs
        .map(|(first, second)| LoadRanking {
            first: first.target_id.clone(),
            second: second.target_id.clone(),
            ranking: bench_load::rank(&first.capacity, &second.capacity),
        })
        .collect()
}
