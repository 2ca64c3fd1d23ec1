//! Settings of AWS clients that are measured: one request a call, no time limit
//! but ours, and the right place to connect to.

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use bench_core::config::Target;

use crate::{
    connect::{CONNECT_TIMEOUT, ConnectError},
    surroundings::Surroundings,
};

/// The Region of simulated targets that name none; it is signed and ignored.
const SIMULATED_REGION: &str = "us-east-1";

/// A service with its host name within a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AwsService {
    BedrockRuntime,
    SageMakerRuntime,
}

impl AwsService {
    fn endpoint(self, region: &str) -> String {
        match self {
            Self::BedrockRuntime => format!("https://bedrock-runtime.{region}.amazonaws.com"),
            Self::SageMakerRuntime => format!("https://runtime.sagemaker.{region}.amazonaws.com"),
        }
    }
}

/// The configuration of a client for `target`.
pub(crate) async fn config_for(
    service: AwsService,
    target: &Target,
    surroundings: &Surroundings,
) -> Result<SdkConfig, ConnectError> {
    let region = target
        .region
        .clone()
        .or_else(|| surroundings.region.clone());
    if target.simulated {
        let url = surroundings.simulator(target)?;
        let region = region.unwrap_or_else(|| SIMULATED_REGION.to_owned());
        let nobody = Credentials::new("simulated", "simulated", None, None, "simulator");
        let config = fixed(url.as_str().trim_end_matches('/'), region, nobody);
        // Unlike the SDK's own, this client takes no proxy from the
        // environment: the simulator is a neighbour that no proxy reaches.
        let direct = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        return Ok(config.into_builder().http_client(direct).build());
    }
    if surroundings.models_are_on_aws()? {
        let region = region.ok_or_else(|| ConnectError::Region {
            target: target.id.clone(),
        })?;
        let credentials =
            surroundings
                .model_credentials
                .clone()
                .ok_or_else(|| ConnectError::Credentials {
                    target: target.id.clone(),
                })?;
        return Ok(fixed(&service.endpoint(&region), region, credentials));
    }
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::disabled())
        .timeout_config(connect_only())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(ConnectError::Region {
            target: target.id.clone(),
        });
    }
    Ok(config)
}

/// A configuration that asks nothing of the environment.
fn fixed(endpoint: &str, region: String, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(connect_only())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

/// An answer may take minutes before its first byte; only connecting is bounded.
fn connect_only() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bedrock_target, sagemaker_target};

    fn on_aws(pairs: &'static [(&str, &str)]) -> Surroundings {
        Surroundings::from_env(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    const EMBEDDED: &[(&str, &str)] = &[
        ("MODEL_ENDPOINTS", "aws"),
        ("AWS_REGION", "us-west-2"),
        ("MODEL_AWS_ACCESS_KEY_ID", "id"),
        ("MODEL_AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    #[tokio::test]
    async fn real_models_are_at_the_public_endpoints_when_the_rest_is_emulated() {
        let mut target = bedrock_target();
        let surroundings = on_aws(EMBEDDED);
        let config = config_for(AwsService::BedrockRuntime, &target, &surroundings)
            .await
            .unwrap();
        assert_eq!(
            config.endpoint_url(),
            Some("https://bedrock-runtime.us-west-2.amazonaws.com")
        );
        target.region = Some("eu-central-1".to_owned());
        let config = config_for(AwsService::BedrockRuntime, &target, &surroundings)
            .await
            .unwrap();
        assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
        let config = config_for(
            AwsService::SageMakerRuntime,
            &sagemaker_target(),
            &surroundings,
        )
        .await
        .unwrap();
        assert_eq!(
            config.endpoint_url(),
            Some("https://runtime.sagemaker.us-west-2.amazonaws.com")
        );
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let check = async |pairs, expected: &str| {
            let surroundings = on_aws(pairs);
            let target = bedrock_target();
            let error = config_for(AwsService::BedrockRuntime, &target, &surroundings)
                .await
                .unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(&EMBEDDED[..2], "MODEL_AWS_ACCESS_KEY_ID").await;
        check(&EMBEDDED[..1], "AWS_REGION").await;
        check(&[("MODEL_ENDPOINTS", "gcp")], "`gcp`").await;
    }

    #[tokio::test]
    async fn nothing_is_tried_twice_and_no_time_is_limited_but_connecting() {
        let surroundings = on_aws(EMBEDDED);
        let config = config_for(AwsService::BedrockRuntime, &bedrock_target(), &surroundings)
            .await
            .unwrap();
        assert_eq!(
            config.retry_config().map(RetryConfig::max_attempts),
            Some(1)
        );
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT_TIMEOUT));
        assert_eq!(timeouts.read_timeout(), None);
        assert_eq!(timeouts.operation_timeout(), None);
        assert!(!config.stalled_stream_protection().unwrap().is_enabled());
    }
}
