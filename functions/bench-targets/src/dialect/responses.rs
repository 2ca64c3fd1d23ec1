//! The Responses API that OpenAI published: `input` in place of messages, and answers that
//! are lists of items.

mod items;
mod read;
#[cfg(test)]
mod tests;

use bench_core::message::Message;
use serde::Serialize;

use super::input::DialectInput;

pub(super) use self::read::{Stream, whole};

/// A request body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    input: Input<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    /// Services keep prompt and answer for a month unless it is `false`.
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_salt: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Input<'a> {
    Text(&'a str),
    Messages(&'a [Message]),
}

impl<'a> Body<'a> {
    /// The messages of the request, or its text.
    pub(super) fn new(input: DialectInput<'a>) -> Self {
        let request = input.completion_request;
        Self {
            model: input.model,
            input: match request.messages {
                [] => Input::Text(request.prompt),
                messages => Input::Messages(messages),
            },
            max_output_tokens: request.max_tokens,
            temperature: request.temperature,
            // Servers refuse a threshold of 0, which nothing can pass.
            top_p: request.top_p.filter(|value| *value > 0.0),
            stream: input.stream,
            store: false,
            cache_salt: request.cache_salt,
        }
    }
}
