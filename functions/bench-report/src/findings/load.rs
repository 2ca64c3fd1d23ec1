//! How much load targets sustain, and which of two sustains more.

use bench_core::plan::Plan;
use bench_load::{Capacity, Next};
use bench_stats::Figure;

use crate::{
    Accumulator,
    model::{AtCapacity, Ends, LoadRanking, LoadReport, LoadStep, TargetLoad},
    summary::load::LoadTally,
};

/// The load of a run; `None` where none was configured.
pub(crate) fn build(plan: &Plan, added: &Accumulator) -> Option<LoadReport> {
    let configured = plan.config.load.clone()?;
    let under_load = plan.config.targets.iter().filter_map(|target| {
        let (_, tally) = added.load(&target.id)?;
        (!tally.is_empty()).then_some((target, tally))
    });
    let targets: Vec<(bool, TargetLoad)> = under_load
        .map(|(target, tally)| {
            let load = target_load(&configured, target.id.clone(), tally);
            (target.simulated, load)
        })
        .collect();
    let real: Vec<&TargetLoad> = targets
        .iter()
        .filter(|(simulated, _)| !simulated)
        .map(|(_, load)| load)
        .collect();
    Some(LoadReport {
        rankings: rankings(&real),
        targets: targets.into_iter().map(|(_, load)| load).collect(),
        configured,
    })
}

fn target_load(
    load: &bench_core::config::Load,
    target_id: bench_core::identity::TargetId,
    tally: &LoadTally,
) -> TargetLoad {
    let done = tally.done();
    let steps = tally.figures(load);
    let capacity = bench_load::capacity(load, &done);
    TargetLoad {
        target_id,
        at_capacity: at_capacity(&capacity, &steps),
        ended: match bench_load::next(load, &done, 0.0, false) {
            Next::Done { reason } => Some(reason),
            Next::Step { .. } => None,
        },
        steps,
        capacity,
    }
}

fn at_capacity(capacity: &Capacity, steps: &[LoadStep]) -> AtCapacity {
    let at = |level: Option<f64>, figure: fn(&LoadStep) -> &Figure| {
        let level = level?;
        let mut of_level = steps.iter().rev();
        let step = of_level.find(|step| step.plan.level.total_cmp(&level).is_eq())?;
        figure(step).value()
    };
    let ends = |figure: fn(&LoadStep) -> &Figure| Ends {
        low: at(capacity.low, figure),
        high: at(capacity.broken_at, figure),
    };
    AtCapacity {
        requests_per_s: ends(|step| &step.requests_per_s),
        output_tokens_per_s: ends(|step| &step.output_tokens_per_s),
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
