//! OpenAI's Responses API: items in place of choices, and a stream of named events.

mod request;

use std::sync::Arc;

use bytes::BytesMut;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    errors,
    framing::Framing,
    wire::{Dialect, Piece, Timing, WireContext},
};
use crate::{
    answer::{Answer, Finish},
    fault::{Fault, StreamError},
    prose::{Kind, Token},
};

pub(super) use request::read;

/// Writes responses.
pub(super) struct Responses {
    answer: Arc<Answer>,
    id: String,
    model: String,
    /// Whether reasoning is an item of its own.
    apart: bool,
    counts: bool,
    has_begun: bool,
    /// Number of the next event.
    sequence_number: u64,
}

/// A piece of text or of reasoning.
#[derive(Serialize)]
struct TextEvent<'a> {
    r#type: &'static str,
    item_id: &'a str,
    output_index: u32,
    content_index: u32,
    delta: &'a str,
    sequence_number: u64,
}

impl Responses {
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        let model = context.request.model.clone();
        let faults = context.faults();
        Self {
            answer,
            id: format!("resp-{:012}", context.sequence),
            model: model.unwrap_or_else(|| "simulated".to_owned()),
            apart: faults.has(&Fault::Reasoning) || faults.has(&Fault::ReasoningContent),
            counts: context.counts(),
            has_begun: false,
            sequence_number: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.sequence_number += 1;
        self.sequence_number - 1
    }

    /// The response with these items.
    fn response(&self, status: &str, output: &[Value]) -> Value {
        let is_cut_off = status == "incomplete";
        json!({
            "id": self.id,
            "object": "response",
            "model": self.model,
            "status": status,
            "error": null,
            "incomplete_details": is_cut_off.then(|| json!({"reason": "max_output_tokens"})),
            "output": output,
            "usage": null,
        })
    }

    fn whole_response(&self) -> Value {
        let status = match self.answer.finish {
            Finish::Stop => "completed",
            Finish::Length => "incomplete",
        };
        let text = if self.apart {
            self.answer.text_of(Kind::Visible)
        } else {
            self.answer.text()
        };
        let mut output = Vec::new();
        if self.apart {
            let text = self.answer.text_of(Kind::Reasoning);
            output.push(json!({
                "type": "reasoning", "id": "rs-0", "summary": [],
                "content": [{"type": "reasoning_text", "text": text}],
            }));
        }
        output.push(json!({
            "type": "message", "id": "msg-0", "role": "assistant", "status": status,
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }));
        let mut response = self.response(status, &output);
        if self.counts {
            response["usage"] = self.usage();
        }
        response
    }

    fn usage(&self) -> Value {
        let (input, output) = (self.answer.input_tokens, self.answer.tokens.len());
        let reasoning = if self.apart {
            self.answer.count_of(Kind::Reasoning)
        } else {
            0
        };
        json!({
            "input_tokens": input,
            "input_tokens_details": {"cached_tokens": self.answer.cached_tokens},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": input + output,
        })
    }

    /// The event and the item of a token; `None` where it has none.
    fn place(&self, token: &Token) -> Option<(&'static str, &'static str, u32)> {
        let text = ("response.output_text.delta", "msg-0", u32::from(self.apart));
        match token.kind {
            Kind::End => None,
            Kind::Tag if self.apart => None,
            Kind::Reasoning if self.apart => Some(("response.reasoning_text.delta", "rs-0", 0)),
            _ => Some(text),
        }
    }
}

impl Dialect for Responses {
    fn whole(&self, _timing: Timing) -> Value {
        self.whole_response()
    }

    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut) {
        if !self.has_begun {
            self.has_begun = true;
            for name in ["response.created", "response.in_progress"] {
                let response = self.response("in_progress", &[]);
                let sequence_number = self.number();
                let event = json!({
                    "type": name, "response": response, "sequence_number": sequence_number,
                });
                framing.put(out, &event);
            }
        }
        if let Some((name, item_id, output_index)) = self.place(piece.token) {
            let sequence_number = self.number();
            let event = TextEvent {
                r#type: name,
                item_id,
                output_index,
                content_index: 0,
                delta: &piece.token.text,
                sequence_number,
            };
            framing.put(out, &event);
        }
    }

    fn end(&mut self, _timing: Timing, framing: Framing, out: &mut BytesMut) {
        let response = self.whole_response();
        let status = response["status"].as_str().unwrap_or_default();
        let name = format!("response.{status}");
        let event = json!({
            "type": name, "sequence_number": self.sequence_number, "response": response,
        });
        framing.put(out, &event);
    }

    fn error(&self, error: StreamError, streams: bool) -> Value {
        let object = errors::openai(error);
        if !streams {
            return object;
        }
        let error = &object["error"];
        json!({
            "type": "error", "code": error["code"], "message": error["message"], "param": null,
            "sequence_number": self.sequence_number,
        })
    }
}
