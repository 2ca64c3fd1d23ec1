//! Settings of AWS clients that are measured: one request a call, no time limit
//! but ours, and the right place to connect to.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder as HttpClientBuilder, ConnectorBuilder,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use bench_core::config::Target;

use crate::{connect::ConnectError, surroundings::Surroundings};

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
    let region = target.region.clone().or_else(|| surroundings.region.clone());
    if target.simulated {
        let url = surroundings.simulator(target)?;
        let region = region.unwrap_or_else(|| SIMULATED_REGION.to_owned());
        let nobody = Credentials::new("simulated", "simulated", None, None, "simulator");
        return Ok(fixed(url.as_str().trim_end_matches('/'), region, nobody)
            .into_builder()
            .http_client(without_proxy())
            .build());
    }
    if surroundings.models_are_on_aws()? {
        let region = region.ok_or_else(|| ConnectError::Region { target: target.id.clone() })?;
        let credentials = surroundings
            .model_credentials
            .clone()
            .ok_or_else(|| ConnectError::Credentials { target: target.id.clone() })?;
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
        return Err(ConnectError::Region { target: target.id.clone() });
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
    TimeoutConfig::builder().connect_timeout(crate::connect::CONNECT_TIMEOUT).build()
}

/// The simulator is a neighbour: a proxy for the outside world cannot reach it.
fn without_proxy() -> aws_config::provider_config::SharedHttpClient {
    todo!()
}
