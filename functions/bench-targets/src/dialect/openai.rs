//! The schemas that OpenAI published and most servers speak: chat messages, and
//! a prompt to complete. Their answers differ in one field.

mod numbering;
mod read;

use bench_core::message::{Message, Role};
use serde::Serialize;

use super::input::DialectInput;

pub(super) use self::read::{Stream, whole};

/// A request body: `messages` for a chat, `prompt` for a completion.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Turn<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    /// Servers such as vLLM have added this field and the next to the schemas.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_tokens: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignore_eos: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_salt: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: &'a str,
}

/// Without it a stream has no token counts.
#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    /// The messages of the request, or its text as one of a user.
    pub(super) fn chat(input: DialectInput<'a>) -> Self {
        let request = input.completion_request;
        let turns: Vec<Turn<'a>> = if request.messages.is_empty() {
            vec![Turn {
                role: Role::User.as_str(),
                content: request.prompt,
            }]
        } else {
            let turn = |message: &'a Message| Turn {
                role: message.role.as_str(),
                content: &message.content,
            };
            request.messages.iter().map(turn).collect()
        };
        Self {
            messages: Some(turns),
            ..Self::without_prompt(input)
        }
    }

    /// The request as a text to complete.
    pub(super) fn completion(input: DialectInput<'a>) -> Self {
        Self {
            prompt: Some(input.completion_request.prompt),
            ..Self::without_prompt(input)
        }
    }

    fn without_prompt(input: DialectInput<'a>) -> Self {
        let completion_request = input.completion_request;
        let include_usage = true;
        Self {
            model: input.model,
            messages: None,
            prompt: None,
            max_tokens: completion_request.max_tokens,
            min_tokens: completion_request.min_tokens,
            ignore_eos: completion_request.ignore_eos,
            temperature: completion_request.temperature,
            // Servers refuse a threshold of 0, which nothing can pass.
            top_p: completion_request.top_p.filter(|value| *value > 0.0),
            stream: input.stream,
            stream_options: (input.stream == Some(true)).then_some(StreamOptions { include_usage }),
            cache_salt: completion_request.cache_salt,
        }
    }
}

#[cfg(test)]
mod tests;
