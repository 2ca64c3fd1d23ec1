//! The Llama body, native to imported models of that family.

use serde::{Deserialize, Serialize};

use super::{
    input::DialectInput,
    openai::stream_failure,
    stream::{Event, Reader},
};
use crate::{
    failure::Failure,
    model::Reply,
    stopwatch::{Kind, Stopwatch},
};

/// A request body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_gen_len: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
}

impl<'a> Body<'a> {
    pub(super) fn new(input: DialectInput<'a>) -> Self {
        let completion_request = input.completion_request;
        Self {
            prompt: completion_request.prompt,
            max_gen_len: completion_request.max_tokens,
            temperature: completion_request.temperature,
            top_p: completion_request.top_p,
        }
    }
}

/// A whole answer or one piece of it.
#[derive(Debug, Deserialize)]
struct Answer {
    generation: Option<String>,
    prompt_token_count: Option<u64>,
    generation_token_count: Option<u64>,
    stop_reason: Option<String>,
}

/// Reads an answer that came in one piece.
pub(super) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let answer = parse(body)?;
    let text = answer
        .generation
        .as_deref()
        .ok_or_else(|| Failure::invalid("the answer has no `generation`"))?;
    watch.whole(Kind::Visible, text)?;
    let mut reply = Reply::default();
    answer.count(&mut reply);
    Ok(reply)
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    reply: Reply,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let data = match event {
            Event::Data(data) => data,
            Event::Done => return Ok(()),
            Event::Error(error) => return Err(stream_failure(error, watch.has_tokens())),
        };
        let piece = parse(data.as_bytes())?;
        if let Some(text) = &piece.generation {
            watch.token(Kind::Visible, text)?;
        } else if piece.stop_reason.is_none() {
            return Err(Failure::invalid(
                "a piece has neither `generation` nor `stop_reason`",
            ));
        }
        piece.count(&mut self.reply);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        if self.reply.finish_reason.is_none() {
            return Err(Failure::broken("the stream ended without `stop_reason`"));
        }
        Ok(self.reply)
    }
}

impl Answer {
    /// Pieces count up as they go, and some say 0 or nothing: the largest
    /// number is the whole.
    fn count(self, reply: &mut Reply) {
        reply.input_tokens = reply.input_tokens.max(self.prompt_token_count);
        reply.output_tokens = reply.output_tokens.max(self.generation_token_count);
        if self.stop_reason.is_some() {
            reply.finish_reason = self.stop_reason;
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Answer, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::invalid(format!("the answer is no Llama answer: {error}")))
}
