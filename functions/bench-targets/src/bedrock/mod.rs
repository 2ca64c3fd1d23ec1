//! Amazon Bedrock.

mod converse;
mod invoke;

use aws_sdk_bedrockruntime::Client;
use bench_core::{
    aws_service::AwsService,
    config::{BedrockTarget, Target},
};

use crate::{
    aws::{Connections, config_for},
    dialect::{BodyShape, Dialect},
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
    target: BedrockTarget,
    shape: BodyShape,
    stream: bool,
}

impl Bedrock {
    /// The client for a model of `target`'s service, which is `bedrock`.
    pub(crate) async fn connect(
        bedrock: &BedrockTarget,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let config = config_for(AwsService::BedrockRuntime, target, env).await?;
        Ok(Self {
            client: Client::new(&config),
            connections: Connections::default(),
            target: bedrock.clone(),
            shape: BodyShape::of(target),
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
        match (Dialect::of_bedrock(self.target.request), self.stream) {
            (None, true) => self.converse_stream(completion_request, watch).await,
            (None, false) => self.converse(completion_request, watch).await,
            (Some(dialect), true) => self.invoke_stream(dialect, completion_request, watch).await,
            (Some(dialect), false) => self.invoke(dialect, completion_request, watch).await,
        }
    }
}
