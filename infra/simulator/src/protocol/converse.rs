//! Bedrock's Converse operations.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Ask, Broken, CONTEXT, Content, Headers, Invalid, Timing, Whole, Wire, from_json, millis,
    outside,
};
use crate::{
    answer::{Answer, Finish},
    eventstream::{CONTENT_TYPE, put_event, put_exception},
    prose::Kind,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    messages: Vec<Message>,
    inference_config: Option<InferenceConfig>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct InferenceConfig {
    max_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

/// Reads a request body.
pub(super) fn read(body: &[u8]) -> Result<Ask, Invalid> {
    let request: Request = from_json(body)?;
    let config = request.inference_config.unwrap_or_default();
    let Some(first) = request.messages.first() else {
        return Err("the conversation has no `messages`, at least one is needed".to_owned());
    };
    if first.role != "user" {
        return Err("A conversation must start with a user message.".to_owned());
    }
    if config.max_tokens == Some(0) {
        return Err("`inferenceConfig.maxTokens` is 0, expected at least 1".to_owned());
    }
    if outside(config.temperature, 0.0, 1.0) || outside(config.top_p, 0.0, 1.0) {
        return Err("`temperature` and `topP` must be between 0 and 1".to_owned());
    }
    let texts: Vec<String> = request
        .messages
        .into_iter()
        .map(|message| message.content.into_text())
        .collect();
    let prompt = texts.join("\n");
    if prompt.trim().is_empty() {
        return Err("The text field in the ContentBlock object is blank.".to_owned());
    }
    let max_tokens = config.max_tokens.unwrap_or(CONTEXT);
    Ok(Ask {
        prompt,
        max_tokens,
        stream: false,
        extras: false,
        model: None,
    })
}

/// The payload of a `contentBlockDelta` event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockDelta<'a> {
    content_block_index: usize,
    delta: Delta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Delta<'a> {
    Text(&'a str),
    ReasoningContent { text: &'a str },
}

/// Writes Converse answers: reasoning in a content block of its own.
pub(super) struct Converse {
    answer: Arc<Answer>,
    /// The content block that is open: its number and what is in it.
    block: Option<(usize, Kind)>,
}

impl Converse {
    pub(super) fn new(answer: Arc<Answer>) -> Self {
        Self {
            answer,
            block: None,
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self.answer.finish {
            Finish::Stop => "end_turn",
            Finish::Length => "max_tokens",
        }
    }

    fn usage(&self) -> Value {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output})
    }

    fn metrics(timing: Timing) -> Value {
        json!({"latencyMs": millis(timing.total)})
    }
}

impl Wire for Converse {
    fn whole(&mut self, timing: Timing) -> Whole {
        let mut content = Vec::new();
        let reasoning = self.answer.text_of(Kind::Reasoning);
        if !reasoning.is_empty() {
            content.push(json!({"reasoningContent": {"reasoningText": {"text": reasoning}}}));
        }
        let visible = self.answer.text_of(Kind::Visible);
        if !visible.is_empty() {
            content.push(json!({"text": visible}));
        }
        let body = json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason(),
            "usage": self.usage(),
            "metrics": Self::metrics(timing),
        });
        Whole {
            headers: vec![("content-type", "application/json".to_owned())],
            body: Bytes::from(body.to_string()),
        }
    }

    fn stream_headers(&self) -> Headers {
        vec![("content-type", CONTENT_TYPE.to_owned())]
    }

    fn token(&mut self, place: usize, out: &mut BytesMut) {
        let token = &self.answer.tokens[place];
        let delta = match token.kind {
            Kind::Tag | Kind::End => return,
            Kind::Reasoning => Delta::ReasoningContent { text: &token.text },
            Kind::Visible => Delta::Text(&token.text),
        };
        let index = match self.block {
            None => {
                put_event(out, "messageStart", &json!({"role": "assistant"}));
                0
            }
            Some((index, kind)) if kind == token.kind => index,
            Some((index, _)) => {
                put_event(
                    out,
                    "contentBlockStop",
                    &json!({"contentBlockIndex": index}),
                );
                index + 1
            }
        };
        self.block = Some((index, token.kind));
        put_event(
            out,
            "contentBlockDelta",
            &BlockDelta {
                content_block_index: index,
                delta,
            },
        );
    }

    fn end(&mut self, timing: Timing, out: &mut BytesMut) {
        match self.block.take() {
            Some((index, _)) => {
                put_event(
                    out,
                    "contentBlockStop",
                    &json!({"contentBlockIndex": index}),
                );
            }
            // Not even one token of text.
            None => put_event(out, "messageStart", &json!({"role": "assistant"})),
        }
        put_event(
            out,
            "messageStop",
            &json!({"stopReason": self.stop_reason()}),
        );
        let metadata = json!({"usage": self.usage(), "metrics": Self::metrics(timing)});
        put_event(out, "metadata", &metadata);
    }

    fn exception(&mut self, out: &mut BytesMut) -> Broken {
        put_exception(
            out,
            "modelStreamErrorException",
            &json!({
                "message": "the model stopped in the middle of its answer, as the path asks for",
                "originalStatusCode": 500,
                "originalMessage": "simulated",
            }),
        );
        Broken::InWords
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_needs_messages_that_begin_with_the_user() {
        assert!(read(b"{}").unwrap_err().contains("`messages`"));
        assert!(read(br#"{"messages":[]}"#).is_err());
        assert!(read(br#"{"messages":[{"role":"assistant","content":[{"text":"x"}]}]}"#).is_err());
        assert!(read(br#"{"messages":[{"role":"user","content":[{"text":" "}]}]}"#).is_err());
        assert!(read(b"no json").is_err());
    }

    #[test]
    fn inference_settings_are_checked_and_read() {
        let body = |config: &str| {
            format!(
                r#"{{"messages":[{{"role":"user","content":[{{"text":"hi"}}]}}],"inferenceConfig":{config}}}"#
            )
        };
        let ask = read(body(r#"{"maxTokens":12,"temperature":0.3}"#).as_bytes()).unwrap();
        assert_eq!((ask.prompt.as_str(), ask.max_tokens), ("hi", 12));
        assert!(read(body(r#"{"maxTokens":0}"#).as_bytes()).is_err());
        assert!(read(body(r#"{"temperature":1.5}"#).as_bytes()).is_err());
    }
}
