//! OpenAI's chat completions and completions, as servers of open models speak
//! them.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Ask, CONTEXT, Dialect, Format, Headers, Manner, Piece, Timing,
    ask::{Content, Invalid, from_json, outside},
    failing,
    framing::Framing,
    llama,
};
use crate::{
    answer::Answer,
    fault::{Fault, StreamError},
    prose::{Kind, Token},
    route::Shape,
};

/// Output tokens of a completion when `max_tokens` is not given.
const DEFAULT_COMPLETION_TOKENS: usize = 16;

#[derive(Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
    prompt: Option<Prompt>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    cache_salt: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prompt {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Reads a request body.
pub(super) fn read(body: &[u8], format: Format) -> Result<Ask, Invalid> {
    let request: Request = from_json(body)?;
    let max_tokens = request.max_completion_tokens.or(request.max_tokens);
    let (prompt, default) = if format == Format::Completion {
        let prompt = match request.prompt {
            None => return Err("`prompt` is missing".to_owned()),
            Some(Prompt::One(prompt)) => prompt,
            Some(Prompt::Several(prompts)) => prompts.join("\n"),
        };
        (prompt, DEFAULT_COMPLETION_TOKENS)
    } else {
        if request.messages.is_empty() {
            return Err("`messages` is empty, at least one message is needed".to_owned());
        }
        let messages = request.messages.into_iter();
        let texts: Vec<String> = messages
            .map(|message| message.content.into_text())
            .collect();
        (texts.join("\n"), CONTEXT)
    };
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
    Ok(Ask {
        stream,
        extras: request
            .stream_options
            .is_some_and(|options| options.include_usage),
        model: request.model,
        cache_salt: request.cache_salt,
        ..Ask::new(format, prompt, max_tokens.unwrap_or(default))
    })
}

/// Where reasoning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reasoning {
    Inline,
    Field,
    ContentField,
}

/// Writes chat completions and completions.
pub(super) struct OpenAi {
    answer: Arc<Answer>,
    format: Format,
    id: String,
    model: String,
    created: u64,
    reasoning: Reasoning,
    usage: Usage,
    done: bool,
    /// Whether Bedrock adds its own metrics.
    bedrock: bool,
    /// What a chat's first event says before anything else.
    role: Option<&'static str>,
}

/// Who tells the usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Usage {
    Nobody,
    /// An answer in one piece.
    Whole,
    /// A stream too, as it was asked to.
    Stream,
}

impl OpenAi {
    pub(super) fn new(answer: Arc<Answer>, manner: Manner<'_>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let chat = manner.ask.format == Format::Chat;
        let prefix = if chat { "chatcmpl" } else { "cmpl" };
        let model = manner.ask.model.clone();
        let reasoning = manner.faults().find(|fault| match fault {
            Fault::Reasoning => Some(Reasoning::Field),
            Fault::ReasoningContent => Some(Reasoning::ContentField),
            _ => None,
        });
        Self {
            answer,
            format: manner.ask.format,
            id: format!("{prefix}-{:012}", manner.sequence),
            model: model.unwrap_or_else(|| "simulated".to_owned()),
            created: since.map_or(0, |since| since.as_secs()),
            // A completion has one text only.
            reasoning: reasoning.filter(|_| chat).unwrap_or(Reasoning::Inline),
            usage: match (manner.counts(), manner.ask.extras) {
                (false, _) => Usage::Nobody,
                (true, false) => Usage::Whole,
                (true, true) => Usage::Stream,
            },
            done: manner.has_done(),
            bedrock: manner.route.operation.shape() == Shape::Bedrock,
            role: chat.then_some("assistant"),
        }
    }

    fn is_chat(&self) -> bool {
        self.format == Format::Chat
    }

    fn usage(&self) -> Value {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        let mut usage = json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": self.answer.cached_tokens},
        });
        if self.reasoning != Reasoning::Inline {
            let reasoning = self.answer.count_of(Kind::Reasoning);
            usage["completion_tokens_details"] = json!({"reasoning_tokens": reasoning});
        }
        usage
    }

    fn object(&self, streams: bool) -> &'static str {
        match (self.is_chat(), streams) {
            (true, true) => "chat.completion.chunk",
            (true, false) => "chat.completion",
            (false, _) => "text_completion",
        }
    }

    fn chunk<'a>(&'a self, choices: &'a [Choice<'a>], usage: Option<Value>) -> Chunk<'a> {
        Chunk {
            id: &self.id,
            object: self.object(true),
            created: self.created,
            model: &self.model,
            choices,
            usage: (self.usage == Usage::Stream).then(|| usage.unwrap_or(Value::Null)),
            metrics: None,
        }
    }

    fn choice<'a>(&self, delta: Delta<'a>, finish_reason: Option<&'static str>) -> Choice<'a> {
        Choice {
            index: 0,
            text: (!self.is_chat()).then_some(delta.content.unwrap_or_default()),
            delta: self.is_chat().then_some(delta),
            logprobs: None,
            finish_reason,
        }
    }

    fn delta<'a>(&self, token: &'a Token) -> Option<Delta<'a>> {
        let text = Some(token.text.as_ref());
        let inline = self.reasoning == Reasoning::Inline;
        let none = Delta::default();
        match (token.kind, self.reasoning) {
            (Kind::End, _) => None,
            (Kind::Tag, _) if !inline => None,
            (Kind::Reasoning, Reasoning::Field) => Some(Delta {
                reasoning: text,
                ..none
            }),
            (Kind::Reasoning, Reasoning::ContentField) => Some(Delta {
                reasoning_content: text,
                ..none
            }),
            _ => Some(Delta {
                content: text,
                ..none
            }),
        }
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
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<Value>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
}

impl Dialect for OpenAi {
    fn whole(&self, _timing: Timing) -> Value {
        let mut choice = json!({
            "index": 0,
            "logprobs": null,
            "finish_reason": self.answer.finish.as_str(),
        });
        if self.is_chat() {
            choice["message"] = json!({"role": "assistant"});
            let message = &mut choice["message"];
            let name = match self.reasoning {
                Reasoning::Inline => None,
                Reasoning::Field => Some("reasoning"),
                Reasoning::ContentField => Some("reasoning_content"),
            };
            match name {
                None => message["content"] = self.answer.text().into(),
                Some(name) => {
                    message[name] = self.answer.text_of(Kind::Reasoning).into();
                    message["content"] = self.answer.text_of(Kind::Visible).into();
                }
            }
        } else {
            choice["text"] = self.answer.text().into();
        }
        let mut body = json!({
            "id": self.id,
            "object": self.object(false),
            "created": self.created,
            "model": self.model,
            "choices": [choice],
        });
        if self.usage != Usage::Nobody {
            body["usage"] = self.usage();
        }
        body
    }

    fn whole_headers(&self, timing: Timing) -> Headers {
        if self.bedrock {
            llama::bedrock_headers(&self.answer, self.usage != Usage::Nobody, timing)
        } else {
            Vec::new()
        }
    }

    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut) {
        if let Some(role) = self.role.take() {
            let delta = Delta {
                role: Some(role),
                content: Some(""),
                ..Delta::default()
            };
            let choice = [self.choice(delta, None)];
            framing.put(out, &self.chunk(&choice, None));
        }
        if let Some(delta) = self.delta(piece.token) {
            let choice = [self.choice(delta, None)];
            framing.put(out, &self.chunk(&choice, None));
        }
    }

    fn end(&mut self, timing: Timing, framing: Framing, out: &mut BytesMut) {
        let finish = Some(self.answer.finish.as_str());
        let choice = [self.choice(Delta::default(), finish)];
        framing.put(out, &self.chunk(&choice, None));
        if self.usage == Usage::Stream {
            let metrics = || llama::bedrock_metrics(&self.answer, timing);
            let chunk = Chunk {
                metrics: self.bedrock.then(metrics),
                ..self.chunk(&[], Some(self.usage()))
            };
            framing.put(out, &chunk);
        }
        if self.done {
            framing.put_done(out);
        }
    }

    fn error(&self, error: StreamError, _streams: bool) -> Value {
        failing::openai(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_strings_or_parts_and_are_joined() {
        let body = br#"{"model":"m","messages":[{"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":5}"#;
        let ask = read(body, Format::Chat).unwrap();
        assert_eq!((ask.prompt.as_str(), ask.max_tokens), ("be brief\nhi", 5));
        assert_eq!(ask.model.as_deref(), Some("m"));
        assert!(!ask.stream);
    }

    #[test]
    fn a_prompt_is_one_text_or_several() {
        let ask = read(br#"{"prompt":"hi"}"#, Format::Completion).unwrap();
        assert_eq!((ask.prompt.as_str(), ask.max_tokens), ("hi", 16));
        let several = br#"{"prompt":["a","b"],"cache_salt":"s"}"#;
        let ask = read(several, Format::Completion).unwrap();
        assert_eq!(ask.prompt, "a\nb");
        assert_eq!(ask.cache_salt.as_deref(), Some("s"));
        assert!(read(br#"{"inputs":"hi"}"#, Format::Completion).is_err());
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
            assert!(read(wrong.as_bytes(), Format::Chat).is_err(), "{wrong}");
        }
    }
}
