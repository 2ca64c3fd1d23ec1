//! A model request, independent of its protocol, and readers of its parts.

use serde::{Deserialize, de::DeserializeOwned};

/// The most tokens that prompt and answer may have together: the context
/// length of the imitated model.
pub(super) const CONTEXT: usize = 131_072;

/// A model request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompletionRequest {
    pub(crate) format: Format,
    /// The text of all messages, joined by line ends.
    pub(crate) prompt: String,
    /// The most output tokens, at least 1.
    pub(crate) max_tokens: usize,
    /// Whether the body requests a stream; the Bedrock bodies cannot.
    pub(crate) stream: bool,
    /// Whether a TGI answer shall have `details`, or an OpenAI stream `usage`.
    pub(crate) extras: bool,
    /// The `model` field of an OpenAI body.
    pub(crate) model: Option<String>,
    /// A salt that separates the prefix cache of this prompt.
    pub(crate) cache_salt: Option<String>,
    /// Bedrock's service tier, as requested.
    pub(crate) tier: Option<String>,
    /// Bedrock's `standard` or `optimized` latency, as requested.
    pub(crate) latency: Option<String>,
    /// SageMaker's production variant.
    pub(crate) variant: String,
}

/// The formats of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Converse,
    Llama,
    Completion,
    Chat,
    Responses,
    Tgi,
    Lmi,
}

/// Why a body is invalid.
pub(crate) type Invalid = String;

impl CompletionRequest {
    /// A request without options.
    pub(super) fn new(format: Format, prompt: String, max_tokens: usize) -> Self {
        Self {
            format,
            prompt,
            max_tokens,
            stream: false,
            extras: false,
            model: None,
            cache_salt: None,
            tier: None,
            latency: None,
            variant: "AllTraffic".to_owned(),
        }
    }
}

/// Reads a JSON body into the fields that matter; others are ignored, as the
/// services do.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    serde_json::from_slice(body)
        .map_err(|error| format!("the request body is not what the operation takes: {error}"))
}

/// The text of a message: a string, or blocks of which some hold text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

/// A block of a message; one without text is something else, such as an image.
#[derive(Deserialize)]
pub(super) struct Block {
    text: Option<String>,
}

impl Content {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Blocks(blocks) => {
                let texts: Vec<String> =
                    blocks.into_iter().filter_map(|block| block.text).collect();
                texts.join("\n")
            }
        }
    }
}

/// The ranges of sampling in the schemas of OpenAI.
pub(super) fn check_sampling(temperature: Option<f64>, top_p: Option<f64>) -> Result<(), Invalid> {
    if outside(temperature, 0.0, 2.0) {
        return Err("`temperature` must be between 0 and 2".to_owned());
    }
    if top_p.is_some_and(|top_p| top_p <= 0.0 || top_p > 1.0) {
        return Err("`top_p` must be in (0, 1]".to_owned());
    }
    Ok(())
}

/// A share of probability mass or a temperature outside its range.
pub(super) fn outside(value: Option<f64>, low: f64, high: f64) -> bool {
    value.is_some_and(|value| !(low..=high).contains(&value))
}
