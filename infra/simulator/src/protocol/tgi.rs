//! Text Generation Inference: `/generate`, `/generate_stream`, `/info`.

use std::sync::Arc;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    errors,
    framing::Framing,
    request::{CONTEXT, CompletionRequest, Format, Invalid, from_json},
    wire::{Dialect, Headers, Piece, Timing, WireContext, millis},
};
use crate::{
    answer::{Answer, Finish, count_input},
    fault::StreamError,
    prose::Kind,
};

/// Output tokens when `max_new_tokens` is not given.
const DEFAULT_MAX_TOKENS: usize = 1_024;

/// The same for LMI.
const LMI_DEFAULT_MAX_TOKENS: usize = 30;

#[derive(Deserialize)]
struct Request {
    inputs: String,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parameters {
    max_new_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<i64>,
    details: bool,
}

/// Reads a request body, of TGI or of LMI, which differ in what they refuse.
pub(super) fn read(body: &[u8], format: Format) -> Result<CompletionRequest, Invalid> {
    let strict = format == Format::Tgi;
    let request: Request = from_json(body)?;
    let parameters = request.parameters;
    let invalid = |fault: &str| Err(format!("Input validation error: {fault}"));
    let is_cold = |temperature| temperature < 0.0 || (strict && temperature == 0.0);
    if parameters.temperature.is_some_and(is_cold) {
        return invalid("`temperature` must be strictly positive");
    }
    let is_no_share = |top_p| top_p <= 0.0 || top_p > 1.0 || (strict && top_p >= 1.0);
    if parameters.top_p.is_some_and(is_no_share) {
        return invalid("`top_p` must be > 0.0 and < 1.0");
    }
    if strict && parameters.top_k.is_some_and(|top_k| top_k <= 0) {
        return invalid("`top_k` must be strictly positive");
    }
    if parameters.max_new_tokens == Some(0) {
        return invalid("`max_new_tokens` must be strictly positive");
    }
    if request.inputs.is_empty() {
        return invalid("`inputs` cannot be empty");
    }
    let input = count_input(&request.inputs);
    let max_tokens = parameters.max_new_tokens.unwrap_or(if strict {
        DEFAULT_MAX_TOKENS
    } else {
        LMI_DEFAULT_MAX_TOKENS
    });
    if input.saturating_add(max_tokens) > CONTEXT {
        return invalid(&format!(
            "`inputs` tokens + `max_new_tokens` must be <= {CONTEXT}. Given: {input} `inputs` \
             tokens and {max_tokens} `max_new_tokens`"
        ));
    }
    Ok(CompletionRequest {
        stream: request.stream,
        extras: parameters.details,
        ..CompletionRequest::new(format, request.inputs, max_tokens)
    })
}

/// The answer of `GET /info`.
pub(crate) fn info() -> Value {
    json!({
        "model_id": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": 128,
        "max_best_of": 2,
        "max_stop_sequences": 4,
        "max_input_tokens": CONTEXT - 1,
        "max_total_tokens": CONTEXT,
        "validation_workers": 2,
        "max_client_batch_size": 4,
        "router": "text-generation-router",
        "version": concat!("simulator-", env!("CARGO_PKG_VERSION")),
    })
}

/// One event of a stream.
#[derive(Serialize)]
struct Event<'a> {
    index: usize,
    token: EventToken<'a>,
    generated_text: Option<&'a String>,
    details: Option<Value>,
}

#[derive(Serialize)]
struct EventToken<'a> {
    id: u32,
    text: &'a str,
    logprob: f64,
    special: bool,
}

/// Writes TGI bodies; reasoning stays inside the text.
pub(super) struct Tgi {
    answer: Arc<Answer>,
    /// The whole text, ready for the last event, which is not to wait for it.
    text: String,
    prompt_chars: usize,
    details: bool,
    counts: bool,
}

impl Tgi {
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        Self {
            text: answer.text(),
            answer,
            prompt_chars: context.request.prompt.chars().count(),
            details: context.request.extras,
            counts: context.counts(),
        }
    }

    /// The details of an answer; the length of the input is told by a stream
    /// only.
    fn details(&self, streams: bool) -> Value {
        let mut details = json!({"finish_reason": finish_reason(self.answer.finish), "seed": null});
        if self.counts {
            details["generated_tokens"] = self.answer.tokens.len().into();
        }
        if self.counts && streams {
            details["input_length"] = self.answer.input_tokens.into();
        }
        if !streams {
            details["prefill"] = json!([]);
            details["tokens"] = json!([]);
        }
        details
    }
}

pub(super) fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "eos_token",
        Finish::Length => "length",
    }
}

impl Dialect for Tgi {
    fn whole(&self, _timing: Timing) -> Value {
        let mut body = json!({"generated_text": self.text});
        if self.details {
            body["details"] = self.details(false);
        }
        body
    }

    fn whole_headers(&self, timing: Timing) -> Headers {
        let total = millis(timing.total);
        let output = self.answer.tokens.len() as u64;
        let mut headers = self.stream_headers();
        headers.extend([
            ("x-total-time", total.to_string()),
            ("x-validation-time", "0".to_owned()),
            ("x-queue-time", "0".to_owned()),
            ("x-inference-time", total.to_string()),
            ("x-time-per-token", (total / output).to_string()),
        ]);
        if self.counts {
            headers.extend([
                ("x-prompt-tokens", self.answer.input_tokens.to_string()),
                ("x-generated-tokens", output.to_string()),
            ]);
        }
        headers
    }

    fn stream_headers(&self) -> Headers {
        vec![
            ("x-compute-type", "inf2-simulated".to_owned()),
            ("x-compute-characters", self.prompt_chars.to_string()),
        ]
    }

    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut) {
        let special = piece.token.kind == Kind::End;
        let text = if special {
            "<｜end▁of▁sentence｜>"
        } else {
            &piece.token.text
        };
        let event = Event {
            index: piece.index + 1,
            token: EventToken {
                id: piece.token.id,
                text,
                logprob: piece.token.logprob,
                special,
            },
            generated_text: piece.last.then_some(&self.text),
            details: (piece.last && self.details).then(|| self.details(true)),
        };
        framing.put(out, &event);
    }

    fn error(&self, error: StreamError, _streams: bool) -> Value {
        errors::tgi(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_the_real_server_refuses_are_refused() {
        for (parameters, fault) in [
            (r#"{"temperature":0}"#, "`temperature`"),
            (r#"{"top_p":1}"#, "`top_p`"),
            (r#"{"top_p":0.0}"#, "`top_p`"),
            (r#"{"max_new_tokens":0}"#, "`max_new_tokens`"),
            (r#"{"max_new_tokens":131072}"#, "must be <= 131072"),
        ] {
            let body = format!(r#"{{"inputs":"hi","parameters":{parameters}}}"#);
            assert!(
                read(body.as_bytes(), Format::Tgi)
                    .unwrap_err()
                    .contains(fault),
                "{parameters}"
            );
        }
        assert!(read(br#"{"inputs":""}"#, Format::Tgi).is_err());
        assert!(read(br#"{"prompt":"hi"}"#, Format::Tgi).is_err());
        let greedy = br#"{"inputs":"hi","parameters":{"temperature":0,"top_p":1}}"#;
        assert!(read(greedy, Format::Lmi).is_ok());
    }

    #[test]
    fn settings_left_out_are_the_servers_own() {
        let completion = read(br#"{"inputs":"hi"}"#, Format::Tgi).unwrap();
        assert_eq!(
            (completion.max_tokens, completion.stream, completion.extras),
            (1_024, false, false)
        );
        let body = br#"{"inputs":"hi","stream":true,"parameters":{"details":true}}"#;
        assert!(read(body, Format::Tgi).is_ok_and(|request| request.stream && request.extras));
    }
}
