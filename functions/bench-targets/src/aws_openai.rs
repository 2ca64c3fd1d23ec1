//! The OpenAI-compatible APIs of Amazon Bedrock and of SageMaker endpoints.
//!
//! No client of the SDK makes these calls, so they go over the same HTTP exchange as those to
//! servers of our own, with what AWS authenticates them by.

use aws_config::SdkConfig;
use bench_core::{
    aws_service::AwsService,
    config::{AwsAuth, BedrockApi, BedrockTarget, SageMakerTarget, Target},
};
use reqwest::{Url, header::HeaderMap};

use crate::{
    aws::{Access, BearerKind, Method, config_for},
    dialect::{BodyShape, Dialect},
    error::ConnectError,
    failure::Failure,
    http::{Exchange, HttpClient, Origin},
    model::{CompletionRequest, Model, Reply},
    stopwatch::Stopwatch,
    target_env::{TargetEnv, http_url},
};

/// A model behind an OpenAI-compatible API of AWS.
#[derive(Debug, Clone)]
pub struct AwsOpenAi {
    exchange: Exchange,
    access: Access,
}

impl AwsOpenAi {
    /// The client for a model of `target`'s service, which is `bedrock`.
    pub(crate) async fn bedrock(
        bedrock: &BedrockTarget,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let (service, signing_name) = match bedrock.api {
            BedrockApi::Mantle | BedrockApi::MantleOpenAi => {
                (AwsService::BedrockMantle, "bedrock-mantle")
            }
            BedrockApi::OpenAi | BedrockApi::Native => (AwsService::BedrockRuntime, "bedrock"),
        };
        // Converse alone has no dialect, and is none of the API's requests.
        let dialect = Dialect::of_bedrock(bedrock.request).unwrap_or(Dialect::OpenAiChat);
        let version = if bedrock.api == BedrockApi::Mantle {
            "/v1"
        } else {
            "/openai/v1"
        };
        let path = format!("{version}{}", operation(dialect));
        let method = match bedrock.auth {
            AwsAuth::SigV4 => Method::SigV4(signing_name),
            AwsAuth::Bearer => Method::Bearer(BearerKind::Bedrock),
        };
        let place = Place {
            service,
            path: &path,
            dialect,
            model: Some(bedrock.model.clone()),
        };
        Self::connect(place, method, target, env).await
    }

    /// The client for a model of `target`'s service, which is `sagemaker`. The API takes
    /// bearer keys alone, and the endpoint says which model it is.
    pub(crate) async fn sagemaker(
        sagemaker: &SageMakerTarget,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let component = sagemaker.inference_component.as_ref();
        let component = component
            .map(|name| format!("/inference-components/{name}"))
            .unwrap_or_default();
        let endpoint = &sagemaker.endpoint;
        let dialect = Dialect::from(sagemaker.request);
        let operation = operation(dialect);
        let path = format!("/endpoints/{endpoint}{component}/openai/v1{operation}");
        let place = Place {
            service: AwsService::SageMakerRuntime,
            path: &path,
            dialect,
            // Containers such as vLLM refuse another name than the one that they serve, and
            // take an empty one for it.
            model: Some(String::new()),
        };
        Self::connect(place, Method::Bearer(BearerKind::SageMaker), target, env).await
    }

    async fn connect(
        place: Place<'_>,
        method: Method,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let config = config_for(place.service, target, env).await?;
        let without_region = || ConnectError::Region {
            target: target.id.clone(),
        };
        let region = config.region().ok_or_else(without_region)?.to_string();
        let provider = config.credentials_provider();
        let provider = provider.ok_or_else(|| ConnectError::Credentials {
            target: target.id.clone(),
        })?;
        let url = place.url(&config, &region, target)?;
        Ok(Self {
            exchange: Exchange {
                client: HttpClient::new(HeaderMap::new(), None, &url, target)?,
                url,
                dialect: place.dialect,
                model: place.model,
                shape: BodyShape::of(target),
                stream: target.stream,
                origin: Origin::Aws,
            },
            access: Access::new(provider, region, method),
        })
    }
}

impl Model for AwsOpenAi {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let request = self.exchange.request(completion_request)?;
        let (request, hide) = self.access.authorize(request).await?.into_parts();
        self.exchange.send(request, watch).await.map_err(hide)
    }

    async fn open_connections(&self, count: usize) -> usize {
        self.exchange.client.open_connections(count).await
    }
}

/// Where a request goes, and in which schema.
struct Place<'a> {
    service: AwsService,
    /// Path of the operation.
    path: &'a str,
    dialect: Dialect,
    model: Option<String>,
}

impl Place<'_> {
    fn url(&self, config: &SdkConfig, region: &str, target: &Target) -> Result<Url, ConnectError> {
        let own = config.endpoint_url().map(|url| url.trim_end_matches('/'));
        let base = match own {
            // The simulator has one address for all services.
            Some(url) if target.simulated => format!("{url}{}", simulated_path(self.service)),
            Some(url) => url.to_owned(),
            None => format!("https://{}", host(self.service, region)),
        };
        let url = format!("{base}{}", self.path);
        http_url(&url).ok_or_else(|| ConnectError::Url {
            target: target.id.clone(),
            url,
        })
    }
}

/// The path of an operation below the version of the API.
fn operation(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAiResponses => "/responses",
        Dialect::OpenAiCompletion => "/completions",
        Dialect::OpenAiChat | Dialect::Llama | Dialect::Tgi => "/chat/completions",
    }
}

/// The public host of the API in a Region.
fn host(service: AwsService, region: &str) -> String {
    let suffix = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    match service {
        AwsService::BedrockMantle => format!("bedrock-mantle.{region}.api.aws"),
        // The older name of the host, `sagemaker-runtime`, does not serve the API.
        AwsService::SageMakerRuntime => format!("runtime.sagemaker.{region}.{suffix}"),
        _ => format!("bedrock-runtime.{region}.{suffix}"),
    }
}

/// The path by which the simulator tells the services apart whose paths are alike.
fn simulated_path(service: AwsService) -> &'static str {
    match service {
        AwsService::BedrockRuntime => "/bedrock-runtime",
        AwsService::BedrockMantle => "/bedrock-mantle",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
