//! OpenAI's chat completions and completions, as servers of open models speak
//! them.

mod request;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::BytesMut;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    errors,
    framing::Framing,
    llama,
    request::Format,
    wire::{Dialect, Headers, Piece, Timing, WireContext},
};
use crate::{
    answer::Answer,
    fault::{Fault, StreamError},
    prose::{Kind, Token},
    route::Shape,
};

pub(super) use request::read;

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
    /// The role in the first event of a chat.
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
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let chat = context.request.format == Format::Chat;
        let prefix = if chat { "chatcmpl" } else { "cmpl" };
        let model = context.request.model.clone();
        let reasoning = context.faults().find(|fault| match fault {
            Fault::Reasoning => Some(Reasoning::Field),
            Fault::ReasoningContent => Some(Reasoning::ContentField),
            _ => None,
        });
        Self {
            answer,
            format: context.request.format,
            id: format!("{prefix}-{:012}", context.sequence),
            model: model.unwrap_or_else(|| "simulated".to_owned()),
            created: since.map_or(0, |since| since.as_secs()),
            // A completion has one text only.
            reasoning: reasoning.filter(|_| chat).unwrap_or(Reasoning::Inline),
            usage: match (context.counts(), context.request.extras) {
                (false, _) => Usage::Nobody,
                (true, false) => Usage::Whole,
                (true, true) => Usage::Stream,
            },
            done: context.has_done_event(),
            bedrock: context.route.operation.shape() == Shape::Bedrock,
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
        errors::openai(error)
    }
}
