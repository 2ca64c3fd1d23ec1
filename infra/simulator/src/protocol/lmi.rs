//! The schema of LMI containers (DJL Serving): TGI's requests, answers of its
//! own.

use std::sync::Arc;

use bytes::BytesMut;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    framing::Framing,
    tgi::finish_reason,
    wire::{Dialect, Piece, Timing, WireContext},
};
use crate::{answer::Answer, fault::StreamError, prose::Kind};

/// One line of a stream.
#[derive(Serialize)]
struct Line<'a> {
    token: LineToken<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_text: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

#[derive(Serialize)]
struct LineToken<'a> {
    id: u32,
    text: &'a str,
    log_prob: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    special_token: bool,
}

/// Writes LMI bodies; reasoning stays inside the text, and the end token is
/// counted without a text.
pub(super) struct Lmi {
    answer: Arc<Answer>,
    /// The whole text, ready for the last line, which is not to wait for it.
    text: String,
    prompt: String,
    details: bool,
    counts: bool,
}

impl Lmi {
    pub(super) fn new(answer: Arc<Answer>, context: WireContext<'_>) -> Self {
        Self {
            text: answer.text(),
            answer,
            prompt: context.request.prompt.clone(),
            details: context.request.extras,
            counts: context.counts(),
        }
    }

    fn details(&self) -> Value {
        let mut details = json!({
            "finish_reason": finish_reason(self.answer.finish),
            "inputs": self.prompt,
        });
        if self.counts {
            details["generated_tokens"] = self.answer.tokens.len().into();
        }
        details
    }
}

impl Dialect for Lmi {
    fn whole(&self, _timing: Timing) -> Value {
        let mut body = json!({"generated_text": self.text});
        if self.details {
            body["details"] = self.details();
            body["details"]["tokens"] = json!([]);
        }
        body
    }

    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut) {
        // The last line always has its details.
        let line = Line {
            token: LineToken {
                id: piece.token.id,
                text: &piece.token.text,
                log_prob: piece.token.logprob,
                special_token: piece.token.kind == Kind::End,
            },
            generated_text: piece.last.then_some(&self.text),
            details: piece.last.then(|| self.details()),
        };
        framing.put(out, &line);
    }

    fn error(&self, _error: StreamError, streams: bool) -> Value {
        let details = json!({"finish_reason": "error", "generated_tokens": null, "inputs": null});
        let mut body = json!({"generated_text": "", "details": details});
        if streams {
            let token = json!({"id": -1, "text": "", "log_prob": -1, "special_token": true});
            body["token"] = token;
        }
        body
    }
}
