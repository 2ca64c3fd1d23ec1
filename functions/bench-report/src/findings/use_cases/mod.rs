//! Which target fits which use case: every limit against what was measured.

mod checks;
mod cost_at;
#[cfg(test)]
mod tests;

use self::{
    checks::checks,
    cost_at::{CostAt, cost_at},
};
use crate::model::{Check, Fit, NotKnown, TargetReport, UseCaseReport};
use bench_core::{config::UseCase, identity::TargetId};
use bench_cost::RunCost;

/// One entry a use case of the configuration.
pub(crate) fn build(
    use_cases: &[UseCase],
    targets: &[TargetReport],
    cost: Option<&RunCost>,
) -> Vec<UseCaseReport> {
    let use_cases = use_cases.iter();
    use_cases
        .map(|limits| use_case(limits, targets, cost))
        .collect()
}

fn use_case(limits: &UseCase, targets: &[TargetReport], cost: Option<&RunCost>) -> UseCaseReport {
    let is_measured = limits.not_measured.is_none();
    let fits = targets.iter().filter(|_| is_measured).map(|target| {
        let mut costs = cost.iter().flat_map(|cost| &cost.targets);
        let cost = costs.find(|cost| cost.target_id == target.id);
        fit(limits, target, cost_at(cost, limits.requests_per_day))
    });
    let targets: Vec<Fit> = fits.collect();
    UseCaseReport {
        cheapest: cheapest(&targets),
        limits: limits.clone(),
        targets,
    }
}

fn fit(limits: &UseCase, target: &TargetReport, cost: Result<CostAt, NotKnown>) -> Fit {
    let checks = checks(limits, target, cost);
    let is_missed = |check: &Check| check.kept == Some(false);
    let fits = if checks.iter().any(is_missed) {
        Some(false)
    } else {
        let all_kept = checks.iter().all(|check| check.kept == Some(true));
        all_kept.then_some(true)
    };
    let certain = match fits {
        Some(true) => checks.iter().all(|check| check.certain),
        Some(false) => checks.iter().any(|check| is_missed(check) && check.certain),
        None => false,
    };
    let cost = cost.ok();
    Fit {
        target_id: target.id.clone(),
        simulated: target.simulated,
        tier: target.tier,
        fits,
        certain,
        checks,
        cost_per_1k_usd: cost.map(|cost| cost.high),
        instances: cost.and_then(|cost| cost.instances),
    }
}

fn cheapest(fits: &[Fit]) -> Option<TargetId> {
    fits.iter()
        .filter(|fit| fit.fits == Some(true) && !fit.simulated)
        .filter_map(|fit| Some((fit, fit.cost_per_1k_usd?)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(fit, _)| fit.target_id.clone())
}
