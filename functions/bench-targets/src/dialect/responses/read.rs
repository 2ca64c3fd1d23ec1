//! Answers of the Responses API, whole or as a stream.

use super::items;
use crate::{
    dialect::{
        counts::add_usage,
        json::{self, Json},
        member::Member,
        service_error::ServiceError,
        stream::{Event, Progress, Reader},
        unknown::Unknown,
    },
    failure::Failure,
    model::{Instead, Reply},
    stopwatch::{Kind, Stopwatch},
};

/// How the types of all events begin.
const EVENTS: &str = "response.";

/// Reads an answer that came in one piece.
pub(in crate::dialect) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let body = String::from_utf8_lossy(body);
    json::read(&body, |root| whole_of(root, &body, watch))
        .map_err(|error| Failure::invalid(format!("the answer is not a response: {error}")))?
}

fn whole_of(root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let root = root.items().first().unwrap_or(root);
    let has_output = !root.get(Member::Output).is_null();
    let error = if has_output {
        ServiceError::of(root, raw)
    } else {
        ServiceError::of_message(root, raw)
    };
    if let Some(error) = error {
        return Err(error.into_failure(false));
    }
    if !has_output {
        return Err(Failure::invalid("the answer has no `output`"));
    }
    let mut reply = Reply::default();
    items::put(root, &mut reply, &mut |kind, text| watch.whole(kind, text))?;
    reply.finish_reason = items::reason(root);
    add_usage(root.get(Member::Usage), &mut reply);
    Ok(reply)
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Stream {
    reply: Reply,
    progress: Progress,
    /// The type of the events whose reasoning is read: a service may send a summary beside
    /// the reasoning itself.
    reasoning: Option<String>,
    /// Whether a piece of the text has come.
    has_text: bool,
    /// Text that came whole, of a server that sends no pieces of it.
    whole_text: String,
    unknown: Unknown,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        // The API has no `[DONE]`; servers that send it do so behind the last event.
        let Some(data) = event.document(watch.has_tokens())? else {
            return Ok(());
        };
        json::read(data, |root| self.take(root, data, watch)).map_err(|error| {
            Failure::invalid(format!("an event is not part of a response: {error}"))
        })?
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        let is_open = self.progress == Progress::Open;
        let broken = is_open.then_some("the stream ended without `response.completed`");
        self.unknown
            .end("no `type` of a response's event", broken)?;
        Ok(self.reply)
    }
}

impl Stream {
    fn take(&mut self, root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        let name = root.get(Member::Type).text();
        let Some(name) = name.and_then(|name| name.strip_prefix(EVENTS)) else {
            if let Some(error) = ServiceError::of(root, raw) {
                return Err(error.into_failure(watch.has_tokens()));
            }
            self.unknown.note(root, raw);
            return Ok(());
        };
        self.unknown.known();
        match name {
            "completed" | "incomplete" | "failed" | "cancelled" => {
                self.end(name, root.get(Member::Response), raw, watch)
            }
            "output_item.added" => {
                items::note_call(root.get(Member::Item), &mut self.reply);
                Ok(())
            }
            "output_text.done" if !self.has_text => {
                let text = root.get(Member::Text).text();
                self.whole_text.push_str(text.unwrap_or_default());
                Ok(())
            }
            _ => match name.strip_suffix(".delta") {
                Some(of) => self.delta(of, root.get(Member::Delta), watch),
                None => Ok(()),
            },
        }
    }

    /// A piece of something: text, reasoning, a refusal, the arguments of a call.
    fn delta(&mut self, of: &str, delta: &Json<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let Some(text) = delta.text().filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        if of == "output_text" {
            self.has_text = true;
            return watch.token(Kind::Visible, text);
        }
        if of.starts_with("reasoning") {
            let read = self.reasoning.get_or_insert_with(|| of.to_owned());
            return if read == of {
                watch.token(Kind::Reasoning, text)
            } else {
                Ok(())
            };
        }
        if of == "refusal" {
            match &mut self.reply.instead {
                Some(Instead::Refusal(before)) => before.push_str(text),
                instead => *instead = Some(Instead::Refusal(text.to_owned())),
            }
        }
        Ok(())
    }

    /// The last event, which has the whole response with its counts.
    fn end(
        &mut self,
        name: &str,
        response: &Json<'_>,
        raw: &str,
        watch: &mut Stopwatch,
    ) -> Result<(), Failure> {
        if let Some(error) = ServiceError::of(response, raw) {
            return Err(error.into_failure(watch.has_tokens()));
        }
        if !self.has_text {
            self.put_whole(response, watch)?;
        }
        let reason = items::reason(response).unwrap_or_else(|| name.to_owned());
        self.reply.finish_reason = Some(reason);
        add_usage(response.get(Member::Usage), &mut self.reply);
        self.progress = Progress::Done;
        Ok(())
    }

    /// The text of a response of which no piece has come: a server that streams none has it
    /// in the last event, or in those about whole texts before.
    fn put_whole(&mut self, response: &Json<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let is_known = |kind| kind == Kind::Reasoning && self.reasoning.is_some();
        // What stands in place of text is here again.
        let before = self.reply.instead.take();
        let mut is_there = false;
        items::put(response, &mut self.reply, &mut |kind, text| {
            if is_known(kind) {
                return Ok(());
            }
            is_there |= kind == Kind::Visible && !text.is_empty();
            watch.whole(kind, text)
        })?;
        self.reply.instead = self.reply.instead.take().or(before);
        if is_there || self.whole_text.is_empty() {
            return Ok(());
        }
        watch.whole(Kind::Visible, &self.whole_text)
    }
}
