//! Text Generation Inference: `/generate`, `/generate_stream`, `/info`.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ask, CONTEXT, Headers, Invalid, Timing, Whole, Wire, from_json, millis, to_json};
use crate::{
    answer::{Answer, Finish, count_input},
    prose::Kind,
};

/// Output tokens when `max_new_tokens` is not given.
const DEFAULT_MAX_TOKENS: usize = 1_024;

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

/// Reads a request body.
pub(super) fn read(body: &[u8]) -> Result<Ask, Invalid> {
    let request: Request = from_json(body)?;
    let parameters = request.parameters;
    let invalid = |fault: &str| Err(format!("Input validation error: {fault}"));
    if parameters
        .temperature
        .is_some_and(|temperature| temperature <= 0.0)
    {
        return invalid("`temperature` must be strictly positive");
    }
    if parameters
        .top_p
        .is_some_and(|top_p| top_p <= 0.0 || top_p >= 1.0)
    {
        return invalid("`top_p` must be > 0.0 and < 1.0");
    }
    if parameters.top_k.is_some_and(|top_k| top_k <= 0) {
        return invalid("`top_k` must be strictly positive");
    }
    if parameters.max_new_tokens == Some(0) {
        return invalid("`max_new_tokens` must be strictly positive");
    }
    if request.inputs.is_empty() {
        return invalid("`inputs` cannot be empty");
    }
    let input = count_input(&request.inputs);
    let max_tokens = parameters.max_new_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    if input.saturating_add(max_tokens) > CONTEXT {
        return invalid(&format!(
            "`inputs` tokens + `max_new_tokens` must be <= {CONTEXT}. Given: {input} `inputs` \
             tokens and {max_tokens} `max_new_tokens`"
        ));
    }
    let extras = parameters.details;
    Ok(Ask {
        prompt: request.inputs,
        max_tokens,
        stream: request.stream,
        extras,
        model: None,
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
}

impl Tgi {
    pub(super) fn new(answer: Arc<Answer>, ask: &Ask) -> Self {
        Self {
            text: answer.text(),
            answer,
            prompt_chars: ask.prompt.chars().count(),
            details: ask.extras,
        }
    }

    /// What `/generate` answers with.
    pub(super) fn object(&self) -> Value {
        let mut body = json!({"generated_text": self.text});
        if self.details {
            // The length of the input is told by a stream only.
            body["details"] = json!({
                "finish_reason": self.finish_reason(),
                "generated_tokens": self.answer.tokens.len(),
                "seed": null,
                "prefill": [],
                "tokens": [],
            });
        }
        body
    }

    fn finish_reason(&self) -> &'static str {
        match self.answer.finish {
            Finish::Stop => "eos_token",
            Finish::Length => "length",
        }
    }
}

impl Wire for Tgi {
    fn whole(&mut self, timing: Timing) -> Whole {
        let total = millis(timing.total);
        let output = self.answer.tokens.len() as u64;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-compute-type", "inf2-simulated".to_owned()),
            ("x-compute-characters", self.prompt_chars.to_string()),
            ("x-total-time", total.to_string()),
            ("x-validation-time", "0".to_owned()),
            ("x-queue-time", "0".to_owned()),
            ("x-inference-time", total.to_string()),
            ("x-time-per-token", (total / output).to_string()),
            ("x-prompt-tokens", self.answer.input_tokens.to_string()),
            ("x-generated-tokens", output.to_string()),
        ];
        Whole {
            headers,
            body: Bytes::from(self.object().to_string()),
        }
    }

    fn stream_headers(&self) -> Headers {
        vec![
            ("content-type", "text/event-stream".to_owned()),
            ("cache-control", "no-cache".to_owned()),
            ("x-accel-buffering", "no".to_owned()),
            ("x-compute-type", "inf2-simulated".to_owned()),
            ("x-compute-characters", self.prompt_chars.to_string()),
        ]
    }

    fn token(&mut self, place: usize, out: &mut BytesMut) {
        let tokens = &self.answer.tokens;
        let token = &tokens[place];
        let special = token.kind == Kind::End;
        let last = place + 1 == tokens.len();
        let text = if special {
            "<｜end▁of▁sentence｜>"
        } else {
            &token.text
        };
        let details = || {
            json!({
                "finish_reason": self.finish_reason(),
                "generated_tokens": tokens.len(),
                "seed": null,
                "input_length": self.answer.input_tokens,
            })
        };
        let event = to_json(&Event {
            index: place + 1,
            token: EventToken {
                id: token.id,
                text,
                logprob: token.logprob,
                special,
            },
            generated_text: last.then_some(&self.text),
            details: (last && self.details).then(details),
        });
        out.reserve(event.len() + 7);
        // Without a space behind the colon, as this server does.
        out.put_slice(b"data:");
        out.put_slice(event.as_bytes());
        out.put_slice(b"\n\n");
    }

    fn end(&mut self, _timing: Timing, _out: &mut BytesMut) {}
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
                read(body.as_bytes()).unwrap_err().contains(fault),
                "{parameters}"
            );
        }
        assert!(read(br#"{"inputs":""}"#).is_err());
        assert!(read(br#"{"prompt":"hi"}"#).is_err());
    }

    #[test]
    fn settings_left_out_are_the_servers_own() {
        let ask = read(br#"{"inputs":"hi"}"#).unwrap();
        assert_eq!(
            (ask.max_tokens, ask.stream, ask.extras),
            (1_024, false, false)
        );
        let body = br#"{"inputs":"hi","stream":true,"parameters":{"details":true}}"#;
        assert!(read(body).is_ok_and(|ask| ask.stream && ask.extras));
    }
}
