//! The wire protocols: what a request asks for, and how an answer reads.

mod converse;
mod llama;
mod openai;
mod sagemaker;
mod tgi;

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    answer::Answer,
    route::{Operation, Route},
};

pub(crate) use tgi::info;

/// The most tokens that prompt and answer may have together: the context
/// length of the imitated model.
const CONTEXT: usize = 131_072;

/// What a request asks for, in the terms of no protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The text of all messages, joined by line ends.
    pub(crate) prompt: String,
    /// The most output tokens, at least 1.
    pub(crate) max_tokens: usize,
    /// Whether the body asks for a stream; the Bedrock bodies cannot.
    pub(crate) stream: bool,
    /// Whether a TGI answer shall have `details`, or an OpenAI stream `usage`.
    pub(crate) extras: bool,
    /// The `model` field of an OpenAI body.
    pub(crate) model: Option<String>,
}

/// A body that no request may have, in words.
pub(crate) type Invalid = String;

/// Times of an answer from the reception of the request on: measured ones for a
/// stream, planned ones for an answer in one piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Until the first token.
    pub(crate) first: Duration,
    /// Until the last one.
    pub(crate) total: Duration,
}

/// An answer in one piece.
pub(crate) struct Whole {
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// Header names and values.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// Writes one answer in a protocol.
pub(crate) trait Wire: Send + Sync {
    /// The answer in one piece.
    fn whole(&mut self, timing: Timing) -> Whole;

    /// The headers of a stream, its content type among them.
    fn stream_headers(&self) -> Headers;

    /// Adds what a stream has for one token, in order from 0 on; for the first
    /// one whatever comes before it, too.
    fn token(&mut self, place: usize, out: &mut BytesMut);

    /// Adds what a stream has behind the last token.
    fn end(&mut self, timing: Timing, out: &mut BytesMut);

    /// Adds what a stream says when it breaks, if the protocol has a word for
    /// that; without one the connection is closed.
    fn exception(&mut self, _out: &mut BytesMut) -> Broken {
        Broken::Silently
    }
}

/// How a stream breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection is closed in the middle.
    Silently,
    /// An exception was added, and the stream ends in order.
    InWords,
}

/// Reads the body of a request.
pub(crate) fn read(operation: Operation, body: &[u8]) -> Result<Ask, Invalid> {
    match operation {
        Operation::Converse | Operation::ConverseStream => converse::read(body),
        Operation::Invoke | Operation::InvokeStream => llama::read(body),
        Operation::SageMaker | Operation::SageMakerStream => tgi::read(body),
        Operation::Generate | Operation::Health | Operation::Info => {
            tgi::read(body).map(|ask| Ask {
                stream: false,
                ..ask
            })
        }
        Operation::GenerateStream => tgi::read(body).map(|ask| Ask {
            stream: true,
            ..ask
        }),
        Operation::Chat => openai::read(body),
    }
}

/// Whether the answer goes out as it is made; `ask` is `None` when the body
/// could not be read.
pub(crate) fn streams(operation: Operation, ask: Option<&Ask>) -> bool {
    match operation {
        Operation::ConverseStream
        | Operation::InvokeStream
        | Operation::SageMakerStream
        | Operation::GenerateStream => true,
        Operation::Chat => ask.is_some_and(|ask| ask.stream),
        _ => false,
    }
}

/// The writer of an answer.
pub(crate) fn wire(route: &Route, ask: &Ask, answer: Arc<Answer>, sequence: u64) -> Box<dyn Wire> {
    match route.operation {
        Operation::Converse | Operation::ConverseStream => {
            Box::new(converse::Converse::new(answer))
        }
        Operation::Invoke | Operation::InvokeStream => Box::new(llama::Llama::new(answer)),
        Operation::SageMaker | Operation::SageMakerStream => {
            Box::new(sagemaker::SageMaker::new(answer, ask))
        }
        Operation::Generate | Operation::GenerateStream | Operation::Health | Operation::Info => {
            Box::new(tgi::Tgi::new(answer, ask))
        }
        Operation::Chat => Box::new(openai::Chat::new(answer, ask, sequence)),
    }
}

/// Reads a JSON body into the fields that matter; others are ignored, as the
/// services do.
fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    serde_json::from_slice(body)
        .map_err(|error| format!("the request body is not what the operation takes: {error}"))
}

/// The text of a message: a string, or blocks of which some hold text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

/// A block of a message; one without text is something else, such as an image.
#[derive(Deserialize)]
struct Block {
    text: Option<String>,
}

impl Content {
    fn into_text(self) -> String {
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

/// A share of probability mass or a temperature outside its range.
fn outside(value: Option<f64>, low: f64, high: f64) -> bool {
    value.is_some_and(|value| !(low..=high).contains(&value))
}

/// A value as JSON text. Every token is written this way while others are due,
/// so it goes without the detour over a tree of values.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
