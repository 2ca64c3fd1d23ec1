//! Amazon Bedrock.

mod converse;
mod invoke;

use aws_sdk_bedrockruntime::Client;
use bench_core::config::{BedrockRequest, LatencyMode, ServiceTier, Target};

use crate::{
    aws::{AwsService, Connections, config_for},
    dialect::Dialect,
    error::ConnectError,
    failure::Failure,
    model::{CompletionRequest, Model, Reply},
    stopwatch::Stopwatch,
    target_env::TargetEnv,
};

/// A model on Amazon Bedrock.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    connections: Connections,
    model: String,
    request: BedrockRequest,
    service_tier: Option<ServiceTier>,
    latency: Option<LatencyMode>,
    stream: bool,
}

/// The settings of a target whose model is on Bedrock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BedrockTarget<'a> {
    pub(crate) model: &'a str,
    pub(crate) request: BedrockRequest,
    pub(crate) service_tier: Option<ServiceTier>,
    pub(crate) latency: Option<LatencyMode>,
}

impl Bedrock {
    pub(crate) async fn connect(
        target_config: BedrockTarget<'_>,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let config = config_for(AwsService::BedrockRuntime, target, env).await?;
        Ok(Self {
            client: Client::new(&config),
            connections: Connections::default(),
            model: target_config.model.to_owned(),
            request: target_config.request,
            service_tier: target_config.service_tier,
            latency: target_config.latency,
            stream: target.stream,
        })
    }
}

impl Model for Bedrock {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        match (Dialect::of_bedrock(self.request), self.stream) {
            (None, true) => self.converse_stream(completion_request, watch).await,
            (None, false) => self.converse(completion_request, watch).await,
            (Some(dialect), true) => self.invoke_stream(dialect, completion_request, watch).await,
            (Some(dialect), false) => self.invoke(dialect, completion_request, watch).await,
        }
    }
}
