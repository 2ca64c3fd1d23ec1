//! The cost of a run, from the usage of its samples and the prices of its plan.

use bench_core::money::Catalog;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, prelude::FromPrimitive as _};

use crate::{Accumulator, model::LoadReport, summary::tally::PromptTally};
use bench_core::{
    config::{Pricing, PricingKind, Target},
    identity::TargetId,
    money::Overrides,
    plan::Plan,
    workflow::TargetSize,
};
use bench_cost::{
    CostFindings, CostReason, CostWarning, HourlyComparison, MeasuredRuns, PipelineCost, PriceBook,
    Quote, Rates, RunBudget, RunCost, TargetCost,
};
use bench_stats::t_quantile;

/// The cost of a run with its findings, or the reason why there is none.
pub(crate) fn build(
    plan: &Plan,
    added: &Accumulator,
    load: Option<&LoadReport>,
) -> Result<(RunCost, CostFindings), CostReason> {
    let targets = &plan.config.targets;
    let own = |target: &Target| {
        let is_own =
            |pricing: &Pricing| pricing.kind == PricingKind::Free || !pricing.prices.is_empty();
        target.pricing.as_ref().is_some_and(is_own)
    };
    if targets.iter().any(|target| target.service.is_external()) {
        return Err(CostReason::NotConfigured);
    }
    let nothing = Catalog::default();
    let catalog = match &plan.prices {
        Some(catalog) => catalog,
        None if targets.iter().any(own) => &nothing,
        None => {
            return Err(CostReason::NoPriceCatalog);
        }
    };
    let none = Overrides::default();
    let book = book(plan, catalog, &none);
    let costs = targets.iter().filter_map(|target| {
        let tally = added.tally(&target.id)?;
        let quote = Quote::of(target, &book.of_target(target));
        let rate = plan.config.requests_per_hour;
        let cost = TargetCost::of(target, quote, &tally.usage, rate, t);
        Some(match sustained_per_hour(load, &target.id) {
            Some(sustained) => cost.sustaining(sustained),
            None => cost,
        })
    });
    let (cost, mut findings) = RunCost::of(
        costs.collect(),
        targets,
        pipeline(plan, added, &book),
        hourly(targets, &book),
        &book,
    );
    // What could not be kept was refused before the run.
    let budget = RunBudget::of(plan).ok().flatten();
    let outside = budget.and_then(|budget| budget.warning());
    findings.warnings.extend(outside);
    findings.warnings.extend(simulated(plan, &cost));
    Ok((cost, findings))
}

/// Prices of an hour of machines and units; none where no target is paid for by either, or
/// where the catalog has none of them: a report lists no price that it has no use for.
fn hourly(targets: &[Target], book: &PriceBook) -> HourlyComparison {
    let mut pricings = targets.iter().filter_map(|target| target.pricing.as_ref());
    if !pricings.any(|pricing| pricing.kind.is_by_time()) {
        return HourlyComparison::default();
    }
    let compared = HourlyComparison::of(book);
    if compared.prices.is_empty() {
        return HourlyComparison::default();
    }
    compared
}

/// A catalog as it holds for the run of a plan: in its Region, on its day.
fn book<'a>(plan: &'a Plan, catalog: &'a Catalog, overrides: &'a Overrides) -> PriceBook<'a> {
    PriceBook {
        catalog,
        overrides,
        region: plan.price_region(),
        day: TimeZone::UTC.to_datetime(plan.created_at).date(),
    }
}

/// The rates of a target by the prices of the plan; `None` where it has no price.
pub(crate) fn rates(plan: &Plan, target: &Target) -> Option<Rates> {
    let nothing = Catalog::default();
    let none = Overrides::default();
    let book = book(plan, plan.prices.as_ref().unwrap_or(&nothing), &none);
    Quote::of(target, &book.of_target(target)).rates.ok()
}

/// Requests per hour at the lower end of a target's capacity.
fn sustained_per_hour(load: Option<&LoadReport>, target_id: &str) -> Option<Decimal> {
    let mut targets = load?.targets.iter();
    let target = targets.find(|target| target.target_id == *target_id)?;
    let per_s = target.at_capacity.requests_per_s.low?;
    Decimal::from_f64(per_s * 3_600.0).filter(|rate| *rate > Decimal::ZERO)
}

fn pipeline(plan: &Plan, added: &Accumulator, book: &PriceBook) -> PipelineCost {
    let Some(deployment) = &plan.deployment else {
        return PipelineCost::unavailable(CostReason::DeploymentNotRecorded);
    };
    let runs = added.runs().len() as u64;
    let (mut chunks, mut prompts) = (0, 0);
    for target in &plan.config.targets {
        let Some(tally) = added
            .tally(&target.id)
            .filter(|tally| !tally.cells.is_empty())
        else {
            continue;
        };
        prompts += tally.cells.iter().map(PromptTally::runs).sum::<u64>();
        // Samples of elsewhere may have prompts that no run of today could have.
        let size = TargetSize::of(&plan.config, target);
        chunks += runs * size.map_or(0, |size| u64::from(size.chunks));
    }
    let measured = MeasuredRuns {
        runs,
        chunks,
        prompts,
    };
    PipelineCost::of(&added.pipeline.usage(measured, deployment), book)
}

fn simulated(plan: &Plan, cost: &RunCost) -> Option<CostWarning> {
    let target_ids: Vec<TargetId> = cost
        .targets
        .iter()
        .filter(|target| target.simulated && target.reason.is_none())
        .map(|target| target.target_id.clone())
        .collect();
    (!target_ids.is_empty()).then_some(CostWarning::Simulated {
        target_ids,
        time_scale: plan.config.simulation.time_scale,
    })
}

/// The 0.975 quantile of Student's t.
fn t(degrees_of_freedom: u64) -> f64 {
    t_quantile(0.975, degrees_of_freedom as f64).unwrap_or(f64::NAN)
}
