//! Amazon Bedrock.

mod converse;
mod invoke;

use aws_sdk_bedrockruntime::Client;
use bench_core::config::{BedrockRequest, LatencyMode, ServiceTier, Target};

use crate::{
    aws::{AwsService, Connections, config_for},
    connect::ConnectError,
    dialect::Dialect,
    failure::Failure,
    model::{Model, Question, Reply},
    stopwatch::Stopwatch,
    surroundings::Surroundings,
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

/// What a target says about a model on Bedrock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) model: &'a str,
    pub(crate) request: BedrockRequest,
    pub(crate) service_tier: Option<ServiceTier>,
    pub(crate) latency: Option<LatencyMode>,
}

impl Bedrock {
    pub(crate) async fn connect(
        place: Place<'_>,
        target: &Target,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let config = config_for(AwsService::BedrockRuntime, target, surroundings).await?;
        Ok(Self {
            client: Client::new(&config),
            connections: Connections::default(),
            model: place.model.to_owned(),
            request: place.request,
            service_tier: place.service_tier,
            latency: place.latency,
            stream: target.stream,
        })
    }
}

impl Model for Bedrock {
    async fn ask(&self, question: &Question<'_>, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        match (Dialect::of_bedrock(self.request), self.stream) {
            (None, true) => self.converse_stream(question, watch).await,
            (None, false) => self.converse(question, watch).await,
            (Some(dialect), true) => self.invoke_stream(dialect, question, watch).await,
            (Some(dialect), false) => self.invoke(dialect, question, watch).await,
        }
    }
}
