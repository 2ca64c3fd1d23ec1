//! Bedrock's Converse operations.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors,
    json::to_json,
    request::{CONTEXT, CompletionRequest, Content, Format, Invalid, from_json, outside},
    wire::{Broken, Headers, Piece, Timing, Whole, Wire, WireContext, millis},
};
use crate::{
    answer::{Answer, Finish},
    eventstream::{CONTENT_TYPE, put_event, put_exception},
    fault::{Fault, StreamError},
    prose::Kind,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    messages: Vec<Message>,
    inference_config: Option<InferenceConfig>,
    service_tier: Option<ServiceTier>,
    performance_config: Option<PerformanceConfig>,
}

#[derive(Deserialize)]
struct ServiceTier {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct PerformanceConfig {
    latency: Option<String>,
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
pub(super) fn read(body: &[u8]) -> Result<CompletionRequest, Invalid> {
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
    Ok(CompletionRequest {
        tier: request.service_tier.map(|tier| tier.kind),
        latency: request.performance_config.and_then(|config| config.latency),
        ..CompletionRequest::new(Format::Converse, prompt, max_tokens)
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
    counts: bool,
    /// Whether reasoning stays inside the text, as it does with models whose
    /// tags the service does not know.
    inline: bool,
    tier: Option<String>,
    latency: Option<String>,
    started: bool,
    /// The content block that is open: its number and what is in it.
    block: Option<(usize, Kind)>,
}

impl Converse {
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        Self {
            answer,
            counts: context.counts(),
            inline: context.faults().has(&Fault::Think),
            tier: context.request.tier.clone(),
            latency: context.request.latency.clone(),
            started: false,
            block: None,
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self.answer.finish {
            Finish::Stop => "end_turn",
            Finish::Length => "max_tokens",
        }
    }

    /// Puts usage, time, and what was asked for of the service into a body.
    fn put_metadata(&self, body: &mut Value, timing: Timing) {
        body["metrics"] = json!({"latencyMs": millis(timing.total)});
        if self.counts {
            let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
            let cached = self.answer.cached_tokens;
            // As Bedrock counts: what the cache held is not in `inputTokens`.
            body["usage"] = json!({
                "inputTokens": input - cached,
                "outputTokens": output,
                "totalTokens": input + output,
                "cacheReadInputTokens": cached,
                "cacheWriteInputTokens": 0,
            });
        }
        if let Some(tier) = &self.tier {
            body["serviceTier"] = json!({"type": tier});
        }
        if let Some(latency) = &self.latency {
            body["performanceConfig"] = json!({"latency": latency});
        }
    }

    /// The kind of a token in Converse.
    fn kind(&self, kind: Kind) -> Kind {
        match kind {
            Kind::Reasoning | Kind::Tag if self.inline => Kind::Visible,
            kind => kind,
        }
    }

    fn text_of(&self, kind: Kind) -> String {
        let tokens = self.answer.tokens.iter();
        let tokens = tokens.filter(|token| self.kind(token.kind) == kind);
        tokens.map(|token| token.text.as_ref()).collect()
    }

    fn start(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.started, true) {
            put_event(out, "messageStart", &json!({"role": "assistant"}));
        }
    }
}

impl Wire for Converse {
    fn whole(&mut self, timing: Timing) -> Whole {
        let mut content = Vec::new();
        let reasoning = self.text_of(Kind::Reasoning);
        if !reasoning.is_empty() {
            content.push(json!({"reasoningContent": {"reasoningText": {"text": reasoning}}}));
        }
        let visible = self.text_of(Kind::Visible);
        if !visible.is_empty() {
            content.push(json!({"text": visible}));
        }
        let mut body = json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason(),
        });
        self.put_metadata(&mut body, timing);
        Whole {
            headers: vec![("content-type", "application/json".to_owned())],
            body: to_json(&body),
        }
    }

    fn whole_error(&mut self) -> Bytes {
        to_json(&errors::plain())
    }

    fn stream_headers(&self) -> Headers {
        vec![("content-type", CONTENT_TYPE.to_owned())]
    }

    fn token(&mut self, piece: Piece<'_>, out: &mut BytesMut) {
        let kind = self.kind(piece.token.kind);
        let text = &piece.token.text;
        let delta = match kind {
            Kind::Tag | Kind::End => return,
            Kind::Reasoning => Delta::ReasoningContent { text },
            Kind::Visible => Delta::Text(text),
        };
        self.start(out);
        let index = match self.block {
            None => 0,
            Some((index, open)) if open == kind => index,
            Some((index, _)) => {
                put_event(
                    out,
                    "contentBlockStop",
                    &json!({"contentBlockIndex": index}),
                );
                index + 1
            }
        };
        self.block = Some((index, kind));
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
        // There may be not even one token of text.
        self.start(out);
        if let Some((index, _)) = self.block {
            put_event(
                out,
                "contentBlockStop",
                &json!({"contentBlockIndex": index}),
            );
        }
        put_event(
            out,
            "messageStop",
            &json!({"stopReason": self.stop_reason()}),
        );
        let mut metadata = json!({});
        self.put_metadata(&mut metadata, timing);
        put_event(out, "metadata", &metadata);
    }

    fn exception(&mut self, error: StreamError, out: &mut BytesMut) {
        let (name, payload) = errors::bedrock(error);
        put_exception(out, name, &payload);
    }

    /// The service has no word for it but an exception.
    fn error_object(&mut self, out: &mut BytesMut) {
        self.exception(StreamError::ModelStreamError, out);
    }

    fn nonsense(&mut self, out: &mut BytesMut) {
        put_event(out, "nonsense", &errors::nonsense());
    }

    fn break_off(&mut self, out: &mut BytesMut) -> Broken {
        self.exception(StreamError::ModelStreamError, out);
        Broken::WithException
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
        let completion = read(body(r#"{"maxTokens":12,"temperature":0.3}"#).as_bytes()).unwrap();
        assert_eq!(
            (completion.prompt.as_str(), completion.max_tokens),
            ("hi", 12)
        );
        assert!(read(body(r#"{"maxTokens":0}"#).as_bytes()).is_err());
        assert!(read(body(r#"{"temperature":1.5}"#).as_bytes()).is_err());
    }
}
