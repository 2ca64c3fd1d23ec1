//! Clients of the embedded AWS and of a deployed stack, and the user's own
//! credentials for real models.

use aws_config::{BehaviorVersion, Region, SdkConfig, profile::ProfileFileCredentialsProvider};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};

use crate::{emulator::ModelCredentials, error::Error, permissions::ArnScope};

/// The Region that the embedded AWS plays unless the user has one of their own.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The configuration of clients of the embedded AWS. Nothing of the user's AWS
/// settings, profiles or variables gets into it.
#[must_use]
pub fn local_config(endpoint_url: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "hostbench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint_url)
        .build()
}

/// The configuration of clients of the user's own account: their variables,
/// profile or instance role. A profile that is named goes before variables.
///
/// # Errors
///
/// [`Error::InvalidInput`] when there are no credentials or no Region, with the remedy.
pub async fn config(profile: Option<&str>, region: Option<&str>) -> Result<SdkConfig, Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(name) = profile {
        let provider = ProfileFileCredentialsProvider::builder().profile_name(name);
        loader = loader
            .profile_name(name)
            .credentials_provider(provider.build());
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(Error::InvalidInput(
            "no Region is set; name one with `--region`, in `AWS_REGION` or in the profile"
                .to_owned(),
        ));
    }
    let refused = |reason: String| {
        let profile = profile.map_or_else(String::new, |name| format!(" in profile `{name}`"));
        Error::InvalidInput(format!(
            "there are no AWS credentials{profile} ({reason}); sign in with `aws sso login` or \
             `aws configure`, or name another profile with `--profile`"
        ))
    };
    let provider = config.credentials_provider();
    let provider = provider.ok_or_else(|| refused("none are set".to_owned()))?;
    let found = provider.provide_credentials().await;
    found.map_err(|error| refused(aws_error(&error)))?;
    Ok(config)
}

/// Partition, account and Region that a configuration leads to.
///
/// # Errors
///
/// [`Error::Aws`] when the credentials are of no use there.
pub async fn scope(aws: &SdkConfig) -> Result<ArnScope, Error> {
    let identity = aws_sdk_sts::Client::new(aws)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| Error::aws("asking whose credentials these are", &error))?;
    let region = aws.region().map_or("", AsRef::as_ref).to_owned();
    Ok(ArnScope {
        region,
        ..ArnScope::of(identity.arn().unwrap_or_default())
    })
}

/// What the user's own AWS settings say.
#[derive(Debug, Clone)]
pub struct Account {
    /// Their credentials.
    pub credentials: ModelCredentials,
    /// Their Region; `None` when they have none set.
    pub region: Option<String>,
}

/// Reads the user's own AWS settings: variables, profile, instance role.
///
/// # Errors
///
/// [`Error::InvalidInput`] when there are no credentials.
pub async fn account() -> Result<Account, Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let provider = config
        .credentials_provider()
        .ok_or_else(|| no_credentials(&"none are set"))?;
    let found = provider
        .provide_credentials()
        .await
        .map_err(|error| no_credentials(&aws_error(&error)))?;
    Ok(Account {
        credentials: ModelCredentials {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: found.secret_access_key().to_owned(),
            session_token: found.session_token().map(str::to_owned),
        },
        region: config.region().map(|region| region.as_ref().to_owned()),
    })
}

fn aws_error(error: &impl std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |below| format!("{error}: {below}"))
}

fn no_credentials(reason: &impl std::fmt::Display) -> Error {
    Error::InvalidInput(format!(
        "the configuration has targets on AWS, and no credentials to call them with ({reason}); \
         sign in and run `eval \"$(aws configure export-credentials --format env)\"`, or take \
         simulated targets"
    ))
}
