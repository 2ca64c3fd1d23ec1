//! Fields that take one of a few names.

use serde::{Deserialize, Serialize};

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
        /// The body of the Responses API, which needs an `api`.
        OpenAiResponses = "openai-responses",
    }
}

names! {
    /// The API of Bedrock that a request is sent to.
    #[derive(Default)]
    BedrockApi {
        /// The operations of `bedrock-runtime`: Converse and `InvokeModel`.
        #[default]
        Native = "native",
        /// The OpenAI-compatible API of `bedrock-runtime`, `/openai/v1`.
        OpenAi = "openai",
        /// The OpenAI-compatible API of `bedrock-mantle`, `/v1`.
        Mantle = "mantle",
        /// The same under `/openai/v1`, where some models are served.
        MantleOpenAi = "mantle-openai",
    }
}

names! {
    /// The API of SageMaker that a request is sent to.
    #[derive(Default)]
    SageMakerApi {
        /// `InvokeEndpoint` and its streaming twin.
        #[default]
        Native = "native",
        /// The OpenAI-compatible API of an endpoint, `/openai/v1`.
        OpenAi = "openai",
    }
}

names! {
    /// How a request to an OpenAI-compatible API of AWS is authenticated.
    #[derive(Default)]
    AwsAuth {
        /// Each request is signed.
        #[default]
        SigV4 = "sigv4",
        /// A short-term bearer key, made of the credentials of the caller.
        Bearer = "bearer",
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
        /// `/v1/responses`.
        OpenAiResponses = "openai-responses",
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
    /// The network from the pipeline to a target.
    #[derive(Default)]
    Network {
        /// The open internet and AWS's own network.
        #[default]
        Public = "public",
        /// A VPC's private network.
        Vpc = "vpc",
    }
}

names! {
    /// The fate of a run while an earlier one of its configuration is running.
    #[derive(Default)]
    OnOverlap {
        /// It fails at once.
        #[default]
        Refuse = "refuse",
        /// It waits until that one has ended.
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

names! {
    /// A part of GSM8K.
    #[derive(Default)]
    Split {
        /// 1,319 problems.
        #[default]
        Test = "test",
        /// 7,473 problems; the published benchmark's own code used the first of these.
        Train = "train",
    }
}

names! {
    /// The text around a problem.
    PromptStyle {
        /// The problem alone, as published.
        Raw = "raw",
        /// The problem, then the request to end in a `#### <number>` line.
        AnswerLine = "answer-line",
        /// The problem, then the request to put the answer in `\boxed{}`.
        Boxed = "boxed",
    }
}

names! {
    /// The state of prefix caches at a call.
    Cache {
        /// The same prompt is repeated, as published: measured calls may be cache hits.
        Warm = "warm",
        /// A nonce leads every prompt, so that no cached prefix matches.
        Cold = "cold",
    }
}

names! {
    /// How the requests of a load come.
    Arrival {
        /// So many callers, each of which sends its next request when it was answered.
        Closed = "closed",
        /// So many requests per second, whatever the answers.
        Open = "open",
    }
}

names! {
    /// How the requests of an open loop come at their rate.
    ArrivalProcess {
        /// Independent of each other: exponential times between them.
        Poisson = "poisson",
        /// Equally far apart.
        Constant = "constant",
    }
}

names! {
    /// When targets are under load.
    LoadOrder {
        /// All of them at the same time.
        Together = "together",
        /// One after another.
        Apart = "apart",
    }
}
