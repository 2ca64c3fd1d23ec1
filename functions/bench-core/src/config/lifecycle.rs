//! Machines and endpoints that are started for a run and stopped after it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Service, formats};

/// The machine or endpoint that is started before a target is probed, and stopped
/// when it has been measured, whatever happened. It is the run's while the run lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Lifecycle {
    /// An EC2 instance that is started and stopped.
    Ec2Instance {
        /// Its id, `i-0123456789abcdef0`.
        instance: String,
    },
    /// The target's SageMaker endpoint, which is created and deleted.
    #[serde(rename = "sagemaker-endpoint")]
    SageMakerEndpoint {
        /// The endpoint.
        endpoint: String,
        /// The endpoint configuration that it is created from.
        endpoint_config: String,
    },
}

impl Lifecycle {
    /// The id of the instance, or the name of the endpoint.
    #[must_use]
    pub fn machine(&self) -> &str {
        match self {
            Self::Ec2Instance { instance } => instance,
            Self::SageMakerEndpoint { endpoint, .. } => endpoint,
        }
    }
}

/// A lifecycle as it is configured: which field it needs depends on the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LifecycleFile {
    /// The EC2 instance that serves a target of kind `http`.
    #[schemars(
        regex(pattern = "^i-[0-9A-Fa-f]{8,17}$"),
        extend("errorMessage" = INSTANCE)
    )]
    instance: Option<String>,
    /// The endpoint configuration that a target of kind `sagemaker` is created from.
    #[schemars(
        regex(pattern = formats::SAGEMAKER_PATTERN),
        extend("errorMessage" = ENDPOINT_CONFIG)
    )]
    endpoint_config: Option<String>,
}

/// The expectation of `instance`.
pub(super) const INSTANCE: &str = "expected the id of the EC2 instance that serves the target, \
                                   such as `i-0123456789abcdef0`";

/// The expectation of `endpoint_config`.
pub(super) const ENDPOINT_CONFIG: &str =
    "expected the endpoint configuration to create the endpoint from";

impl LifecycleFile {
    /// The lifecycle of a target of that service; a rule has seen that they fit.
    pub(super) fn resolve(self, service: &Service) -> Option<Lifecycle> {
        match service {
            Service::Bedrock(_) => None,
            Service::SageMaker(target) => Some(Lifecycle::SageMakerEndpoint {
                endpoint: target.endpoint.clone(),
                endpoint_config: self.endpoint_config?,
            }),
            Service::Http(_) => Some(Lifecycle::Ec2Instance {
                instance: self.instance?,
            }),
        }
    }
}
