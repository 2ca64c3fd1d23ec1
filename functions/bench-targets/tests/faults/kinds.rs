//! Every request kind as a target of the simulator.

use std::{collections::BTreeMap, fmt};

use bench_core::config::{
    AwsAuth, BedrockApi, BedrockRequest, BedrockTarget, HttpRequest, HttpTarget, Network,
    SageMakerApi, SageMakerRequest, SageMakerTarget, Service, Target,
};

/// A request kind, streamed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) request: Request,
    pub(crate) stream: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Bedrock(BedrockRequest),
    /// Of an OpenAI-compatible API, as the other two.
    BedrockApi(BedrockApi, AwsAuth, BedrockRequest),
    SageMaker(SageMakerRequest),
    SageMakerApi,
    Http(HttpRequest),
}

/// The requests to the OpenAI-compatible APIs of AWS: each API and each way to authenticate.
const APIS: [Request; 5] = [
    Request::BedrockApi(
        BedrockApi::OpenAi,
        AwsAuth::SigV4,
        BedrockRequest::OpenAiChat,
    ),
    Request::BedrockApi(
        BedrockApi::OpenAi,
        AwsAuth::SigV4,
        BedrockRequest::OpenAiResponses,
    ),
    Request::BedrockApi(
        BedrockApi::Mantle,
        AwsAuth::Bearer,
        BedrockRequest::OpenAiChat,
    ),
    Request::BedrockApi(
        BedrockApi::MantleOpenAi,
        AwsAuth::SigV4,
        BedrockRequest::OpenAiResponses,
    ),
    Request::SageMakerApi,
];

impl Kind {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let bedrock = BedrockRequest::ALL
            .iter()
            .filter(|(_, r)| *r != BedrockRequest::OpenAiResponses)
            .map(|(_, r)| Request::Bedrock(*r));
        let sagemaker = SageMakerRequest::ALL
            .iter()
            .map(|(_, r)| Request::SageMaker(*r));
        let http = HttpRequest::ALL.iter().map(|(_, r)| Request::Http(*r));
        let requests = bedrock.chain(sagemaker).chain(APIS).chain(http);
        requests.flat_map(|request| [true, false].map(|stream| Self { request, stream }))
    }

    pub(crate) fn is_http(self) -> bool {
        matches!(self.request, Request::Http(_))
    }

    pub(crate) fn is_bedrock(self) -> bool {
        matches!(self.request, Request::Bedrock(_) | Request::BedrockApi(..))
    }

    pub(crate) fn is_converse(self) -> bool {
        self.request == Request::Bedrock(BedrockRequest::Converse)
    }

    pub(crate) fn is_sagemaker(self) -> bool {
        matches!(self.request, Request::SageMaker(_) | Request::SageMakerApi)
    }

    /// Whether a stream comes in frames of an AWS event stream.
    pub(crate) fn is_in_frames(self) -> bool {
        matches!(self.request, Request::Bedrock(_) | Request::SageMaker(_))
    }

    /// A target with the name of a fault where the simulator looks for it. Each
    /// kind has a name of its own, since the simulator counts calls by name.
    pub(crate) fn target(self, fault: &str) -> Target {
        let way = if self.stream { "s" } else { "w" };
        let service = match self.request {
            Request::Bedrock(request) => Service::Bedrock(BedrockTarget {
                model: match request {
                    BedrockRequest::Converse => format!("us.deepseek.r1-v1:0-{way}-{fault}"),
                    _ => format!(
                        "arn:aws:bedrock:us-east-1:111122223333:imported-model/{}-{way}-{fault}",
                        request.as_str()
                    ),
                },
                api: BedrockApi::Native,
                auth: AwsAuth::SigV4,
                request,
                service_tier: None,
                latency: None,
            }),
            Request::BedrockApi(api, auth, request) => Service::Bedrock(BedrockTarget {
                model: format!("{}-{}-{way}-{fault}", api.as_str(), request.as_str()),
                api,
                auth,
                request,
                service_tier: None,
                latency: None,
            }),
            Request::SageMakerApi => Service::SageMaker(SageMakerTarget {
                endpoint: format!("api-{way}-{fault}"),
                api: SageMakerApi::OpenAi,
                request: SageMakerRequest::OpenAiChat,
                inference_component: None,
                target_variant: None,
            }),
            Request::SageMaker(request) => Service::SageMaker(SageMakerTarget {
                endpoint: format!("{}-{way}-{fault}", request.as_str()),
                api: SageMakerApi::Native,
                request,
                inference_component: None,
                target_variant: None,
            }),
            Request::Http(request) => Service::Http(HttpTarget {
                url: format!("http://simulated/{}-{way}-{fault}", request.as_str()),
                request,
                model: Some("r1".to_owned()),
                api_key: None,
                headers: BTreeMap::new(),
                ca: None,
                cache_salt: false,
            }),
        };
        Target {
            id: "place".parse().expect("a valid id"),
            service,
            stream: self.stream,
            region: None,
            concurrency: 1,
            max_tokens: 64,
            temperature: 0.3,
            top_p: 0.9,
            omit: Vec::new(),
            max_tokens_field: None,
            extra: serde_json::Map::new(),
            max_attempts: 1,
            ready_within_s: 60,
            network: Network::Public,
            lifecycle: None,
            model_name: None,
            tier: None,
            instance: None,
            pricing: None,
            simulated: true,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, request) = match self.request {
            Request::Bedrock(request) => ("bedrock", request.as_str()),
            Request::BedrockApi(api, auth, request) => {
                let (api, auth, request) = (api.as_str(), auth.as_str(), request.as_str());
                let stream = if self.stream { "streamed" } else { "whole" };
                return write!(f, "bedrock {api} {auth} {request} {stream}");
            }
            Request::SageMakerApi => ("sagemaker openai", "openai-chat"),
            Request::SageMaker(request) => ("sagemaker", request.as_str()),
            Request::Http(request) => ("http", request.as_str()),
        };
        let stream = if self.stream { "streamed" } else { "whole" };
        write!(f, "{kind} {request} {stream}")
    }
}
