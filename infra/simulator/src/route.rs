//! Which protocol and which target a path means, and what its names ask for.

use axum::http::Method;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::{
    fault::{Fault, Faults},
    profile::Profile,
    protocol::Format,
};

/// An operation of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Converse,
    ConverseStream,
    Invoke,
    InvokeStream,
    SageMaker,
    SageMakerStream,
    Generate,
    GenerateStream,
    Chat,
    Completion,
    Responses,
    /// Of an OpenAI-compatible API of AWS, as the next two.
    BedrockChat,
    BedrockResponses,
    SageMakerChat,
    Health,
    Info,
}

/// The error shapes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Bedrock,
    SageMaker,
    Tgi,
    OpenAi,
    /// `OpenAI`'s objects with the names of Bedrock's errors.
    BedrockOpenAi,
    /// The same with those of SageMaker.
    SageMakerOpenAi,
}

impl Operation {
    /// How the operation says that something is wrong.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Converse | Self::ConverseStream | Self::Invoke | Self::InvokeStream => {
                Shape::Bedrock
            }
            Self::SageMaker | Self::SageMakerStream => Shape::SageMaker,
            Self::Generate | Self::GenerateStream | Self::Health | Self::Info => Shape::Tgi,
            Self::Chat | Self::Completion | Self::Responses => Shape::OpenAi,
            Self::BedrockChat | Self::BedrockResponses => Shape::BedrockOpenAi,
            Self::SageMakerChat => Shape::SageMakerOpenAi,
        }
    }

    /// The name in the ground truth, without `-stream`.
    pub(crate) fn protocol(self, format: Option<Format>) -> &'static str {
        match (self, format) {
            (Self::Converse | Self::ConverseStream, _) => "bedrock-converse",
            (Self::Invoke | Self::InvokeStream, Some(Format::Chat)) => "bedrock-openai-chat",
            (Self::Invoke | Self::InvokeStream, Some(Format::Completion)) => {
                "bedrock-openai-completion"
            }
            (Self::Invoke | Self::InvokeStream, _) => "bedrock-invoke",
            (Self::SageMaker | Self::SageMakerStream, format) => match format {
                Some(Format::Chat) => "sagemaker-openai-chat",
                Some(Format::Completion) => "sagemaker-openai-completion",
                Some(Format::Lmi) => "sagemaker-lmi",
                _ => "sagemaker",
            },
            (Self::Generate | Self::GenerateStream | Self::Health | Self::Info, _) => "tgi",
            (Self::Chat, _) => "openai-chat",
            (Self::Completion, _) => "openai-completion",
            (Self::Responses, _) => "openai-responses",
            (Self::BedrockChat, _) => "bedrock-api-chat",
            (Self::BedrockResponses, _) => "bedrock-api-responses",
            (Self::SageMakerChat, _) => "sagemaker-api-chat",
        }
    }

    /// Whether streams of this come in event-stream frames.
    pub(crate) fn has_frames(self) -> bool {
        matches!(self.shape(), Shape::Bedrock | Shape::SageMaker)
    }

    /// Whether this asks a model for text.
    pub(crate) fn is_inference(self) -> bool {
        !matches!(self, Self::Health | Self::Info)
    }
}

/// A path, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// Model id, endpoint name, or base path (`/` when there is none).
    pub(crate) target: String,
    pub(crate) profile: Profile,
    pub(crate) faults: Faults,
}

/// A path or method that no protocol has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unrouted {
    NoSuchPath,
    NoSuchMethod,
}

const HTTP: &[(&str, Method, Operation)] = &[
    ("/generate", Method::POST, Operation::Generate),
    ("/generate_stream", Method::POST, Operation::GenerateStream),
    ("/v1/chat/completions", Method::POST, Operation::Chat),
    ("/v1/completions", Method::POST, Operation::Completion),
    ("/v1/responses", Method::POST, Operation::Responses),
    ("/health", Method::GET, Operation::Health),
    ("/info", Method::GET, Operation::Info),
];

const AWS: &[(&str, &str, Operation)] = &[
    ("/model/", "/converse", Operation::Converse),
    ("/model/", "/converse-stream", Operation::ConverseStream),
    ("/model/", "/invoke", Operation::Invoke),
    (
        "/model/",
        "/invoke-with-response-stream",
        Operation::InvokeStream,
    ),
    ("/endpoints/", "/invocations", Operation::SageMaker),
    (
        "/endpoints/",
        "/invocations-response-stream",
        Operation::SageMakerStream,
    ),
    (
        "/endpoints/",
        "/openai/v1/chat/completions",
        Operation::SageMakerChat,
    ),
];

/// Operations whose model is named in the body. The first part of the path stands for the
/// host of the service.
const OPENAI: &[(&str, Operation)] = &[
    (
        "/bedrock-runtime/openai/v1/chat/completions",
        Operation::BedrockChat,
    ),
    (
        "/bedrock-runtime/openai/v1/responses",
        Operation::BedrockResponses,
    ),
    (
        "/bedrock-mantle/v1/chat/completions",
        Operation::BedrockChat,
    ),
    ("/bedrock-mantle/v1/responses", Operation::BedrockResponses),
    (
        "/bedrock-mantle/openai/v1/chat/completions",
        Operation::BedrockChat,
    ),
    (
        "/bedrock-mantle/openai/v1/responses",
        Operation::BedrockResponses,
    ),
];

impl Route {
    /// Understands a method and a percent-encoded path.
    pub(crate) fn parse(method: &Method, path: &str) -> Result<Self, Unrouted> {
        let path = percent_decode_str(path).decode_utf8_lossy();
        let (operation, wanted, target) = Self::find(&path).ok_or(Unrouted::NoSuchPath)?;
        if method != wanted {
            return Err(Unrouted::NoSuchMethod);
        }
        Ok(Self {
            operation,
            target: target.to_owned(),
            profile: profile(operation, target),
            faults: Faults::parse(&path),
        })
    }

    /// The route with the model that the body names, where the path does not.
    pub(crate) fn with_model_of(self, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Named {
            model: String,
        }
        if self.operation.shape() != Shape::BedrockOpenAi {
            return self;
        }
        let Ok(Named { model }) = serde_json::from_slice(body) else {
            return self;
        };
        Self {
            profile: profile(self.operation, &model),
            faults: Faults::parse(&model),
            target: model,
            ..self
        }
    }

    fn find(path: &str) -> Option<(Operation, Method, &str)> {
        let named = OPENAI.iter().find(|(known, _)| *known == path);
        if let Some((path, operation)) = named {
            return Some((*operation, Method::POST, path));
        }
        let aws = AWS.iter().find_map(|(start, end, operation)| {
            let target = path.strip_prefix(start)?.strip_suffix(end)?;
            (!target.is_empty()).then_some((*operation, Method::POST, target))
        });
        aws.or_else(|| {
            HTTP.iter().find_map(|(end, method, operation)| {
                let base = path.strip_suffix(end)?;
                let target = if base.is_empty() { "/" } else { base };
                Some((*operation, method.clone(), target))
            })
        })
    }

    /// Whether the model reasons before it answers: the distilled models do,
    /// DeepSeek-R1 where it is served on demand, and all that are asked to.
    pub(crate) fn reasons(&self) -> bool {
        self.profile != Profile::BedrockServerless
            || self.target.contains("deepseek.r1")
            || self.requests_reasoning()
    }

    /// Whether the name asks for a model that reasons.
    pub(crate) fn requests_reasoning(&self) -> bool {
        let asks = [Fault::Reasoning, Fault::ReasoningContent, Fault::Think];
        asks.iter().any(|fault| self.faults.has(fault))
    }

    /// Whether the container is one of LMI.
    pub(crate) fn is_lmi(&self) -> bool {
        let mut words = self.target.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word == "lmi")
    }
}

fn profile(operation: Operation, target: &str) -> Profile {
    match operation.shape() {
        Shape::Bedrock | Shape::BedrockOpenAi if target.contains("imported-model") => {
            Profile::BedrockCmi
        }
        Shape::Bedrock | Shape::BedrockOpenAi => Profile::BedrockServerless,
        Shape::SageMaker | Shape::SageMakerOpenAi => Profile::SageMaker,
        Shape::Tgi | Shape::OpenAi => Profile::Ec2Inf2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(path: &str) -> Route {
        Route::parse(&Method::POST, path).unwrap()
    }

    #[test]
    fn an_encoded_arn_is_a_model_id_and_an_imported_one_is_cmi() {
        let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Aimported-model%2Fabc123";
        let route = post(&format!("/model/{arn}/invoke-with-response-stream"));
        assert_eq!(route.operation, Operation::InvokeStream);
        assert_eq!(
            route.target,
            "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123"
        );
        assert_eq!(route.profile, Profile::BedrockCmi);
        let serverless = post("/model/us.deepseek.r1-v1%3A0/converse");
        assert_eq!(serverless.profile, Profile::BedrockServerless);
        assert!(serverless.reasons() && !post("/model/us.meta.llama/converse").reasons());
    }

    #[test]
    fn http_protocols_have_any_base_path() {
        let route = post("/a/b/v1/chat/completions");
        assert_eq!(
            (route.operation, route.target.as_str()),
            (Operation::Chat, "/a/b")
        );
        let route = post("/generate");
        assert_eq!(
            (route.operation, route.target.as_str()),
            (Operation::Generate, "/")
        );
        assert_eq!(route.profile, Profile::Ec2Inf2);
        let route = post("/endpoints/deepseek-8b/invocations");
        assert_eq!(
            (route.target.as_str(), route.profile),
            ("deepseek-8b", Profile::SageMaker)
        );
    }

    #[test]
    fn an_openai_compatible_api_of_aws_names_its_model_in_the_body_or_its_endpoint_in_the_path() {
        let route = post("/bedrock-mantle/v1/responses");
        let body = br#"{"model": "us.openai.gpt-5.5-simulate-error-424", "input": "2 + 2"}"#;
        let named = route.clone().with_model_of(body);
        assert_eq!(named.operation, Operation::BedrockResponses);
        assert_eq!(named.target, "us.openai.gpt-5.5-simulate-error-424");
        assert_eq!(named.profile, Profile::BedrockServerless);
        assert!(named.faults.iter().next().is_some());
        assert_eq!(route.clone().with_model_of(b"{}"), route);
        let endpoint = post("/endpoints/e/inference-components/c/openai/v1/chat/completions");
        assert_eq!(endpoint.operation, Operation::SageMakerChat);
        assert_eq!(endpoint.target, "e/inference-components/c");
        assert_eq!(endpoint.profile, Profile::SageMaker);
        let server = post("/groq/openai/v1/chat/completions").with_model_of(body);
        assert_eq!(server.target, "/groq/openai");
    }

    #[test]
    fn other_paths_and_methods_lead_nowhere() {
        let parse = |method, path| Route::parse(&method, path).unwrap_err();
        assert_eq!(
            parse(Method::POST, "/model/x/unknown"),
            Unrouted::NoSuchPath
        );
        assert_eq!(parse(Method::POST, "/regenerate"), Unrouted::NoSuchPath);
        assert_eq!(parse(Method::GET, "/generate"), Unrouted::NoSuchMethod);
    }

    #[test]
    fn faults_are_read_from_names_and_paths() {
        let first = |path| post(path).faults.iter().next().cloned();
        let error = |status| {
            Some(Fault::Error {
                status,
                calls: None,
            })
        };
        assert_eq!(first("/model/simulate-error-424/converse"), error(424));
        assert_eq!(first("/simulate%2Derror-503/generate"), error(503));
        assert_eq!(first("/simulate-break/generate_stream"), Some(Fault::Break));
        assert_eq!(first("/plain/generate"), None);
    }

    #[test]
    fn a_container_is_of_lmi_by_its_name() {
        let is_lmi = |endpoint| post(&format!("/endpoints/{endpoint}/invocations")).is_lmi();
        assert!(is_lmi("deepseek-lmi") && is_lmi("simulate-lmi"));
        assert!(!is_lmi("slmimo"));
    }
}
