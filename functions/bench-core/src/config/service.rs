//! The service behind a target.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{
    BedrockRequest, HttpRequest, LatencyMode, SageMakerRequest, SecretRef, ServiceTier, formats,
};

/// The service behind a target, and the protocol spoken to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Service {
    /// Amazon Bedrock.
    Bedrock {
        /// Model id, inference profile id or ARN.
        #[schemars(
            regex(pattern = formats::NOT_BLANK),
            extend("errorMessage" = "expected a model id or ARN")
        )]
        model: String,
        /// The request body.
        request: BedrockRequest,
        /// The service tier that is requested; the account's default when `None`.
        service_tier: Option<ServiceTier>,
        /// Whether latency-optimized inference is requested.
        latency: Option<LatencyMode>,
    },
    /// An Amazon SageMaker real-time endpoint.
    #[serde(rename = "sagemaker")]
    SageMaker {
        /// Endpoint name.
        #[schemars(
            regex(pattern = formats::SAGEMAKER_PATTERN),
            extend("errorMessage" = "expected an endpoint name")
        )]
        endpoint: String,
        /// The request body.
        request: SageMakerRequest,
        /// The inference component of the endpoint that is called.
        #[schemars(
            regex(pattern = formats::SAGEMAKER_PATTERN),
            extend("errorMessage" = formats::SAGEMAKER_NAME)
        )]
        inference_component: Option<String>,
        /// The production variant that is called.
        #[schemars(
            regex(pattern = formats::SAGEMAKER_PATTERN),
            extend("errorMessage" = formats::SAGEMAKER_NAME)
        )]
        target_variant: Option<String>,
    },
    /// A server of one's own, reached over HTTP.
    Http {
        /// Base URL without the path of the request kind.
        #[schemars(
            regex(pattern = "^https?://[^/?#@ ][^?#@ ]*$"),
            extend("errorMessage" = "expected `http://host:port` or `https://host` without a query")
        )]
        url: String,
        /// The request body.
        request: HttpRequest,
        /// The `model` field of OpenAI-style requests.
        #[schemars(
            regex(pattern = formats::NOT_BLANK),
            extend("errorMessage" = "expected the name the server serves")
        )]
        model: Option<String>,
        /// Where the bearer key is kept; never the key itself.
        api_key: Option<SecretRef>,
        /// More headers, by name. Not for secrets.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        #[schemars(schema_with = "headers")]
        headers: BTreeMap<String, String>,
        /// S3 key of a PEM file with the certificates of a private authority.
        #[schemars(extend(
            "format" = formats::S3_KEY,
            "minLength" = 1,
            "errorMessage" = "expected the S3 key of a PEM file such as `configs/private-ca.pem`"
        ))]
        ca: Option<String>,
        /// Whether a cold cache is requested by `cache_salt` instead of a nonce
        /// in the prompt; vLLM understands it.
        #[serde(default)]
        cache_salt: bool,
    },
}

impl Service {
    /// The name of the kind in a configuration.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bedrock { .. } => "bedrock",
            Self::SageMaker { .. } => "sagemaker",
            Self::Http { .. } => "http",
        }
    }

    /// The name of the request kind in a configuration.
    #[must_use]
    pub fn request(&self) -> &'static str {
        match self {
            Self::Bedrock { request, .. } => request.as_str(),
            Self::SageMaker { request, .. } => request.as_str(),
            Self::Http { request, .. } => request.as_str(),
        }
    }
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
