//! OpenAI's `/v1/chat/completions`, as servers of open models speak it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Ask, CONTEXT, Content, Headers, Invalid, Timing, Whole, Wire, from_json, outside, to_json,
};
use crate::answer::Answer;

#[derive(Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    content: Content,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Reads a request body.
pub(super) fn read(body: &[u8]) -> Result<Ask, Invalid> {
    let request: Request = from_json(body)?;
    let max_tokens = request.max_completion_tokens.or(request.max_tokens);
    if request.messages.is_empty() {
        return Err("`messages` is empty, at least one message is needed".to_owned());
    }
    if max_tokens == Some(0) {
        return Err("`max_tokens` is 0, expected at least 1".to_owned());
    }
    if outside(request.temperature, 0.0, 2.0) {
        return Err("`temperature` must be between 0 and 2".to_owned());
    }
    if request
        .top_p
        .is_some_and(|top_p| top_p <= 0.0 || top_p > 1.0)
    {
        return Err("`top_p` must be in (0, 1]".to_owned());
    }
    let stream = request.stream.unwrap_or(false);
    if request.stream_options.is_some() && !stream {
        return Err("`stream_options` is only allowed when `stream` is true".to_owned());
    }
    let texts: Vec<String> = request
        .messages
        .into_iter()
        .map(|message| message.content.into_text())
        .collect();
    Ok(Ask {
        prompt: texts.join("\n"),
        max_tokens: max_tokens.unwrap_or(CONTEXT),
        stream,
        extras: request
            .stream_options
            .is_some_and(|options| options.include_usage),
        model: request.model,
    })
}

/// Writes chat completions; reasoning stays inside the content.
pub(super) struct Chat {
    answer: Arc<Answer>,
    id: String,
    model: String,
    created: u64,
    include_usage: bool,
}

impl Chat {
    pub(super) fn new(answer: Arc<Answer>, ask: &Ask, sequence: u64) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            answer,
            id: format!("chatcmpl-{sequence:012}"),
            model: ask.model.clone().unwrap_or_else(|| "simulated".to_owned()),
            created: since.map_or(0, |since| since.as_secs()),
            include_usage: ask.extras,
        }
    }

    fn usage(&self) -> Value {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
        })
    }

    fn put_chunk(&self, out: &mut BytesMut, choices: &[Choice<'_>], usage: Option<Value>) {
        let chunk = to_json(&Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage: self.include_usage.then(|| usage.unwrap_or(Value::Null)),
        });
        out.reserve(chunk.len() + 8);
        out.put_slice(b"data: ");
        out.put_slice(chunk.as_bytes());
        out.put_slice(b"\n\n");
    }

    fn put_delta(&self, out: &mut BytesMut, delta: Delta<'_>, finish_reason: Option<&'static str>) {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason,
        };
        self.put_chunk(out, &[choice], None);
    }
}

/// One event of a stream.
#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    /// Left out when usage is not asked for; `null` in all events but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

impl Wire for Chat {
    fn whole(&mut self, _timing: Timing) -> Whole {
        let body = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": self.answer.text()},
                "logprobs": null,
                "finish_reason": self.answer.finish.as_str(),
            }],
            "usage": self.usage(),
        });
        Whole {
            headers: vec![("content-type", "application/json".to_owned())],
            body: Bytes::from(body.to_string()),
        }
    }

    fn stream_headers(&self) -> Headers {
        vec![
            (
                "content-type",
                "text/event-stream; charset=utf-8".to_owned(),
            ),
            ("cache-control", "no-cache".to_owned()),
        ]
    }

    fn token(&mut self, place: usize, out: &mut BytesMut) {
        if place == 0 {
            let delta = Delta {
                role: Some("assistant"),
                content: Some(""),
            };
            self.put_delta(out, delta, None);
        }
        let token = &self.answer.tokens[place];
        if !token.text.is_empty() {
            let delta = Delta {
                role: None,
                content: Some(&token.text),
            };
            self.put_delta(out, delta, None);
        }
    }

    fn end(&mut self, _timing: Timing, out: &mut BytesMut) {
        self.put_delta(out, Delta::default(), Some(self.answer.finish.as_str()));
        if self.include_usage {
            self.put_chunk(out, &[], Some(self.usage()));
        }
        out.put_slice(b"data: [DONE]\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_strings_or_parts_and_are_joined() {
        let body = br#"{"model":"m","messages":[{"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":5}"#;
        let ask = read(body).unwrap();
        assert_eq!((ask.prompt.as_str(), ask.max_tokens), ("be brief\nhi", 5));
        assert_eq!(ask.model.as_deref(), Some("m"));
        assert!(!ask.stream);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let user = r#""messages":[{"role":"user","content":"hi"}]"#;
        for wrong in [
            "{}".to_owned(),
            format!("{{{user},\"max_tokens\":0}}"),
            format!("{{{user},\"temperature\":3}}"),
            format!("{{{user},\"top_p\":0}}"),
            format!("{{{user},\"stream_options\":{{\"include_usage\":true}}}}"),
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
