//! Configuration of AWS clients: of the embedded AWS, and of the user's account.

use std::env;

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, profile::ProfileFileCredentialsProvider,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use jiff::Timestamp;

use crate::{
    emulator::ModelCredentials,
    error::{Error, error_chain},
    permissions::ArnScope,
};

/// The Region of the embedded AWS unless the user has set another.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The variable with the expiry of the credentials in the environment, as `aws configure
/// export-credentials` sets it.
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// The configuration of clients of the embedded AWS. It ignores the user's AWS
/// profiles and environment variables.
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

/// The configuration of clients of the user's account, from environment variables,
/// a profile or an instance role. `profile` takes precedence over variables.
///
/// # Errors
///
/// [`Error::InvalidInput`] when there are no credentials or no Region, with the remedy.
pub async fn config(profile: Option<&str>, region: Option<&str>) -> Result<SdkConfig, Error> {
    let mut loader = loader(profile);
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    let refused = |reason: String| {
        let profile = in_profile(profile);
        Error::InvalidInput(format!(
            "no AWS credentials{profile}; sign in with `aws sso login` or `aws configure`, or pass \
             another profile with `--profile` ({reason})"
        ))
    };
    let provider = config.credentials_provider();
    let provider = provider.ok_or_else(|| refused("none are set".to_owned()))?;
    let found = provider.provide_credentials().await;
    found.map_err(|error| refused(error_chain(&error)))?;
    if config.region().is_none() {
        return Err(Error::InvalidInput(
            "no AWS Region is set; pass `--region`, or set `AWS_REGION` or the Region of the profile"
                .to_owned(),
        ));
    }
    Ok(config)
}

/// The settings of the environment, or of a profile.
fn loader(profile: Option<&str>) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    match profile {
        None => loader,
        Some(name) => {
            let provider = ProfileFileCredentialsProvider::builder().profile_name(name);
            let loader = loader.profile_name(name);
            loader.credentials_provider(provider.build())
        }
    }
}

/// The partition, account and Region of a configuration.
///
/// # Errors
///
/// [`Error::Aws`] when the credentials are refused.
pub async fn scope(aws: &SdkConfig) -> Result<ArnScope, Error> {
    let identity = aws_sdk_sts::Client::new(aws)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| Error::aws("reading the caller identity", &error))?;
    let region = aws.region().map_or("", AsRef::as_ref).to_owned();
    Ok(ArnScope {
        region,
        ..ArnScope::of(identity.arn().unwrap_or_default())
    })
}

/// The user's AWS credentials and Region.
#[derive(Debug, Clone)]
pub struct Account {
    /// The credentials.
    pub credentials: ModelCredentials,
    /// When the credentials expire; `None` of lasting ones, and where they do not tell.
    pub expiry: Option<Timestamp>,
    /// The Region; `None` if none is set.
    pub region: Option<String>,
}

impl Account {
    /// The note on credentials that expire: the functions of a local run are given them at its
    /// start, and no others.
    #[must_use]
    pub fn expiry_note(&self) -> Option<String> {
        let until = self.expiry?.strftime("%Y-%m-%d %H:%M UTC");
        Some(format!(
            "your AWS credentials hold until {until}, and a local run keeps those that it starts \
             with: calls of AWS after that are refused"
        ))
    }
}

/// Reads the user's AWS settings from a profile, or else from environment variables or an
/// instance role.
///
/// # Errors
///
/// [`Error::InvalidInput`] when there are no credentials, or they have expired.
pub async fn account(profile: Option<&str>) -> Result<Account, Error> {
    let config = loader(profile).load().await;
    let provider = config
        .credentials_provider()
        .ok_or_else(|| no_credentials(profile, &"none are set"))?;
    let found = provider
        .provide_credentials()
        .await
        .map_err(|error| no_credentials(profile, &error_chain(&error)))?;
    let of_provider = found.expiry().and_then(|at| Timestamp::try_from(at).ok());
    // A variable is of the credentials beside it, and not of a profile's.
    let of_environment = || match profile {
        None => env::var(EXPIRATION).ok()?.parse().ok(),
        Some(_) => None,
    };
    let expiry = of_provider.or_else(of_environment);
    if let Some(expired) = expiry.filter(|expiry| *expiry <= Timestamp::now()) {
        let expired = expired.strftime("%Y-%m-%d %H:%M UTC");
        return Err(no_credentials(
            profile,
            &format!("they expired at {expired}"),
        ));
    }
    Ok(Account {
        expiry,
        credentials: ModelCredentials {
            access_key_id: found.access_key_id().to_owned(),
            secret_access_key: found.secret_access_key().to_owned(),
            session_token: found.session_token().map(str::to_owned),
        },
        region: config.region().map(|region| region.as_ref().to_owned()),
    })
}

fn no_credentials(profile: Option<&str>, reason: &impl std::fmt::Display) -> Error {
    let profile = in_profile(profile);
    Error::InvalidInput(format!(
        "the configuration has targets on AWS, and there are no AWS credentials{profile} \
         ({reason}); sign in and run `eval \"$(aws configure export-credentials --format env)\"`, \
         pass `--profile`, or set `simulated = true` on the targets"
    ))
}

fn in_profile(profile: Option<&str>) -> String {
    profile.map_or_else(String::new, |name| format!(" in profile `{name}`"))
}
