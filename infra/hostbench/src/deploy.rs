//! Deploying the project's template: artefacts to a bucket, then a CloudFormation stack.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client as CloudFormation,
    error::ProvideErrorMetadata,
    operation::describe_stack_events::DescribeStackEventsOutput,
    types::{Capability, Parameter, Stack, StackStatus},
};
use aws_sdk_s3::{Client as S3, primitives::ByteStream, types::CreateBucketConfiguration};

use crate::{error::Error, package::Package};

/// The bucket that deployments are packaged into.
pub const ARTIFACTS: &str = "hostbench-artifacts";
/// The Region whose buckets have no place.
const NAMELESS: &str = "us-east-1";
/// The name of the stack.
pub const STACK: &str = "hostbench";

/// How long a stack may take.
const LIMIT: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(250);

/// What a deployed stack is used by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// The state machine.
    pub state_machine_arn: String,
    /// The DynamoDB table.
    pub table: String,
    /// The S3 bucket.
    pub bucket: String,
}

/// Uploads the packages to the bucket of artefacts, which is made if need be.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn upload(aws: &SdkConfig, packages: &[Package]) -> Result<(), Error> {
    let s3 = S3::new(aws);
    let made = s3
        .create_bucket()
        .bucket(ARTIFACTS)
        .set_create_bucket_configuration(place(aws))
        .send()
        .await;
    if let Err(error) = made
        && !error
            .code()
            .is_some_and(|code| code.starts_with("BucketAlready"))
    {
        return Err(Error::aws(format!("making bucket `{ARTIFACTS}`"), &error));
    }
    for package in packages {
        s3.put_object()
            .bucket(ARTIFACTS)
            .key(&package.key)
            .body(ByteStream::from(package.bytes.clone()))
            .send()
            .await
            .map_err(|error| Error::aws(format!("uploading `{}`", package.key), &error))?;
    }
    Ok(())
}

/// Where a bucket lies: S3 wants to be told, except in the Region that has no
/// name among its places.
fn place(aws: &SdkConfig) -> Option<CreateBucketConfiguration> {
    let region = aws.region().map(AsRef::as_ref);
    let place = region.filter(|region| *region != NAMELESS)?;
    let builder = CreateBucketConfiguration::builder();
    Some(builder.location_constraint(place.into()).build())
}

/// Creates the stack, or updates it when it is there, and waits for its outputs.
///
/// # Errors
///
/// [`Error::Aws`], with the reasons of every resource that failed.
pub async fn deploy(
    aws: &SdkConfig,
    template: &str,
    parameters: &[(String, String)],
) -> Result<Outputs, Error> {
    let client = CloudFormation::new(aws);
    let parameters: Vec<Parameter> = parameters
        .iter()
        .map(|(key, value)| {
            Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build()
        })
        .collect();
    let capabilities = [Capability::CapabilityIam, Capability::CapabilityAutoExpand];
    if describe(&client).await?.is_none() {
        client
            .create_stack()
            .stack_name(STACK)
            .template_body(template)
            .set_parameters(Some(parameters.clone()))
            .set_capabilities(Some(capabilities.to_vec()))
            .send()
            .await
            .map_err(|error| Error::aws("creating the stack", &error))?;
    } else if let Err(error) = client
        .update_stack()
        .stack_name(STACK)
        .template_body(template)
        .set_parameters(Some(parameters.clone()))
        .set_capabilities(Some(capabilities.to_vec()))
        .send()
        .await
        && !error
            .message()
            .is_some_and(|message| message.contains("No updates"))
    {
        return Err(Error::aws("updating the stack", &error));
    }
    wait(&client).await
}

async fn describe(client: &CloudFormation) -> Result<Option<Stack>, Error> {
    match client.describe_stacks().stack_name(STACK).send().await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        Err(error)
            if error
                .message()
                .is_some_and(|text| text.contains("does not exist")) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::aws("describing the stack", &error)),
    }
}

async fn wait(client: &CloudFormation) -> Result<Outputs, Error> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let stack = describe(client).await?;
        let status = stack
            .as_ref()
            .and_then(Stack::stack_status)
            .map(StackStatus::as_str);
        match status {
            Some("CREATE_COMPLETE" | "UPDATE_COMPLETE") => {
                return outputs(stack.as_ref());
            }
            Some(status) if status.ends_with("_IN_PROGRESS") && !status.contains("ROLLBACK") => {}
            status => return Err(failed(client, status.unwrap_or("gone")).await),
        }
        if Instant::now() > deadline {
            return Err(failed(client, "not ready in time").await);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn outputs(stack: Option<&Stack>) -> Result<Outputs, Error> {
    let find = |name: &str| {
        stack
            .into_iter()
            .flat_map(Stack::outputs)
            .find(|output| output.output_key() == Some(name))
            .and_then(|output| output.output_value())
            .map(str::to_owned)
            .ok_or_else(|| {
                Error::Unusable(format!(
                    "the stack has no output `{name}`; the template lacks it"
                ))
            })
    };
    Ok(Outputs {
        state_machine_arn: find("StateMachineArn")?,
        table: find("TableName")?,
        bucket: find("BucketName")?,
    })
}

async fn failed(client: &CloudFormation, status: &str) -> Error {
    let events = client
        .describe_stack_events()
        .stack_name(STACK)
        .send()
        .await;
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
        doing: "deploying the stack".to_owned(),
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
            .outputs(output("StateMachineArn", "arn:sm"))
            .outputs(output("TableName", "table"));
        let error = outputs(Some(&stack.clone().build()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("`BucketName`"), "{error}");
        let whole = outputs(Some(&stack.outputs(output("BucketName", "bucket")).build())).unwrap();
        assert_eq!(whole.state_machine_arn, "arn:sm");
        assert_eq!(
            (whole.table.as_str(), whole.bucket.as_str()),
            ("table", "bucket")
        );
    }
}
