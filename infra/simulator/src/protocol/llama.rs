//! Bedrock's `InvokeModel` operations with the Llama body of imported models.

use std::sync::Arc;

use aws_smithy_types::base64;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Ask, Broken, Headers, Invalid, Timing, Whole, Wire, from_json, millis, outside, to_json,
};
use crate::{
    answer::Answer,
    eventstream::{CONTENT_TYPE, put_event, put_exception},
};

/// Output tokens when `max_gen_len` is not given.
const DEFAULT_MAX_TOKENS: usize = 512;

#[derive(Deserialize)]
struct Request {
    prompt: String,
    max_gen_len: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

/// Reads a request body.
pub(super) fn read(body: &[u8]) -> Result<Ask, Invalid> {
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
    Ok(Ask {
        prompt: request.prompt,
        max_tokens,
        stream: false,
        extras: false,
        model: None,
    })
}

/// Writes Llama bodies; reasoning stays inside the text.
pub(super) struct Llama {
    answer: Arc<Answer>,
}

impl Llama {
    pub(super) fn new(answer: Arc<Answer>) -> Self {
        Self { answer }
    }

    fn put_chunk(out: &mut BytesMut, chunk: &Chunk<'_>) {
        let bytes = base64::encode(to_json(chunk));
        put_event(out, "chunk", &Part { bytes });
    }
}

/// The payload of a `chunk` event.
#[derive(Serialize)]
struct Part {
    bytes: String,
}

/// What a chunk holds.
#[derive(Serialize)]
struct Chunk<'a> {
    generation: &'a str,
    prompt_token_count: Option<usize>,
    generation_token_count: usize,
    stop_reason: Option<&'static str>,
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<Value>,
}

impl Wire for Llama {
    fn whole(&mut self, timing: Timing) -> Whole {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        let body = json!({
            "generation": self.answer.text(),
            "prompt_token_count": input,
            "generation_token_count": output,
            "stop_reason": self.answer.finish.as_str(),
        });
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-amzn-bedrock-input-token-count", input.to_string()),
            ("x-amzn-bedrock-output-token-count", output.to_string()),
            (
                "x-amzn-bedrock-invocation-latency",
                millis(timing.total).to_string(),
            ),
        ];
        Whole {
            headers,
            body: Bytes::from(body.to_string()),
        }
    }

    fn stream_headers(&self) -> Headers {
        vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-amzn-bedrock-content-type", "application/json".to_owned()),
        ]
    }

    fn token(&mut self, place: usize, out: &mut BytesMut) {
        let token = &self.answer.tokens[place];
        // The token without text goes with the last chunk.
        if !token.text.is_empty() {
            let chunk = Chunk {
                generation: &token.text,
                prompt_token_count: (place == 0).then_some(self.answer.input_tokens),
                generation_token_count: place + 1,
                stop_reason: None,
                metrics: None,
            };
            Self::put_chunk(out, &chunk);
        }
    }

    fn end(&mut self, timing: Timing, out: &mut BytesMut) {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        let metrics = json!({
            "inputTokenCount": input,
            "outputTokenCount": output,
            "invocationLatency": millis(timing.total),
            "firstByteLatency": millis(timing.first),
        });
        let chunk = Chunk {
            generation: "",
            prompt_token_count: None,
            generation_token_count: output,
            stop_reason: Some(self.answer.finish.as_str()),
            metrics: Some(metrics),
        };
        Self::put_chunk(out, &chunk);
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
    fn bodies_are_read_with_the_limits_of_the_service() {
        let ask =
            read(br#"{"prompt":"hi","max_gen_len":9,"temperature":0.3,"top_p":0.9}"#).unwrap();
        assert_eq!((ask.prompt.as_str(), ask.max_tokens), ("hi", 9));
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
