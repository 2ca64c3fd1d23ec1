//! The Llama body, native to imported models of that family.

use serde::Serialize;

use super::{
    counts::raise,
    input::DialectInput,
    json::{self, Json},
    member::Member,
    parts,
    service_error::ServiceError,
    stream::{Event, Progress, Reader},
    unknown::Unknown,
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

/// Reads an answer that came in one piece.
pub(super) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let body = String::from_utf8_lossy(body);
    json::read(&body, |root| {
        if let Some(error) = ServiceError::of(root, &body) {
            return Err(error.into_failure(false));
        }
        let text = root.get(Member::Generation);
        if text.is_null() && root.get(Member::StopReason).is_null() {
            return Err(Failure::invalid("the answer has no `generation`"));
        }
        let mut reply = Reply::default();
        parts::put(text, Kind::Visible, &mut |kind, text| {
            watch.whole(kind, text)
        })?;
        note(root, &mut reply);
        Ok(reply)
    })
    .map_err(|error| Failure::invalid(format!("the answer is not a Llama answer: {error}")))?
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    reply: Reply,
    unknown: Unknown,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let Some(data) = event.document(watch.has_tokens())? else {
            return Ok(());
        };
        json::read(data, |root| self.take(root, data, watch))
            .map_err(|error| Failure::invalid(format!("a piece is not a Llama answer: {error}")))?
    }

    fn progress(&self) -> Progress {
        let is_counted = self.reply.output_tokens.is_some_and(|tokens| tokens > 0);
        match self.reply.finish_reason {
            None => Progress::Open,
            Some(_) if is_counted => Progress::Counted,
            Some(_) => Progress::Finished,
        }
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        let is_open = self.reply.finish_reason.is_none();
        let broken = is_open.then_some("the stream ended without `stop_reason`");
        self.unknown
            .end("neither `generation` nor `stop_reason`", broken)?;
        Ok(self.reply)
    }
}

impl Stream {
    fn take(&mut self, root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if let Some(error) = ServiceError::of(root, raw) {
            return Err(error.into_failure(watch.has_tokens()));
        }
        let text = root.get(Member::Generation);
        if text.is_null() && root.get(Member::StopReason).is_null() {
            self.unknown.note(root, raw);
            note(root, &mut self.reply);
            return Ok(());
        }
        self.unknown.known();
        parts::put(text, Kind::Visible, &mut |kind, text| {
            watch.token(kind, text)
        })?;
        if let Some(tokens) = root.get(Member::GenerationTokenCount).count() {
            watch.counted(tokens);
        }
        note(root, &mut self.reply);
        Ok(())
    }
}

/// Notes counts and reason. Pieces count up as they go, and some say 0 or nothing: the
/// largest number is the whole.
fn note(root: &Json<'_>, reply: &mut Reply) {
    raise(
        &mut reply.input_tokens,
        root.get(Member::PromptTokenCount).count(),
    );
    raise(
        &mut reply.output_tokens,
        root.get(Member::GenerationTokenCount).count(),
    );
    if let Some(reason) = root.get(Member::StopReason).words() {
        reply.finish_reason = Some(reason.to_owned());
    }
}
