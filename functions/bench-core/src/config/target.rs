//! A target with every default in its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Lifecycle, Network, Pricing, Service, Tier, request_body};
use crate::identity::TargetId;

/// One target: where a model is hosted, and how it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Unique name: lower-case letters, digits and hyphens.
    pub id: TargetId,
    /// The service and what it needs to be called.
    pub service: Service,
    /// Whether responses are streamed; the default wherever the request kind can.
    pub stream: bool,
    /// AWS Region of the service; `None` is the Region of the pipeline.
    pub region: Option<String>,
    /// Concurrency: calls in flight at a time, 1 to 40.
    pub concurrency: u32,
    /// Longest response in output tokens, the method's unless the target says otherwise.
    pub max_tokens: u32,
    /// Sampling temperature, the method's unless the target says otherwise.
    pub temperature: f64,
    /// Nucleus sampling threshold, the method's unless the target says otherwise.
    pub top_p: f64,
    /// Fields that are left out of request bodies: `max_tokens`, `temperature` and `top_p`
    /// wherever the body has them, any other by its dotted path.
    pub omit: Vec<String>,
    /// The name under which the token limit is sent; that of the request kind when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens_field: Option<String>,
    /// Fields that are merged into request bodies, tables by their fields. Not for secrets.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// Attempts at one call, the first included; 1 to [`super::MAX_ATTEMPTS`].
    pub max_attempts: u32,
    /// Seconds the probe waits for the first answer before the target is given up.
    pub ready_within_s: u32,
    /// Whether calls go through the pipeline's VPC.
    pub network: Network,
    /// The machine or endpoint that is started for the run and stopped after it; `None` for
    /// what runs anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Targets with the same name claim to be the same model.
    pub model_name: Option<String>,
    /// Model size for the use-case guide.
    pub tier: Option<Tier>,
    /// The instance type that really serves the model, such as `ml.g6.2xlarge`.
    pub instance: Option<String>,
    /// How a response is paid for; `None` when nothing is configured.
    pub pricing: Option<Pricing>,
    /// Whether this is the simulator: test equipment whose figures mean nothing.
    pub simulated: bool,
}

impl Target {
    /// The limit of output tokens that is sent; `None` where it is left out.
    #[must_use]
    pub fn sent_max_tokens(&self) -> Option<u32> {
        let path = self.service.max_tokens_path();
        let is_sent = !self.omits("max_tokens") && !request_body::is_left_out(&self.omit, path);
        is_sent.then_some(self.max_tokens)
    }

    /// The sampling temperature that is sent; `None` where it is left out.
    #[must_use]
    pub fn sent_temperature(&self) -> Option<f64> {
        (!self.omits("temperature")).then_some(self.temperature)
    }

    /// The nucleus sampling threshold that is sent; `None` where it is left out.
    #[must_use]
    pub fn sent_top_p(&self) -> Option<f64> {
        (!self.omits("top_p")).then_some(self.top_p)
    }

    fn omits(&self, field: &str) -> bool {
        self.omit.iter().any(|omitted| omitted == field)
    }
}
