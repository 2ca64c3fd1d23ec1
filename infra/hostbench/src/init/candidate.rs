//! A target that a configuration could have.

use bench_core::{
    config::{HttpRequest, HttpTarget, PricingKind, Service},
    identity::TargetId,
};
use serde::Serialize;

/// Where a candidate was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// A model of a server.
    Server {
        /// The software.
        server: ServerKind,
        /// Its version; `None` where it does not tell.
        version: Option<String>,
        /// How the software was recognized; `None` where it was not.
        recognized_by: Option<Evidence>,
    },
    /// An imported model of Bedrock.
    ImportedModel,
    /// A custom model of Bedrock that is deployed on demand.
    CustomDeployment,
    /// Provisioned Throughput of Bedrock.
    ProvisionedThroughput,
    /// An endpoint of SageMaker, or an inference component of one.
    Endpoint {
        /// The image of its container; `None` where the account may not read it.
        image: Option<String>,
    },
    /// An inference profile of the account.
    ApplicationProfile,
    /// An inference profile that AWS offers.
    SystemProfile,
    /// A foundation model that AWS offers on demand.
    FoundationModel,
}

impl Source {
    /// Whether it is the user's own, and not on offer to everybody.
    #[must_use]
    pub fn is_own(&self) -> bool {
        !matches!(self, Self::SystemProfile | Self::FoundationModel)
    }
}

/// Software that serves models over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerKind {
    /// vLLM.
    Vllm,
    /// The server of llama.cpp.
    LlamaCpp,
    /// The server of llama-cpp-python.
    LlamaCppPython,
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// Text Generation Inference.
    Tgi,
    /// `SGLang`.
    Sglang,
    /// Any other with the API of `OpenAI`.
    OpenAiCompatible,
}

impl ServerKind {
    /// The name as its makers write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::LlamaCpp => "llama.cpp",
            Self::LlamaCppPython => "llama-cpp-python",
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::Tgi => "Text Generation Inference",
            Self::Sglang => "SGLang",
            Self::OpenAiCompatible => "OpenAI-compatible server",
        }
    }

    /// The name at the front of the ids of its targets.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Vllm => "vllm",
            Self::LlamaCpp => "llama-cpp",
            Self::LlamaCppPython => "llama-cpp-python",
            Self::Ollama => "ollama",
            Self::LmStudio => "lm-studio",
            Self::Tgi => "tgi",
            Self::Sglang => "sglang",
            Self::OpenAiCompatible => "server",
        }
    }

    /// Whether it lists every model on the disk and loads one for its first request.
    #[must_use]
    pub fn loads_on_demand(self) -> bool {
        matches!(self, Self::Ollama | Self::LmStudio)
    }
}

/// The evidence by which the software of a server was recognized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The owner of its models, `owned_by` in the list of models.
    OwnedBy(String),
    /// The header field `server`.
    ServerHeader(String),
    /// A path that only this software answers.
    Path(&'static str),
}

/// The condition that is missing before a candidate can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A key: the server has refused requests without one.
    Key,
    /// The name of the model.
    Model,
    /// Certainty about the request format: the container is not known.
    Request,
}

/// A candidate without an id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    /// Where it was found.
    #[serde(flatten)]
    pub source: Source,
    /// Its name there: a model or an endpoint.
    pub name: String,
    /// The model that it serves, by a name that others with the same model have as well; `None`
    /// where that is not known.
    pub model_name: Option<String>,
    /// The service, as a configuration has it.
    pub service: Service,
    /// The AWS Region; `None` of a server.
    pub region: Option<String>,
    /// The instance type that serves it, where that is known.
    pub instance: Option<String>,
    /// How it is paid for, where that is known.
    pub pricing: Option<PricingKind>,
    /// Whether the price catalog has its prices.
    pub is_priced: bool,
    /// The condition that is missing before it can be called.
    pub missing: Vec<Missing>,
    /// Whether it is measured unless the user says otherwise.
    pub is_suggested: bool,
}

impl Draft {
    /// A draft of which nothing else is known; the user's own are suggested.
    #[must_use]
    pub fn new(source: Source, name: impl Into<String>, service: Service) -> Self {
        Self {
            is_suggested: source.is_own(),
            source,
            name: name.into(),
            model_name: None,
            service,
            region: None,
            instance: None,
            pricing: None,
            is_priced: false,
            missing: Vec::new(),
        }
    }

    /// The prefix of its id.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        match &self.source {
            Source::Server { server, .. } => server.id(),
            Source::Endpoint { .. } => "sagemaker",
            _ => "bedrock",
        }
    }
}

/// The service of a server without any setting.
#[must_use]
pub fn http(url: &str, request: HttpRequest, model: Option<String>) -> Service {
    Service::Http(HttpTarget {
        url: url.to_owned(),
        request,
        model,
        api_key: None,
        headers: std::collections::BTreeMap::new(),
        ca: None,
        cache_salt: false,
    })
}

/// A target that a configuration could have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Its id, unique among all candidates.
    pub id: TargetId,
    /// The rest.
    #[serde(flatten)]
    pub draft: Draft,
}
