//! Runs that are refused before anything is paid for.

use bench_core::{
    config::{KeyVariables, RunConfig},
    plan::Plan,
};
use bench_cost::RunBudget;
use bench_store::RunRecord;
use tracing::warn;

use crate::{Error, Execution};

/// Whoever may start a run must not be able to send variables of a function to a server of
/// theirs.
pub(crate) fn refuse_environment_keys(
    config: &RunConfig,
    allowed: &KeyVariables,
) -> Result<(), Error> {
    match allowed.refused(config) {
        None => Ok(()),
        Some((target, variable)) => Err(Error::EnvironmentKey {
            target: target.id.clone(),
            variable: variable.to_owned(),
        }),
    }
}

/// Only what the stack was deployed for is started and stopped, where it can be.
pub(crate) fn refuse_lifecycles(
    config: &RunConfig,
    stack_region: Option<&str>,
    endpoint_arns: &str,
) -> Result<(), Error> {
    if let Some(stack_region) = stack_region
        && let Some((target, region)) = config.started_elsewhere(stack_region)
    {
        return Err(Error::StartedElsewhere {
            target: target.id.clone(),
            region: region.to_owned(),
            stack_region: stack_region.to_owned(),
        });
    }
    let granted: Vec<_> = endpoint_arns.split(',').collect();
    match config.endpoint_not_granted(stack_region, &granted) {
        None => Ok(()),
        Some((target, endpoint)) => Err(Error::EndpointNotGranted {
            target: target.id.clone(),
            endpoint: endpoint.to_owned(),
        }),
    }
}

/// The invokers keep the budget by the prices of the plan.
pub(crate) fn validate_budget(plan: &Plan) -> Result<(), Error> {
    let budget = RunBudget::of(plan)?;
    for other in budget.iter().flat_map(|budget| &budget.not_limited) {
        for target in &other.target_ids {
            warn!(%target, currency = %other.currency, "target not limited by the budget");
        }
    }
    Ok(())
}

/// An event that is sent again has its run: another execution made it.
pub(crate) fn refuse_second_run(
    known: Option<RunRecord>,
    execution: &Execution,
) -> Result<(), Error> {
    match known {
        Some(known) if known.execution != execution.name => Err(Error::AlreadyRun {
            run_id: known.run_id,
            execution: known.execution,
        }),
        _ => Ok(()),
    }
}

/// A run id names one plan for good: samples of two plans must not be mixed.
pub(crate) fn refuse_other_plan(known: &Plan, wanted: &Plan) -> Result<(), Error> {
    let same = known.config == wanted.config
        && known.dataset == wanted.dataset
        && known.prompts == wanted.prompts;
    if same {
        Ok(())
    } else {
        Err(Error::RunIdTaken {
            run_id: known.run_id.clone(),
        })
    }
}
