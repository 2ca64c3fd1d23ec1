//! Answers in the schemas that OpenAI published, whole or as a stream.

use bench_core::sample::FinishReason;

use super::numbering::{Numbered, Numbering, Step};
use crate::{
    dialect::{
        counts::{add_usage, raise_all},
        json::{self, Json},
        member::Member,
        parts,
        service_error::{ServiceError, in_event},
        stream::{Event, Progress, Reader},
        unknown::Unknown,
    },
    failure::Failure,
    model::Reply,
    stopwatch::{Kind, Stopwatch},
};

/// Reads an answer that came in one piece.
pub(in crate::dialect) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let body = String::from_utf8_lossy(body);
    json::read(&body, |root| whole_of(root, &body, watch))
        .map_err(|error| Failure::invalid(format!("the answer is not a completion: {error}")))?
}

fn whole_of(root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let root = root.items().first().unwrap_or(root);
    let error = if has_choice(root) {
        ServiceError::of(root, raw)
    } else {
        ServiceError::of_message(root, raw)
    };
    if let Some(error) = error {
        return Err(error.into_failure(false));
    }
    let choice =
        choice(root, &mut None).ok_or_else(|| Failure::invalid("the answer has no `choices`"))?;
    let (message, text) = (message(choice), choice.get(Member::Text));
    let reason = reason(choice);
    if !message.is_object() && text.is_null() && reason.is_none() {
        let message = "the answer's choice has neither `message` nor `text`";
        return Err(Failure::invalid(message));
    }
    let mut reply = Reply::default();
    put(message, text, &mut reply, &mut |kind, text| {
        watch.whole(kind, text)
    })?;
    reply.finish_reason = reason;
    count(root, choice, &mut reply);
    Ok(reply)
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Stream {
    reply: Reply,
    progress: Progress,
    /// The index of the choice that is read.
    index: Option<u64>,
    numbering: Numbering,
    unknown: Unknown,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let data = match event {
            Event::Data(data) => data,
            Event::Done => {
                self.progress = Progress::Done;
                return match self.numbering.end() {
                    Some(event) if self.reply.finish_reason.is_none() => {
                        self.put_aside(&event, watch)
                    }
                    _ => Ok(()),
                };
            }
            Event::Error(error) => return Err(in_event(error, watch.has_tokens())),
        };
        json::read(data, |root| self.take(root, data, watch)).map_err(|error| {
            Failure::invalid(format!("an event is not part of a completion: {error}"))
        })?
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        let is_open = self.progress == Progress::Open && self.reply.finish_reason.is_none();
        let broken = is_open.then_some("the stream ended without `[DONE]` or a `finish_reason`");
        self.unknown.end("neither `choices` nor `usage`", broken)?;
        Ok(self.reply)
    }
}

impl Stream {
    fn take(&mut self, root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if let Some(error) = ServiceError::of(root, raw) {
            return Err(error.into_failure(watch.has_tokens()));
        }
        if !has_choice(root) && root.get(Member::Usage).is_null() {
            self.unknown.note(root, raw);
            return Ok(());
        }
        self.unknown.known();
        let choice = match choice(root, &mut self.index) {
            Some(found) if self.numbering == Numbering::One => found,
            found => self.numbered(found, root, raw, watch)?,
        };
        let reason = reason(choice);
        self.put(choice, reason.is_some(), watch)?;
        if reason.is_some() {
            let is_stop = reason
                .as_deref()
                .is_some_and(|reason| FinishReason::from_raw(reason) == FinishReason::Stop);
            self.reply.finish_reason = reason;
            // Some gateways stop with the first event, before any text.
            if !is_stop || !watch.text().is_empty() || self.reply.instead.is_some() {
                self.progress = self.progress.max(Progress::Finished);
            }
        }
        if let Some(tokens) = count(root, choice, &mut self.reply) {
            watch.counted(tokens);
        }
        let is_counted = self.reply.output_tokens.is_some_and(|tokens| tokens > 0);
        if self.progress == Progress::Finished && is_counted {
            self.progress = Progress::Counted;
        }
        Ok(())
    }

    /// The choice that an event is read for, where not every event has the same index.
    fn numbered<'j>(
        &mut self,
        found: Option<&'j Json<'j>>,
        root: &'j Json<'j>,
        raw: &str,
        watch: &mut Stopwatch,
    ) -> Result<&'j Json<'j>, Failure> {
        let found = found.unwrap_or(&Json::Null);
        let ([only], Some(first)) = (root.get(Member::Choices).items(), self.index) else {
            return Ok(found);
        };
        let Some(index) = only.get(Member::Index).count() else {
            return Ok(found);
        };
        let one = Numbered {
            index,
            ends: reason(only).is_some(),
            event: raw,
        };
        let is_over = self.reply.finish_reason.is_some();
        match self.numbering.next(one, first, is_over) {
            Step::Choose => Ok(found),
            Step::Read => Ok(only),
            Step::ReadBehind(event) => self.put_aside(&event, watch).map(|()| only),
            Step::ReadEnd if !has_text(only) => Ok(only),
            Step::ReadEnd => Err(Failure::invalid(
                "the stream has several choices and numbers them and their tokens alike, expected \
                 one; ask for one answer",
            )),
        }
    }

    /// Hands on the text of an event that was put aside.
    fn put_aside(&mut self, event: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        json::read(event, |root| {
            let choices = root.get(Member::Choices).items().iter();
            choices
                .take(1)
                .try_for_each(|choice| self.put(choice, false, watch))
        })
        .unwrap_or(Ok(()))
    }

    fn put(&mut self, choice: &Json<'_>, ends: bool, watch: &mut Stopwatch) -> Result<(), Failure> {
        let (delta, text) = (choice.get(Member::Delta), choice.get(Member::Text));
        if delta.is_object() {
            return put(delta, text, &mut self.reply, &mut |kind, text| {
                watch.token(kind, text)
            });
        }
        // The answer once more behind its pieces, or all of it in one event.
        let message = choice.get(Member::Message);
        let is_whole = message.is_object() && ends;
        if is_whole && watch.has_tokens() {
            return Ok(());
        }
        put(message, text, &mut self.reply, &mut |kind, text| {
            if is_whole {
                watch.whole(kind, text)
            } else {
                watch.token(kind, text)
            }
        })
    }
}

fn has_choice(root: &Json<'_>) -> bool {
    !root.get(Member::Choices).is_null()
}

/// The choice of index 0 or, where there is none, the only one; of a stream always
/// the same.
fn choice<'j>(root: &'j Json<'j>, index: &mut Option<u64>) -> Option<&'j Json<'j>> {
    let choices = root.get(Member::Choices).items();
    let of = |choice: &Json<'_>| choice.get(Member::Index).count();
    let found = match *index {
        Some(_) => None,
        None => choices.iter().find(|choice| of(choice) == Some(0)),
    };
    let found = found.or_else(|| match choices {
        [only] if index.is_none() || of(only).is_none() || of(only) == *index => Some(only),
        [first, ..] if of(first).is_none() => Some(first),
        all => all
            .iter()
            .find(|choice| index.is_some() && of(choice) == *index),
    })?;
    *index = index.or_else(|| of(found));
    Some(found)
}

fn has_text(choice: &Json<'_>) -> bool {
    let (mut said, text) = (false, choice.get(Member::Text));
    let found = put(
        message(choice),
        text,
        &mut Reply::default(),
        &mut |_, text| {
            said |= !text.is_empty();
            Ok(())
        },
    );
    said || found.is_err()
}

/// The message of a choice of a whole answer; some servers name it as in a stream.
fn message<'j>(choice: &'j Json<'j>) -> &'j Json<'j> {
    let message = choice.get(Member::Message);
    if message.is_object() {
        message
    } else {
        choice.get(Member::Delta)
    }
}

/// Hands on what a message says; where it says nothing, the text of a completion.
fn put(
    message: &Json<'_>,
    text: &Json<'_>,
    reply: &mut Reply,
    to: &mut dyn FnMut(Kind, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut said = false;
    parts::put_message(message, &mut |kind, text| {
        said |= !text.is_empty();
        to(kind, text)
    })?;
    parts::note_instead(message, reply);
    if said {
        return Ok(());
    }
    parts::put(text, Kind::Visible, to)
}

/// Why the choice ended. Some servers say with an empty text or a text that it has
/// not; a gateway may call an abort of the server behind it a stop, with its own word beside.
fn reason(choice: &Json<'_>) -> Option<String> {
    let reason = choice.get(Member::FinishReason).words()?;
    let goes_on = ["null", "none", "not_finished"];
    if goes_on.iter().any(|word| reason.eq_ignore_ascii_case(word)) {
        return None;
    }
    let native = choice.get(Member::NativeFinishReason).words();
    let is_abort = |reason: &&str| FinishReason::from_raw(reason) == FinishReason::Aborted;
    Some(native.filter(is_abort).unwrap_or(reason).to_owned())
}

/// Adds the counts of an event or of a whole answer, wherever it has them; the output
/// tokens that it counts.
fn count(root: &Json<'_>, choice: &Json<'_>, reply: &mut Reply) -> Option<u64> {
    let places = [
        root.get(Member::Usage),
        choice.get(Member::Usage),
        root.get(Member::XGroq).get(Member::Usage),
    ];
    if !places.iter().any(|usage| usage.is_object()) {
        return None;
    }
    let mut counted = Reply::default();
    for usage in places {
        add_usage(usage, &mut counted);
    }
    raise_all(reply, &counted);
    counted.output_tokens
}
