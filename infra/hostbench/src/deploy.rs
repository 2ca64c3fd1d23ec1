//! Deployment of the template to the embedded AWS: packages to a bucket, then a
//! CloudFormation stack.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client as CloudFormation,
    error::ProvideErrorMetadata,
    types::{Capability, Parameter},
};
use aws_sdk_s3::{Client as S3, primitives::ByteStream, types::CreateBucketConfiguration};

use bench_core::dataset::sha256_hex;

use crate::{error::Error, package::Package, pipeline::Outputs, stack};

/// The bucket for the packages.
pub const ARTIFACTS: &str = "hostbench-artifacts";
/// The Region whose buckets have no location constraint.
const DEFAULT_LOCATION: &str = "us-east-1";
/// The default name of the stack.
pub const STACK: &str = "hostbench";
/// The template parameter with the architecture of the functions.
pub const ARCHITECTURE: &str = "Architecture";

/// Timeout of a deployment.
const LIMIT: Duration = Duration::from_mins(5);

/// Uploads the packages to their bucket, which is created if it does not exist.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn upload(aws: &SdkConfig, packages: &[Package]) -> Result<(), Error> {
    let s3 = S3::new(aws);
    let made = s3
        .create_bucket()
        .bucket(ARTIFACTS)
        .set_create_bucket_configuration(location_constraint(aws))
        .send()
        .await;
    if let Err(error) = made
        && !error
            .code()
            .is_some_and(|code| code.starts_with("BucketAlready"))
    {
        return Err(Error::aws(format!("creating bucket `{ARTIFACTS}`"), &error));
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
fn location_constraint(aws: &SdkConfig) -> Option<CreateBucketConfiguration> {
    let region = aws.region().map(AsRef::as_ref);
    let place = region.filter(|region| *region != DEFAULT_LOCATION)?;
    let builder = CreateBucketConfiguration::builder();
    Some(builder.location_constraint(place.into()).build())
}

/// Puts the template beside the packages, since a request holds 51,200 bytes of one at
/// most; gives its URL.
async fn upload_template(aws: &SdkConfig, template: &str) -> Result<String, Error> {
    let key = format!("template-{}.yaml", &sha256_hex(template.as_bytes())[..16]);
    S3::new(aws)
        .put_object()
        .bucket(ARTIFACTS)
        .key(&key)
        .body(ByteStream::from(template.as_bytes().to_vec()))
        .send()
        .await
        .map_err(|error| Error::aws("uploading the template", &error))?;
    let endpoint = aws.endpoint_url().unwrap_or("https://s3.amazonaws.com");
    Ok(format!(
        "{}/{ARTIFACTS}/{key}",
        endpoint.trim_end_matches('/')
    ))
}

/// Creates the stack, or updates it when it is there, and waits for its outputs. The
/// bucket of packages is there.
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
    let template = upload_template(aws, template).await?;
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
    if stack::describe(&client, STACK).await?.is_none() {
        client
            .create_stack()
            .stack_name(STACK)
            .template_url(&template)
            .set_parameters(Some(parameters.clone()))
            .set_capabilities(Some(capabilities.to_vec()))
            .send()
            .await
            .map_err(|error| Error::aws("creating the stack", &error))?;
    } else if let Err(error) = client
        .update_stack()
        .stack_name(STACK)
        .template_url(&template)
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
    stack::wait_until_ready(&client, STACK, LIMIT).await
}
