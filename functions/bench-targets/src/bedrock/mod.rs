//! Amazon Bedrock.

mod converse;
mod llama;

use aws_sdk_bedrockruntime::Client;
use bench_core::config::{BedrockRequest, Target};

use crate::{
    aws::{AwsService, config_for},
    connect::ConnectError,
    failure::Failure,
    model::{Model, Question, Reply},
    stopwatch::Stopwatch,
    surroundings::Surroundings,
};

/// A model on Amazon Bedrock.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    model: String,
    request: BedrockRequest,
    stream: bool,
}

impl Bedrock {
    pub(crate) async fn connect(
        model: &str,
        request: BedrockRequest,
        target: &Target,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let config = config_for(AwsService::BedrockRuntime, target, surroundings).await?;
        Ok(Self {
            client: Client::new(&config),
            model: model.to_owned(),
            request,
            stream: target.stream,
        })
    }
}

impl Model for Bedrock {
    async fn ask(&self, question: &Question<'_>, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        match (self.request, self.stream) {
            (BedrockRequest::Converse, true) => self.converse_stream(question, watch).await,
            (BedrockRequest::Converse, false) => self.converse(question, watch).await,
            (BedrockRequest::Llama, true) => self.llama_stream(question, watch).await,
            (BedrockRequest::Llama, false) => self.llama(question, watch).await,
        }
    }
}
