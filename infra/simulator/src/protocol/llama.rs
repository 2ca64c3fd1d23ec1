//! The Llama body of imported models.

use std::sync::Arc;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors,
    framing::Framing,
    request::{CompletionRequest, Format, Invalid, from_json, outside},
    wire::{Dialect, Headers, Piece, Timing, WireContext, millis},
};
use crate::{answer::Answer, fault::StreamError};

/// Output tokens when `max_gen_len` is not given.
pub(super) const DEFAULT_MAX_TOKENS: usize = 512;

#[derive(Deserialize)]
struct Request {
    prompt: String,
    max_gen_len: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

/// Reads a request body.
pub(super) fn read(body: &[u8]) -> Result<CompletionRequest, Invalid> {
    let request: Request = from_json(body)?;
    if request.prompt.is_empty() {
        return Err("`prompt` is empty, expected at least one character".to_owned());
    }
    if request.max_gen_len == Some(0) {
        return Err("`max_gen_len` is 0, expected at least 1".to_owned());
    }
    if outside(request.temperature, 0.0, 1.0) || outside(request.top_p, 0.0, 1.0) {
        return Err("`temperature` and `top_p` must be between 0 and 1".to_owned());
    }
    let max_tokens = request.max_gen_len.unwrap_or(DEFAULT_MAX_TOKENS);
    Ok(CompletionRequest::new(
        Format::Llama,
        request.prompt,
        max_tokens,
    ))
}

/// Writes Llama bodies; reasoning stays inside the text.
pub(super) struct Llama {
    answer: Arc<Answer>,
    counts: bool,
}

impl Llama {
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        Self {
            answer,
            counts: context.counts(),
        }
    }
}

/// The headers in which Bedrock tells counts and the time of a model's answer.
pub(super) fn bedrock_headers(answer: &Answer, counts: bool, timing: Timing) -> Headers {
    let latency = millis(timing.total).to_string();
    let mut headers = vec![("x-amzn-bedrock-invocation-latency", latency)];
    if counts {
        let (input, output) = (answer.input_tokens, answer.tokens.len());
        headers.push(("x-amzn-bedrock-input-token-count", input.to_string()));
        headers.push(("x-amzn-bedrock-output-token-count", output.to_string()));
    }
    headers
}

/// The metrics that Bedrock adds to the last chunk.
pub(super) fn bedrock_metrics(answer: &Answer, timing: Timing) -> Value {
    json!({
        "inputTokenCount": answer.input_tokens,
        "outputTokenCount": answer.tokens.len(),
        "invocationLatency": millis(timing.total),
        "firstByteLatency": millis(timing.first),
    })
}

/// A chunk.
#[derive(Serialize)]
struct Chunk<'a> {
    generation: &'a str,
    prompt_token_count: Option<usize>,
    generation_token_count: Option<usize>,
    stop_reason: Option<&'static str>,
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<Value>,
}

impl Dialect for Llama {
    fn whole(&self, _timing: Timing) -> Value {
        let mut body = json!({
            "generation": self.answer.text(),
            "stop_reason": self.answer.finish.as_str(),
        });
        if self.counts {
            body["prompt_token_count"] = self.answer.input_tokens.into();
            body["generation_token_count"] = self.answer.tokens.len().into();
        }
        body
    }

    fn whole_headers(&self, timing: Timing) -> Headers {
        bedrock_headers(&self.answer, self.counts, timing)
    }

    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut) {
        // The token without text goes with the last chunk.
        if piece.last && piece.token.text.is_empty() {
            return;
        }
        let begins = piece.index == 0;
        let chunk = Chunk {
            generation: &piece.token.text,
            prompt_token_count: (begins && self.counts).then_some(self.answer.input_tokens),
            generation_token_count: self.counts.then_some(piece.index + 1),
            stop_reason: None,
            metrics: None,
        };
        framing.put(out, &chunk);
    }

    fn end(&mut self, timing: Timing, framing: Framing, out: &mut BytesMut) {
        let metrics = || bedrock_metrics(&self.answer, timing);
        let chunk = Chunk {
            generation: "",
            prompt_token_count: None,
            generation_token_count: self.counts.then_some(self.answer.tokens.len()),
            stop_reason: Some(self.answer.finish.as_str()),
            metrics: self.counts.then(metrics),
        };
        framing.put(out, &chunk);
    }

    fn error(&self, _error: StreamError, _streams: bool) -> Value {
        errors::plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_with_the_limits_of_the_service() {
        let completion =
            read(br#"{"prompt":"hi","max_gen_len":9,"temperature":0.3,"top_p":0.9}"#).unwrap();
        assert_eq!(
            (completion.prompt.as_str(), completion.max_tokens),
            ("hi", 9)
        );
        // A key of another format is ignored, as imported models do.
        assert_eq!(
            read(br#"{"prompt":"hi","max_tokens":9}"#)
                .unwrap()
                .max_tokens,
            512
        );
        for wrong in [
            &br#"{"messages":[]}"#[..],
            br#"{"prompt":""}"#,
            br#"{"prompt":"hi","max_gen_len":0}"#,
            br#"{"prompt":"hi","max_gen_len":-1}"#,
            br#"{"prompt":"hi","top_p":2}"#,
        ] {
            assert!(read(wrong).is_err());
        }
    }
}
