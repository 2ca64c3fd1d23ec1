//! What a run is asked to do.
//!
//! A configuration is written as TOML or as the same fields in JSON. Reading it
//! either gives a [`RunConfig`], which every later room trusts without checking
//! again, or a [`ConfigError`] with *every* fault it has.

mod fields;
mod operation;
mod overrides;
mod pricing;
mod read;
mod secret;
mod service;
mod use_case;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    identity::TargetId,
    money::{Currency, Money},
    objective::Limits,
};

pub use fields::{ConfigError, Fault};
pub use operation::Lifecycle;
pub use overrides::Overrides;
pub use pricing::{Pricing, PricingKind};
pub use read::{from_json, from_toml, from_value};
pub use secret::{NoSecretRef, SecretRef};
pub use use_case::{UseCase, default_use_cases};

/// The most prompts one run may have: a child execution of the state machine
/// holds 25,000 history events, and a prompt takes about ten.
pub const MAX_PROMPTS: u32 = 2_000;

/// The most targets one run may have.
pub const MAX_TARGETS: usize = 40;

/// The most attempts at one call.
pub const MAX_ATTEMPTS: u32 = 10;

/// A validated run configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Name under which runs of this configuration are listed together.
    pub name: String,
    /// Which questions are asked.
    pub dataset: Dataset,
    /// How each question is asked and measured.
    pub method: Method,
    /// What a call must keep to count as good, `[limits]`; nothing unless asked for.
    #[serde(default)]
    pub limits: Limits,
    /// What targets are judged for, `[[use_cases]]`; five of the published guide
    /// unless others are asked for.
    #[serde(default = "default_use_cases")]
    pub use_cases: Vec<UseCase>,
    /// What happens while an earlier run of this configuration goes on.
    #[serde(default)]
    pub on_overlap: OnOverlap,
    /// What a run may cost in dollars; when so much may have been spent, no further
    /// call is made. `None` sets no limit.
    #[serde(default)]
    pub budget_usd: Option<Decimal>,
    /// Requests an hour, spread evenly, for which the report states what one costs.
    #[serde(default)]
    pub requests_per_hour: Option<Decimal>,
    /// How simulated targets behave; meaningless for real ones.
    pub simulation: Simulation,
    /// The places that are compared, at least one, ids unique.
    pub targets: Vec<Target>,
}

impl RunConfig {
    /// What the run may cost; `None` sets no limit.
    #[must_use]
    pub fn budget(&self) -> Option<Money> {
        let amount = self.budget_usd?;
        Some(Money::new(amount, Currency::USD))
    }
}

/// Which questions a run asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Where the questions come from: `gsm8k`, `builtin`, or an S3 key of
    /// GSM8K-format JSON lines.
    pub source: String,
    /// The part of GSM8K that is used; ignored for other sources.
    pub split: Split,
    /// How many questions, from the first on; 1 to [`MAX_PROMPTS`].
    pub prompts: u32,
}

impl Dataset {
    /// The source that needs no file: the problems inside this crate.
    pub const BUILTIN: &'static str = "builtin";
    /// The source that names the published GSM8K dataset.
    pub const GSM8K: &'static str = "gsm8k";

    /// Whether the questions are the built-in ones.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.source == Self::BUILTIN
    }

    /// The head of every prompt id: `gsm8k/test`, `builtin`, or the S3 key.
    #[must_use]
    pub fn label(&self) -> String {
        if self.source == Self::GSM8K {
            format!("{}/{}", self.source, self.split.as_str())
        } else {
            self.source.clone()
        }
    }
}

/// A part of GSM8K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// 1,319 problems.
    Test,
    /// 7,473 problems; the published benchmark's own code used the first of these.
    Train,
}

impl Split {
    /// The name used in configurations and keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Train => "train",
        }
    }
}

/// How each question is asked and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Method {
    /// Calls per prompt that are made first, stored, and never summarised.
    pub warmup: u32,
    /// Measured calls per prompt.
    pub repetitions: u32,
    /// The longest answer asked for, in output tokens.
    pub max_tokens: u32,
    /// Sampling temperature.
    pub temperature: f64,
    /// Nucleus sampling threshold.
    pub top_p: f64,
    /// What is put around the question.
    pub prompt_style: PromptStyle,
    /// Whether prefix caches are left to work or are defeated.
    pub cache: Cache,
    /// Seconds after which a call is given up and recorded as `timeout`.
    pub timeout_s: u32,
}

/// What is put around the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromptStyle {
    /// The question alone, as published.
    Raw,
    /// The question, then the request to end in a `#### <number>` line.
    AnswerLine,
    /// The question, then the request to put the answer in `\boxed{}`.
    Boxed,
}

/// What happens to prefix caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// The same prompt is repeated, as published: measured calls may be cache hits.
    Warm,
    /// A nonce leads every prompt, so that no cached prefix matches.
    Cold,
}

/// How simulated targets behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// How many times faster than the published service times answers come.
    pub time_scale: f64,
    /// The share of right answers, 0 to 1.
    pub accuracy: f64,
    /// The seed of all draws.
    pub seed: u64,
}

/// One place that is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Unique name: lower-case letters, digits and hyphens.
    pub id: TargetId,
    /// The service and what it needs to be called.
    pub service: Service,
    /// Whether answers are streamed; the default wherever the request kind can.
    pub stream: bool,
    /// AWS Region of the service; `None` is the Region of the pipeline.
    pub region: Option<String>,
    /// Calls in flight at a time, 1 to 40.
    pub concurrency: u32,
    /// Longest answer in output tokens, the method's unless the target says otherwise.
    pub max_tokens: u32,
    /// Sampling temperature, the method's unless the target says otherwise.
    pub temperature: f64,
    /// Nucleus sampling threshold, the method's unless the target says otherwise.
    pub top_p: f64,
    /// Sampling fields that are left out of requests.
    pub omit: Vec<Sampling>,
    /// Attempts at one call, the first included; 1 to [`MAX_ATTEMPTS`].
    pub max_attempts: u32,
    /// Seconds the probe waits for the first answer before the target is given up.
    pub ready_within_s: u32,
    /// Whether calls go through the pipeline's VPC.
    pub network: Network,
    /// What is started for the run and stopped after it; `None` for what runs anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Targets with the same name claim to be the same model.
    pub model_name: Option<String>,
    /// Model size for the use-case guide.
    pub tier: Option<Tier>,
    /// The machine that really serves the model, such as `ml.g6.2xlarge`.
    pub instance: Option<String>,
    /// How an answer is paid for; `None` when nothing was said.
    pub pricing: Option<Pricing>,
    /// Whether this is the simulator: test equipment whose figures mean nothing.
    pub simulated: bool,
}

impl Target {
    /// The sampling temperature that is sent; `None` where it is left out.
    #[must_use]
    pub fn sent_temperature(&self) -> Option<f64> {
        (!self.omit.contains(&Sampling::Temperature)).then_some(self.temperature)
    }

    /// The nucleus sampling threshold that is sent; `None` where it is left out.
    #[must_use]
    pub fn sent_top_p(&self) -> Option<f64> {
        (!self.omit.contains(&Sampling::TopP)).then_some(self.top_p)
    }
}

/// The service behind a target, and the protocol spoken to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Service {
    /// Amazon Bedrock.
    Bedrock {
        /// Model id, inference profile id or ARN.
        model: String,
        /// The request body.
        request: BedrockRequest,
        /// The service tier that is asked for; the account's default when `None`.
        service_tier: Option<ServiceTier>,
        /// Whether latency-optimised inference is asked for.
        latency: Option<LatencyMode>,
    },
    /// An Amazon SageMaker real-time endpoint.
    #[serde(rename = "sagemaker")]
    SageMaker {
        /// Endpoint name.
        endpoint: String,
        /// The request body.
        request: SageMakerRequest,
        /// The inference component of the endpoint that is asked.
        inference_component: Option<String>,
        /// The production variant that is asked.
        target_variant: Option<String>,
    },
    /// A server of our own, reached over HTTP.
    Http {
        /// Base URL without the path of the request kind.
        url: String,
        /// The request body.
        request: HttpRequest,
        /// The `model` field of OpenAI-style requests.
        model: Option<String>,
        /// Where the bearer key is kept; never the key itself.
        api_key: Option<SecretRef>,
        /// More headers, by name. Not for secrets.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// S3 key of a PEM file with the certificates of a private authority.
        ca: Option<String>,
        /// Whether a cold cache is asked for by `cache_salt` instead of a nonce
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

/// Defines a field that takes one of a few names, spelled once.
macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum $type {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl $type {
            /// Every value with its name in a configuration.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];

            /// The name in a configuration.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

names! {
    /// Request bodies that Bedrock is asked with.
    BedrockRequest {
        /// The Converse operations.
        Converse = "converse",
        /// The Llama body of Custom Model Import.
        Llama = "llama",
        /// The chat body of Custom Model Import.
        OpenAiChat = "openai-chat",
        /// The completion body of Custom Model Import.
        OpenAiCompletion = "openai-completion",
    }
}

names! {
    /// Request bodies that a SageMaker endpoint is asked with.
    SageMakerRequest {
        /// Text Generation Inference.
        Tgi = "tgi",
        /// Large Model Inference, the DJL serving container.
        Lmi = "lmi",
        /// The chat schema, as vLLM and LMI serve it on `/invocations`.
        OpenAiChat = "openai-chat",
    }
}

names! {
    /// Request bodies that an HTTP server is asked with.
    HttpRequest {
        /// Text Generation Inference, `/generate` and `/generate_stream`.
        Tgi = "tgi",
        /// `/v1/chat/completions`.
        OpenAiChat = "openai-chat",
        /// `/v1/completions`.
        OpenAiCompletion = "openai-completion",
    }
}

names! {
    /// Service tiers of Bedrock.
    ServiceTier {
        /// On demand.
        Default = "default",
        /// Served first, at a higher price.
        Priority = "priority",
        /// Served when there is room, at a lower price.
        Flex = "flex",
        /// Reserved capacity.
        Reserved = "reserved",
    }
}

names! {
    /// Latency modes of Bedrock.
    LatencyMode {
        /// As usual.
        Standard = "standard",
        /// On faster hardware, for the models that have it.
        Optimized = "optimized",
    }
}

names! {
    /// Sampling fields that a request leaves out because the model refuses them.
    Sampling {
        /// `temperature`.
        Temperature = "temperature",
        /// `top_p`.
        TopP = "top_p",
    }
}

names! {
    /// The way from the pipeline to a target.
    Network {
        /// The open internet and AWS's own network.
        Public = "public",
        /// A VPC's private network.
        Vpc = "vpc",
    }
}

names! {
    /// What happens to a run while an earlier one of its configuration goes on.
    #[derive(Default)]
    OnOverlap {
        /// It fails at once.
        #[default]
        Refuse = "refuse",
        /// It waits its turn.
        Queue = "queue",
    }
}

names! {
    /// Model size, as the published guide tells them apart.
    Tier {
        /// 1B to 3B parameters.
        Small = "small",
        /// About 8B.
        Medium = "medium",
        /// About 70B.
        Large = "large",
    }
}
