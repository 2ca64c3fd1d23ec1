//! The machines that runs have started, and the sweeper that stops them.

use std::{fmt, time::Duration};

use aws_sdk_sfn::{Client as StepFunctions, types::ExecutionStatus};
use bench_store::{Lease, MachineKind};
use serde::Serialize;

use crate::{error::Error, executions, pipeline::Pipeline};

/// Polling interval of the sweeper.
const POLL: Duration = Duration::from_secs(2);

/// A machine that a run has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The id of the instance or the name of the endpoint.
    pub id: String,
    /// Its kind.
    pub kind: MachineKind,
    /// The run that started it.
    pub run_id: String,
    /// Its target.
    pub target_id: String,
}

impl Machine {
    /// The command of the AWS CLI that stops it.
    #[must_use]
    pub fn stop_command(&self, region: &str) -> String {
        let id = &self.id;
        match self.kind {
            MachineKind::Ec2Instance => {
                format!("aws ec2 stop-instances --instance-ids {id} --region {region}")
            }
            MachineKind::SageMakerEndpoint => {
                format!("aws sagemaker delete-endpoint --endpoint-name {id} --region {region}")
            }
        }
    }
}

impl From<&Lease> for Machine {
    fn from(lease: &Lease) -> Self {
        Self {
            id: lease.machine.clone(),
            kind: lease.kind,
            run_id: lease.run_id.clone(),
            target_id: lease.target_id.clone(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            MachineKind::Ec2Instance => "EC2 instance",
            MachineKind::SageMakerEndpoint => "SageMaker endpoint",
        };
        let Self {
            id,
            run_id,
            target_id,
            ..
        } = self;
        write!(f, "{kind} `{id}` of target `{target_id}` of run `{run_id}`")
    }
}

/// The machines that runs have started and not stopped.
///
/// # Errors
///
/// [`Error::Store`].
pub async fn started(pipeline: &Pipeline) -> Result<Vec<Machine>, Error> {
    let leases = pipeline.store().leases().await?;
    let started = leases.iter().filter(|lease| lease.started);
    Ok(started.map(Machine::from).collect())
}

/// Has the machines of runs that have ended stopped by the sweeper. Its failure is not an
/// error: the leases that are left say which machines still run.
///
/// # Errors
///
/// [`Error::Aws`] when it cannot be started or watched.
pub async fn sweep(pipeline: &Pipeline, sweeper: &str) -> Result<(), Error> {
    let client = pipeline.step_functions();
    let started = client
        .start_execution()
        .state_machine_arn(sweeper)
        .input("{}")
        .send()
        .await
        .map_err(|error| Error::aws("starting the sweeper", &error))?;
    wait(&client, &started.execution_arn).await?;
    // The event of the stopped run has started a sweeper as well, and of two one stops a
    // machine.
    let leases = pipeline.store().leases().await?;
    let prefix = executions::arn(sweeper, "");
    for lease in leases
        .iter()
        .filter(|lease| lease.owner.starts_with(&prefix))
    {
        wait(&client, &lease.owner).await?;
    }
    Ok(())
}

/// Waits for the end of an execution.
async fn wait(client: &StepFunctions, execution: &str) -> Result<(), Error> {
    loop {
        let described = executions::describe(client, execution).await?;
        if described.is_none_or(|execution| execution.status != ExecutionStatus::Running) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}
