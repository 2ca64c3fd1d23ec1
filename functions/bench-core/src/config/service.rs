//! The service behind a target.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{
    AwsAuth, BedrockApi, BedrockRequest, HttpRequest, LatencyMode, SageMakerApi, SageMakerRequest,
    SecretRef, ServiceTier, formats,
};

/// The service behind a target, and the protocol spoken to it.
// In schemas the fields of each are inline, so that they are closed together with `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Service {
    /// Amazon Bedrock.
    Bedrock(BedrockTarget),
    /// An Amazon SageMaker real-time endpoint.
    #[serde(rename = "sagemaker")]
    SageMaker(SageMakerTarget),
    /// A server of one's own, reached over HTTP.
    Http(HttpTarget),
}

/// A model on Amazon Bedrock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct BedrockTarget {
    /// Model id, inference profile id or ARN.
    #[schemars(
        regex(pattern = formats::NOT_BLANK),
        extend("errorMessage" = "expected a model id or ARN")
    )]
    pub model: String,
    /// The API that requests are sent to.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = BedrockApi::default()))]
    pub api: BedrockApi,
    /// How requests to an OpenAI-compatible API are authenticated.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = AwsAuth::default()))]
    pub auth: AwsAuth,
    /// The request body.
    pub request: BedrockRequest,
    /// The service tier that is requested; the account's default when `None`.
    pub service_tier: Option<ServiceTier>,
    /// Whether latency-optimized inference is requested.
    pub latency: Option<LatencyMode>,
}

/// A model behind an Amazon SageMaker real-time endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SageMakerTarget {
    /// Endpoint name.
    #[schemars(
        regex(pattern = formats::SAGEMAKER_PATTERN),
        extend("errorMessage" = "expected an endpoint name")
    )]
    pub endpoint: String,
    /// The API that requests are sent to.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = SageMakerApi::default()))]
    pub api: SageMakerApi,
    /// The request body.
    pub request: SageMakerRequest,
    /// The inference component of the endpoint that is called.
    #[schemars(
        regex(pattern = formats::SAGEMAKER_PATTERN),
        extend("errorMessage" = formats::SAGEMAKER_NAME)
    )]
    pub inference_component: Option<String>,
    /// The production variant that is called.
    #[schemars(
        regex(pattern = formats::SAGEMAKER_PATTERN),
        extend("errorMessage" = formats::SAGEMAKER_NAME)
    )]
    pub target_variant: Option<String>,
}

/// A model behind a server of one's own, reached over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct HttpTarget {
    /// Base URL, with or without `/v1`, or the whole URL that requests are posted to. Not
    /// for secrets.
    #[schemars(
        regex(pattern = "^https?://[^/?#@ ][^#@ ]*$"),
        extend(
            "format" = formats::URL,
            "errorMessage" = "expected `http://host:port`, `https://host/v1` or the whole \
                URL of requests, without user and fragment"
        )
    )]
    pub url: String,
    /// The request body.
    pub request: HttpRequest,
    /// The `model` field of OpenAI-style requests.
    #[schemars(
        regex(pattern = formats::NOT_BLANK),
        extend("errorMessage" = "expected the name the server serves")
    )]
    pub model: Option<String>,
    /// Where the bearer key is kept; never the key itself.
    pub api_key: Option<SecretRef>,
    /// More headers, by name. Not for secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "headers")]
    pub headers: BTreeMap<String, String>,
    /// S3 key of a PEM file with the certificates of a private authority.
    #[schemars(extend(
        "format" = formats::S3_KEY,
        "minLength" = 1,
        "errorMessage" = "expected the S3 key of a PEM file such as `configs/private-ca.pem`"
    ))]
    pub ca: Option<String>,
    /// Whether a cold cache is requested by `cache_salt` instead of a nonce
    /// in the prompt; vLLM understands it.
    #[serde(default)]
    pub cache_salt: bool,
}

impl Service {
    /// The URL of a target that another program measured, of which samples do not tell the
    /// service: a host of the top-level domain that names none.
    pub const EXTERNAL_URL: &str = "http://external.invalid";

    /// Whether another program called the target, so that the service is not known.
    #[must_use]
    pub fn is_external(&self) -> bool {
        matches!(self, Self::Http(target) if target.url == Self::EXTERNAL_URL)
    }

    /// The name of the kind in a configuration; `external` where it is not known.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.is_external() {
            return "external";
        }
        match self {
            Self::Bedrock(_) => "bedrock",
            Self::SageMaker(_) => "sagemaker",
            Self::Http(_) => "http",
        }
    }

    /// The name of the API in a configuration, where it is not the service's own.
    #[must_use]
    pub fn compatible_api(&self) -> Option<&'static str> {
        match self {
            Self::Bedrock(target) => (!is_default(&target.api)).then(|| target.api.as_str()),
            Self::SageMaker(target) => (!is_default(&target.api)).then(|| target.api.as_str()),
            Self::Http(_) => None,
        }
    }

    /// The dotted path of the token limit in request bodies.
    #[must_use]
    pub fn max_tokens_path(&self) -> &'static str {
        max_tokens_path(self.request())
    }

    /// The name of the request kind in a configuration; empty where it is not known.
    #[must_use]
    pub fn request(&self) -> &'static str {
        if self.is_external() {
            return "";
        }
        match self {
            Self::Bedrock(target) => target.request.as_str(),
            Self::SageMaker(target) => target.request.as_str(),
            Self::Http(target) => target.request.as_str(),
        }
    }
}

/// The dotted path of the token limit in the body of a request kind.
#[must_use]
pub(super) fn max_tokens_path(request: &str) -> &'static str {
    match request {
        "tgi" | "lmi" => "parameters.max_new_tokens",
        "llama" => "max_gen_len",
        "converse" => "inferenceConfig.maxTokens",
        "openai-responses" => "max_output_tokens",
        _ => "max_tokens",
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Headers as HTTP takes them; a value may be a secret by mistake.
fn headers(_: &mut SchemaGenerator) -> Schema {
    const EXPECTED: &str = "expected a header name and text; `Authorization` belongs in `api_key`";
    json_schema!({
        "type": "object",
        "writeOnly": true,
        "errorMessage": "expected a table of header names and texts",
        "propertyNames": {
            "type": "string",
            "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
            "errorMessage": EXPECTED,
        },
        "additionalProperties": {
            "type": "string",
            "writeOnly": true,
            "pattern": "^[ -~]*$",
            "errorMessage": EXPECTED,
        },
    })
}
