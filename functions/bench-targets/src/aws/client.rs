//! Settings of AWS clients that are measured: one request a call, no time limit
//! but ours, and the right place to connect to.

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    pool::{self, ConnectionPool},
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use bench_core::{aws_service::AwsService, config::Target};

use crate::{
    bounds::{CONNECT_TIMEOUT, TCP_KEEPALIVE},
    error::ConnectError,
    failure::error_chain,
    target_env::TargetEnv,
};

/// The Region of simulated targets that name none; it is signed and ignored.
const SIMULATED_REGION: &str = "us-east-1";

/// The configuration of a client for `target`.
pub(crate) async fn config_for(
    service: AwsService,
    target: &Target,
    env: &TargetEnv,
) -> Result<SdkConfig, ConnectError> {
    let region = target.region.clone().or_else(|| env.region.clone());
    if target.simulated && service.has_models() {
        let url = env.simulator(target)?;
        let region = region.unwrap_or_else(|| SIMULATED_REGION.to_owned());
        let nobody = Credentials::new("simulated", "simulated", None, None, "simulator");
        // The simulator is a neighbor that no proxy reaches.
        let http_client = http_client(ProxyConfig::disabled(), target)?;
        let url = url.as_str().trim_end_matches('/').to_owned();
        let nobody = SharedCredentialsProvider::new(nobody);
        return Ok(fixed(region, nobody, http_client, Some(url)));
    }
    let http_client = http_client(ProxyConfig::from_env(), target)?;
    if env.models_are_on_aws()? {
        let region = region.ok_or_else(|| ConnectError::Region {
            target: target.id.clone(),
        })?;
        let credentials =
            env.model_credentials
                .clone()
                .ok_or_else(|| ConnectError::Credentials {
                    target: target.id.clone(),
                })?;
        let endpoint = env.endpoint_of(service);
        return Ok(fixed(region, credentials, http_client, endpoint));
    }
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
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

/// A client with a pool that tells new connections from reused ones.
fn http_client(proxy: ProxyConfig, target: &Target) -> Result<pool::Client, ConnectError> {
    let fault = |fault: String| ConnectError::Client {
        target: target.id.clone(),
        fault,
    };
    let pool = ConnectionPool::builder()
        .proxy_config(proxy)
        .tcp_keepalive(TCP_KEEPALIVE)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build_https()
        .map_err(|error| fault(error_chain(&error)))?;
    pool::Client::new(&pool).map_err(|error| fault(error_chain(&error)))
}

/// A configuration that asks nothing of the environment; without an endpoint it
/// is the service's public one in that Region.
fn fixed(
    region: String,
    credentials: SharedCredentialsProvider,
    http_client: pool::Client,
    endpoint: Option<String>,
) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(http_client)
        .retry_config(RetryConfig::disabled())
        .timeout_config(connect_only())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_endpoint_url(endpoint);
    builder.build()
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

    fn on_aws(pairs: &'static [(&str, &str)]) -> TargetEnv {
        TargetEnv::from_env(|name| {
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
    async fn real_models_are_at_their_own_endpoints_when_the_rest_is_emulated() {
        let mut target = bedrock_target();
        let env = on_aws(EMBEDDED);
        let config = config_for(AwsService::BedrockRuntime, &target, &env)
            .await
            .unwrap();
        assert_eq!(config.endpoint_url(), None, "the Region's public one");
        assert_eq!(config.region().unwrap().as_ref(), "us-west-2");
        target.region = Some("eu-central-1".to_owned());
        let config = config_for(AwsService::BedrockRuntime, &target, &env)
            .await
            .unwrap();
        assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
    }

    #[tokio::test]
    async fn an_endpoint_of_the_users_own_takes_the_place_of_the_public_one() {
        let mut variables = EMBEDDED.to_vec();
        variables.push(("MODEL_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:1"));
        let env = on_aws(variables.leak());
        let endpoint = async |service, target| {
            let config = config_for(service, &target, &env).await.unwrap();
            config.endpoint_url().map(str::to_owned)
        };
        let sagemaker = endpoint(AwsService::SageMakerRuntime, sagemaker_target()).await;
        assert_eq!(sagemaker.as_deref(), Some("http://127.0.0.1:1"));
        let bedrock = endpoint(AwsService::BedrockRuntime, bedrock_target()).await;
        assert_eq!(bedrock, None);
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let check = async |pairs, expected: &str| {
            let env = on_aws(pairs);
            let target = bedrock_target();
            let error = config_for(AwsService::BedrockRuntime, &target, &env)
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
        let env = on_aws(EMBEDDED);
        let config = config_for(AwsService::BedrockRuntime, &bedrock_target(), &env)
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
