//! Which target fits which use case: every limit against what was measured.

mod checks;
mod cost_at;
#[cfg(test)]
mod tests;

use self::{
    checks::checks,
    cost_at::{CostAt, cost_at},
};
use super::ranked::ranked;
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
        let cost = cost_at(cost, limits.requests_per_day);
        (fit(limits, target, cost), cost.ok())
    });
    let fits: Vec<(Fit, Option<CostAt>)> = fits.collect();
    UseCaseReport {
        cheapest: cheapest(&fits),
        limits: limits.clone(),
        targets: fits.into_iter().map(|(fit, _)| fit).collect(),
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

/// The cheapest of the ranked targets that fit by the higher reading of its bill; `None`
/// where the range of a target without all token counts leaves that open.
fn cheapest(fits: &[(Fit, Option<CostAt>)]) -> Option<TargetId> {
    let fitting: Vec<(&Fit, CostAt)> = ranked(fits, |(fit, _)| fit.simulated)
        .into_iter()
        .filter(|(fit, _)| fit.fits == Some(true))
        .filter_map(|(fit, cost)| Some((fit, (*cost)?)))
        .collect();
    let (cheapest, cost) = fitting
        .iter()
        .min_by(|(_, a), (_, b)| a.high.total_cmp(&b.high))?;
    let is_open = fitting.iter().any(|(fit, other)| {
        let is_other = fit.target_id != cheapest.target_id;
        is_other && (other.uncounted || cost.uncounted) && other.low <= cost.high
    });
    (!is_open).then(|| cheapest.target_id.clone())
}
