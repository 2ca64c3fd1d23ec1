//! CloudFormation stacks: lookup, outputs, waiting, deletion, and why they failed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client as CloudFormation,
    error::ProvideErrorMetadata,
    operation::describe_stack_events::DescribeStackEventsOutput,
    types::{Stack, StackStatus},
};

use crate::{
    error::Error,
    pipeline::{Outputs, Pipeline},
};

const POLL: Duration = Duration::from_millis(250);
/// Polling interval of a deletion, which takes minutes on AWS.
const POLL_DELETION: Duration = Duration::from_secs(1);
/// The longest time until a deletion shows in the status of its stack.
const BEGIN: Duration = Duration::from_secs(10);

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its ARN, which names partition, Region and account as well.
    pub id: String,
    /// Its pipeline.
    pub pipeline: Pipeline,
}

/// Finds a stack by its name.
///
/// # Errors
///
/// [`Error::InvalidInput`] when there is none, or it is not of this project;
/// [`Error::Aws`] when CloudFormation refuses.
pub async fn find(aws: &SdkConfig, name: &str) -> Result<Deployed, Error> {
    let client = CloudFormation::new(aws);
    let stack = describe(&client, name)
        .await?
        .ok_or_else(|| not_found(name, aws))?;
    Ok(Deployed {
        id: stack.stack_id().unwrap_or_default().to_owned(),
        pipeline: Pipeline {
            outputs: outputs(&stack)?,
            aws: aws.clone(),
        },
    })
}

/// The error of a stack that is not there.
#[must_use]
pub fn not_found(name: &str, aws: &SdkConfig) -> Error {
    let region = aws.region().map_or("", AsRef::as_ref);
    Error::InvalidInput(format!(
        "stack `{name}` not found in Region `{region}` of this account; create it with \
         `hostbench deploy --stack {name}`, or select another Region or account with \
         `--region` and `--profile`"
    ))
}

/// The physical id of a resource; `None` when the stack has no such resource.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn resource(
    client: &CloudFormation,
    stack: &str,
    logical_id: &str,
) -> Result<Option<String>, Error> {
    let answer = client
        .describe_stack_resource()
        .stack_name(stack)
        .logical_resource_id(logical_id)
        .send()
        .await;
    match answer {
        Ok(answer) => Ok(answer
            .stack_resource_detail()
            .and_then(|detail| detail.physical_resource_id())
            .map(str::to_owned)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Error::aws(
            format!("describing resource `{logical_id}`"),
            &error,
        )),
    }
}

/// The parameters of a stack as they are; none when there is no such stack.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn parameters(
    client: &CloudFormation,
    name: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let stack = describe(client, name).await?;
    let parameters = stack.iter().flat_map(Stack::parameters);
    Ok(parameters
        .filter_map(|parameter| {
            let name = parameter.parameter_key()?.to_owned();
            Some((name, parameter.parameter_value()?.to_owned()))
        })
        .collect())
}

/// CloudFormation has the same code for every validation error.
fn is_missing(error: &impl ProvideErrorMetadata) -> bool {
    error
        .message()
        .is_some_and(|message| message.contains("does not exist"))
}

/// The stack as it stands; `None` when there is none.
pub(crate) async fn describe(client: &CloudFormation, name: &str) -> Result<Option<Stack>, Error> {
    match client.describe_stacks().stack_name(name).send().await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Error::aws(format!("describing stack `{name}`"), &error)),
    }
}

/// Waits until a stack is created or updated.
pub(crate) async fn wait_until_ready(
    client: &CloudFormation,
    name: &str,
    limit: Duration,
) -> Result<Outputs, Error> {
    let deadline = Instant::now() + limit;
    loop {
        let stack = describe(client, name).await?;
        match stack.as_ref().and_then(Stack::stack_status) {
            Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => {
                return stack
                    .as_ref()
                    .map_or_else(|| Ok(Outputs::default()), outputs);
            }
            Some(status) if in_progress(status) => {}
            status => {
                let status = status.map_or("gone", StackStatus::as_str);
                return Err(failed(client, name, "deploying", status).await);
            }
        }
        if Instant::now() > deadline {
            return Err(failed(client, name, "deploying", "not ready in time").await);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn in_progress(status: &StackStatus) -> bool {
    let status = status.as_str();
    status.ends_with("_IN_PROGRESS") && !status.contains("ROLLBACK")
}

/// Continues the rollback of a failed update, and waits for its end.
///
/// # Errors
///
/// [`Error::Aws`] with the reason of every resource that was not rolled back.
pub async fn continue_rollback(
    client: &CloudFormation,
    name: &str,
    limit: Duration,
) -> Result<(), Error> {
    let continued = client.continue_update_rollback().stack_name(name);
    let continued = continued.send().await;
    continued.map_err(|error| Error::aws("continuing the rollback of the stack", &error))?;
    let started = Instant::now();
    loop {
        let stack = describe(client, name).await?;
        match stack.as_ref().and_then(Stack::stack_status) {
            Some(StackStatus::UpdateRollbackComplete) => return Ok(()),
            Some(StackStatus::UpdateRollbackFailed) if started.elapsed() < BEGIN => {}
            Some(status)
                if status.as_str().ends_with("_IN_PROGRESS") && started.elapsed() < limit => {}
            status => {
                let status = status.map_or("gone", StackStatus::as_str);
                return Err(failed(client, name, "rolling back", status).await);
            }
        }
        tokio::time::sleep(POLL_DELETION).await;
    }
}

/// Deletes a stack and waits for the end of it. `id` is its ARN: a deleted stack
/// is not found by its name.
///
/// # Errors
///
/// [`Error::Aws`] with the reason of every resource that was not deleted.
pub async fn delete(aws: &SdkConfig, id: &str, limit: Duration) -> Result<(), Error> {
    let client = CloudFormation::new(aws);
    let before = describe(&client, id).await?;
    let before = before.as_ref().and_then(Stack::stack_status).cloned();
    client
        .delete_stack()
        .stack_name(id)
        .send()
        .await
        .map_err(|error| Error::aws("deleting the stack", &error))?;
    let started = Instant::now();
    let deadline = started + limit;
    loop {
        let stack = describe(&client, id).await?;
        match stack.as_ref().and_then(Stack::stack_status) {
            None | Some(StackStatus::DeleteComplete) => return Ok(()),
            // The deletion has not begun.
            status if status == before.as_ref() && started.elapsed() < BEGIN => {}
            Some(StackStatus::DeleteInProgress) if Instant::now() < deadline => {}
            Some(status) => {
                return Err(failed(&client, id, "deleting", status.as_str()).await);
            }
        }
        tokio::time::sleep(POLL_DELETION).await;
    }
}

fn outputs(stack: &Stack) -> Result<Outputs, Error> {
    let output = |name: &str| {
        stack
            .outputs()
            .iter()
            .find(|output| output.output_key() == Some(name))
            .and_then(|output| output.output_value())
            .map(str::to_owned)
    };
    let find = |name: &str| {
        output(name).ok_or_else(|| {
            let stack_name = stack.stack_name().unwrap_or_default();
            let status = stack.stack_status().map_or("unknown", StackStatus::as_str);
            Error::InvalidInput(format!(
                "stack `{stack_name}` has no output `{name}` (its status is {status}): its \
                 deployment failed, or it was not made from `infra/template.yaml`; deploy it with \
                 `hostbench deploy --stack {stack_name}`, delete it with `hostbench destroy \
                 --stack {stack_name}`, or select another stack"
            ))
        })
    };
    Ok(Outputs {
        state_machine_arn: find("StateMachineArn")?,
        table: find("TableName")?,
        bucket: find("BucketName")?,
        sweeper_arn: output("SweeperArn"),
    })
}

/// The failure of a stack, with the reason of every failed resource.
pub(crate) async fn failed(
    client: &CloudFormation,
    name: &str,
    doing: &str,
    status: &str,
) -> Error {
    let events = client.describe_stack_events().stack_name(name).send().await;
    let reasons: Vec<String> = events
        .iter()
        .flat_map(DescribeStackEventsOutput::stack_events)
        .filter(|event| {
            event
                .resource_status()
                .is_some_and(|status| status.as_str().ends_with("_FAILED"))
        })
        .map(|event| {
            let resource = event.logical_resource_id().unwrap_or("the stack");
            format!(
                "\n  - `{resource}`: {}",
                event.resource_status_reason().unwrap_or("no reason")
            )
        })
        .collect();
    let reasons = if reasons.is_empty() {
        " without a reason".to_owned()
    } else {
        reasons.concat()
    };
    Error::Aws {
        doing: format!("{doing} the stack"),
        cause: format!("{status}{reasons}"),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::Output;

    use super::*;

    #[test]
    fn a_stack_is_known_by_its_outputs() {
        let output = |key: &str, value: &str| {
            Output::builder()
                .output_key(key)
                .output_value(value)
                .build()
        };
        let stack = Stack::builder()
            .stack_name("other")
            .outputs(output("StateMachineArn", "arn:sm"))
            .outputs(output("TableName", "table"));
        let error = outputs(&stack.clone().build()).unwrap_err().to_string();
        assert!(
            error.contains("`other` has no output `BucketName`"),
            "{error}"
        );
        let whole = outputs(&stack.outputs(output("BucketName", "bucket")).build()).unwrap();
        assert_eq!(whole.state_machine_arn, "arn:sm");
        assert_eq!(
            (whole.table.as_str(), whole.bucket.as_str()),
            ("table", "bucket")
        );
    }
}
