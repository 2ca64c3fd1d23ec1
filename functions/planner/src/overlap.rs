//! One run of a configuration at a time: two would measure each other's load.

use aws_sdk_sfn::{
    error::DisplayErrorContext, operation::describe_execution::DescribeExecutionError,
    types::ExecutionStatus,
};
use bench_core::{config::OnOverlap, plan::Plan};
use bench_store::RunLock;

use crate::{App, Error, Execution};

/// Acquires the configuration's lock for this execution, once no earlier one runs.
///
/// # Errors
///
/// [`Error::RunOverlaps`] or [`Error::RunQueued`] while an earlier run is running,
/// as the configuration says.
pub(crate) async fn acquire_run_lock(
    app: &App,
    plan: &Plan,
    execution: &Execution,
) -> Result<(), Error> {
    let name = &plan.config.name;
    let mine = RunLock {
        execution_arn: execution.arn.clone(),
        run_id: plan.run_id.clone(),
    };
    let earlier = app.store.run_lock(name).await?;
    if earlier.as_ref() == Some(&mine) {
        return Ok(());
    }
    if let Some(holder) = &earlier
        && is_running(app, &holder.execution_arn).await?
    {
        return Err(refusal(plan, &holder.run_id));
    }
    if app
        .store
        .acquire_run_lock(name, &mine, earlier.as_ref())
        .await?
    {
        return Ok(());
    }
    let faster = app.store.run_lock(name).await?;
    let run_id = faster.as_ref().map_or("", |holder| holder.run_id.as_str());
    Err(refusal(plan, run_id))
}

fn refusal(plan: &Plan, earlier: &str) -> Error {
    let (config, earlier) = (plan.config.name.clone(), earlier.to_owned());
    match plan.config.on_overlap {
        OnOverlap::Refuse => Error::RunOverlaps { config, earlier },
        OnOverlap::Queue => Error::RunQueued { config, earlier },
    }
}

/// An execution that Step Functions has forgotten is not running.
async fn is_running(app: &App, arn: &str) -> Result<bool, Error> {
    let described = app
        .step_functions
        .describe_execution()
        .execution_arn(arn)
        .send()
        .await;
    match described {
        Ok(execution) => Ok(execution.status == ExecutionStatus::Running),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
        {
            Ok(false)
        }
        Err(error) => Err(Error::StepFunctions {
            arn: arn.to_owned(),
            reason: DisplayErrorContext(error).to_string(),
        }),
    }
}
