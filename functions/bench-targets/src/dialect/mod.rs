//! Schemas of requests and answers, whatever carries them.
//!
//! A dialect knows bodies; Bedrock, SageMaker and HTTP know how bodies travel.
//! The same dialect means the same thing on every carrier.

mod counts;
mod document;
mod input;
mod json;
mod llama;
mod member;
mod openai;
mod parts;
mod responses;
mod service_error;
mod shape;
mod stream;
mod tgi;
mod unknown;

use bench_core::config::{BedrockRequest, HttpRequest, SageMakerRequest};
use serde::Serialize;
use serde_json::Value;

use crate::{failure::Failure, model::Reply, stopwatch::Stopwatch};

pub(crate) use self::{
    counts::raise,
    document::DocumentKind,
    input::DialectInput,
    json::read as read_json,
    member::Member,
    service_error::ServiceError,
    shape::BodyShape,
    stream::{Event, Progress, Reader},
};

/// A schema of requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The Llama body of Bedrock.
    Llama,
    /// Text Generation Inference, and Large Model Inference, which descends from it.
    Tgi,
    /// Chat messages as OpenAI published them.
    OpenAiChat,
    /// A prompt to complete as OpenAI published it.
    OpenAiCompletion,
    /// The Responses API as OpenAI published it.
    OpenAiResponses,
}

impl Dialect {
    /// `None` for the Converse operations, which have a schema of their own.
    pub(crate) fn of_bedrock(request: BedrockRequest) -> Option<Self> {
        match request {
            BedrockRequest::Converse => None,
            BedrockRequest::Llama => Some(Self::Llama),
            BedrockRequest::OpenAiChat => Some(Self::OpenAiChat),
            BedrockRequest::OpenAiCompletion => Some(Self::OpenAiCompletion),
            BedrockRequest::OpenAiResponses => Some(Self::OpenAiResponses),
        }
    }

    /// The request body, in the shape that the target wants.
    pub(crate) fn body(
        self,
        input: DialectInput<'_>,
        shape: &BodyShape,
    ) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Llama => to_bytes(&llama::Body::new(input), shape),
            Self::Tgi => to_bytes(&tgi::Body::new(input), shape),
            Self::OpenAiChat => to_bytes(&openai::Body::chat(input), shape),
            Self::OpenAiCompletion => to_bytes(&openai::Body::completion(input), shape),
            Self::OpenAiResponses => to_bytes(&responses::Body::new(input), shape),
        }
    }

    /// Reads an answer that came in one piece.
    pub(crate) fn whole(self, body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
        match self {
            Self::Llama => llama::whole(body, watch),
            Self::Tgi => tgi::whole(body, watch),
            Self::OpenAiChat | Self::OpenAiCompletion => openai::whole(body, watch),
            Self::OpenAiResponses => responses::whole(body, watch),
        }
    }

    /// A reader for an answer that comes as a stream.
    pub(crate) fn reader(self) -> Box<dyn Reader> {
        match self {
            Self::Llama => Box::new(llama::Stream::default()),
            Self::Tgi => Box::new(tgi::Stream::default()),
            Self::OpenAiChat | Self::OpenAiCompletion => Box::new(openai::Stream::default()),
            Self::OpenAiResponses => Box::new(responses::Stream::default()),
        }
    }
}

fn to_bytes(body: &impl Serialize, shape: &BodyShape) -> Result<Vec<u8>, Failure> {
    let bytes = if shape.is_plain() {
        serde_json::to_vec(body)
    } else {
        serde_json::to_value(body).and_then(|mut body: Value| {
            shape.apply(&mut body);
            serde_json::to_vec(&body)
        })
    };
    bytes.map_err(|error| Failure::invalid(error.to_string()))
}

impl From<SageMakerRequest> for Dialect {
    fn from(request: SageMakerRequest) -> Self {
        match request {
            SageMakerRequest::Tgi | SageMakerRequest::Lmi => Self::Tgi,
            SageMakerRequest::OpenAiChat => Self::OpenAiChat,
        }
    }
}

impl From<HttpRequest> for Dialect {
    fn from(request: HttpRequest) -> Self {
        match request {
            HttpRequest::Tgi => Self::Tgi,
            HttpRequest::OpenAiChat => Self::OpenAiChat,
            HttpRequest::OpenAiCompletion => Self::OpenAiCompletion,
            HttpRequest::OpenAiResponses => Self::OpenAiResponses,
        }
    }
}
