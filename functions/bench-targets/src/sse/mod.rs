//! Server-sent events and JSON lines out of bytes that arrive in any slices.
//!
//! Events are read as the HTML standard says, and more besides: JSON without a field
//! name, and a document that ends an event though no blank line follows. A slice may
//! end anywhere, within a line or within a character.

mod line;
mod lines;

use bench_core::sample::ErrorLayer;
use bstr::ByteSlice;
use tokio::time::Instant;

use self::{line::Line, lines::Lines};
use crate::{
    bounds::{MAX_BODY_BYTES, too_long},
    dialect::{Dialect, DocumentKind, Event, Progress, Reader},
    failure::Failure,
    json_document::{DocumentEnd, is_cut_off, is_document, may_be_document},
    model::Reply,
    stopwatch::Stopwatch,
};

/// Names of events that only keep a connection alive.
const HEARTBEATS: [&str; 4] = ["ping", "heartbeat", "keepalive", "keep-alive"];

/// The most characters of something unknown that a message repeats.
const MAX_EXCERPT_CHARS: usize = 200;

fn is_done(data: &str) -> bool {
    data.as_bytes().trim_ascii() == b"[DONE]"
}

/// Cuts bytes into events and hands them to a reader.
pub(crate) struct SseDecoder {
    reader: Box<dyn Reader>,
    dialect: Dialect,
    lines: Lines,
    /// Name of the event that is not at its end yet.
    name: String,
    /// Data of that event so far.
    data: String,
    /// JSON over several lines that no field name precedes.
    document: String,
    document_end: DocumentEnd,
    held: Option<Held>,
    /// Whether anything was understood.
    has_begun: bool,
    /// The first thing that was not, as text for a person.
    unknown: Option<String>,
}

/// A first document of which it is open whether it is the whole answer.
struct Held {
    document: String,
    arrival: Option<Instant>,
    is_whole: bool,
}

impl SseDecoder {
    /// A decoder of streams in a dialect.
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self::with_reader(dialect.reader(), dialect)
    }

    fn with_reader(reader: Box<dyn Reader>, dialect: Dialect) -> Self {
        Self {
            reader,
            dialect,
            lines: Lines::default(),
            name: String::new(),
            data: String::new(),
            document: String::new(),
            document_end: DocumentEnd::default(),
            held: None,
            has_begun: false,
            unknown: None,
        }
    }

    /// Takes the next slice in: how far the answer has come.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        watch: &mut Stopwatch,
    ) -> Result<Progress, Failure> {
        let mut lines = std::mem::take(&mut self.lines);
        let pushed = lines.push(bytes, |line| {
            self.unless_over(watch, |decoder, watch| {
                decoder.line(&line.to_str_lossy(), watch)
            })
        });
        // What is too long is not kept.
        self.unless_over(watch, |decoder, watch| {
            pushed?;
            // A server may hold the connection before the end of its last line.
            if decoder.is_whole(lines.unended()) {
                let line = lines.end();
                decoder.lines = lines;
                return decoder.line(&line.to_str_lossy(), watch);
            }
            decoder.lines = lines;
            Ok(())
        })?;
        Ok(self.progress())
    }

    /// Ends the stream. A last line need not have an end of line, but it must be whole.
    pub(crate) fn finish(mut self, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        self.unless_over(watch, Self::rest)?;
        if let Some(held) = self.held {
            return self.dialect.whole(held.document.as_bytes(), watch);
        }
        let unknown = self.unknown;
        if let Some(unknown) = &unknown
            && !self.has_begun
        {
            return Err(Failure::invalid(unknown));
        }
        self.reader.finish().map_err(|failure| match unknown {
            Some(unknown) => failure.because(&unknown),
            None => failure,
        })
    }

    fn progress(&self) -> Progress {
        match &self.held {
            Some(held) if held.is_whole => Progress::Counted,
            _ => self.reader.progress(),
        }
    }

    /// Reads on as long as the answer goes on. What comes behind a whole answer and
    /// cannot be understood is not part of it.
    fn unless_over(
        &mut self,
        watch: &mut Stopwatch,
        read: impl FnOnce(&mut Self, &mut Stopwatch) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let progress = self.progress();
        if progress == Progress::Done {
            return Ok(());
        }
        match read(self, watch) {
            Err(failure) if progress > Progress::Open && failure.class == ErrorLayer::Parse => {
                Ok(())
            }
            read => read,
        }
    }

    fn line(&mut self, line: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if !self.document.is_empty() {
            return self.document_line(line, watch);
        }
        match Line::of(line) {
            Line::Blank => self.end_of_event(watch),
            Line::Comment => Ok(()),
            Line::Name(name) => {
                name.clone_into(&mut self.name);
                Ok(())
            }
            Line::Data(value) => self.data_line(value, watch),
            Line::Error(error) => self.reader.event(Event::Error(error), watch),
            Line::Json(text) if is_document(text.as_bytes()) => {
                self.take_document(text.to_owned(), watch)
            }
            Line::Json(text) => self.document_line(text, watch),
            Line::UnknownField(text) => {
                self.note_unknown("a line is neither an event nor JSON", text);
                Ok(())
            }
            Line::NoField(text) => {
                self.note_unknown("a line is neither an event nor JSON", text);
                match &self.unknown {
                    Some(unknown) if !self.has_begun && self.held.is_none() => {
                        Err(Failure::invalid(unknown))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// A line of an event's data. What is whole on one line is not waited with: there
    /// are servers that put no blank line behind it.
    fn data_line(&mut self, value: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if is_done(value) {
            self.end_of_event(watch)?;
            self.release(watch)?;
            return self.reader.event(Event::Done, watch);
        }
        if self.data.is_empty() && may_be_document(value.as_bytes()) {
            match self.named_event(value, watch) {
                // Only what cannot be read has to be looked at for its end.
                Err(failure)
                    if failure.class == ErrorLayer::Parse && !is_document(value.as_bytes()) => {}
                taken => return taken,
            }
        }
        if !self.data.is_empty() {
            self.data.push('\n');
        }
        self.data.push_str(value);
        if self.data.len() > MAX_BODY_BYTES {
            return Err(too_long("an event", MAX_BODY_BYTES));
        }
        Ok(())
    }

    fn end_of_event(&mut self, watch: &mut Stopwatch) -> Result<(), Failure> {
        let data = std::mem::take(&mut self.data);
        let taken = match data.trim() {
            "" => Ok(()),
            data => self.named_event(data, watch),
        };
        self.name.clear();
        taken
    }

    fn named_event(&mut self, data: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if self.name == "error" {
            return self.reader.event(Event::Error(data), watch);
        }
        if !self.name.is_empty() && HEARTBEATS.contains(&self.name.as_str()) {
            return Ok(());
        }
        self.release(watch)?;
        self.event(data, watch)
    }

    fn event(&mut self, data: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        if !data.trim_start().starts_with(['{', '[']) {
            self.note_unknown("an event is no piece of an answer", data);
            return Ok(());
        }
        self.has_begun = true;
        self.reader.event(Event::Data(data), watch)
    }

    /// A further line of a document over several lines.
    fn document_line(&mut self, line: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        let before = self.document.len();
        self.document.push_str(line);
        self.document.push('\n');
        if self.document.len() > MAX_BODY_BYTES {
            return Err(too_long("the answer", MAX_BODY_BYTES));
        }
        let end = self.document_end.find(&self.document.as_bytes()[before..]);
        let Some(length) = end else {
            return Ok(());
        };
        self.document_end = DocumentEnd::default();
        let mut document = std::mem::take(&mut self.document);
        document.truncate(before + length);
        self.take_document(document, watch)
    }

    /// A document that no field name precedes. The first may be the whole answer, which
    /// shows when nothing follows.
    fn take_document(&mut self, document: String, watch: &mut Stopwatch) -> Result<(), Failure> {
        self.release(watch)?;
        let kind = DocumentKind::of(&document);
        if self.has_begun || matches!(kind, DocumentKind::Piece | DocumentKind::Other) {
            return self.event(&document, watch);
        }
        self.held = Some(Held {
            document,
            arrival: watch.arrival(),
            is_whole: kind == DocumentKind::Whole,
        });
        Ok(())
    }

    /// The document that was held is a piece, come when it came.
    fn release(&mut self, watch: &mut Stopwatch) -> Result<(), Failure> {
        let Some(held) = self.held.take() else {
            return Ok(());
        };
        let now = watch.arrival();
        if let Some(arrival) = held.arrival {
            watch.arrived(arrival);
        }
        let read = self.event(&held.document, watch);
        if let Some(now) = now {
            watch.arrived(now);
        }
        read
    }

    /// Reads the unfinished line that the stream ended in.
    fn rest(&mut self, watch: &mut Stopwatch) -> Result<(), Failure> {
        let tail = std::mem::take(&mut self.lines).rest();
        let tail = tail.to_str_lossy();
        let is_whole = match Line::of(&tail) {
            // Data and documents that are cut off are told apart below.
            Line::Blank | Line::Comment | Line::Error(_) | Line::Json(_) | Line::Data(_) => true,
            Line::NoField(_) => self.data.is_empty(),
            Line::Name(_) | Line::UnknownField(_) => false,
        };
        if !is_whole && self.document.is_empty() {
            return self.cut_off("a line");
        }
        self.line(&tail, watch)?;
        if !self.data.is_empty() {
            // A text has no end of its own.
            if !is_document(self.data.as_bytes()) {
                return self.cut_off("an event");
            }
            self.end_of_event(watch)?;
        }
        let document = std::mem::take(&mut self.document);
        if document.is_empty() {
            return Ok(());
        }
        if is_cut_off(document.trim_end().as_bytes()) {
            return self.cut_off("a JSON document");
        }
        if self.has_begun || self.held.is_some() {
            return self.take_document(document, watch);
        }
        self.held = Some(Held {
            document,
            arrival: None,
            is_whole: true,
        });
        Ok(())
    }

    /// Whether a line has nothing missing though it is not at its end.
    fn is_whole(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        match line.last() {
            Some(b'}' | b']') if !self.document.is_empty() => {
                self.document_end.clone().find(line).is_some()
            }
            Some(b'}' | b']') => match Line::of(&line.to_str_lossy()) {
                Line::Data(value) => {
                    is_done(value) || self.data.is_empty() && is_document(value.as_bytes())
                }
                Line::Json(text) => is_document(text.as_bytes()),
                _ => false,
            },
            _ => false,
        }
    }

    /// Something is not whole at the end of the stream, which costs a whole answer nothing.
    fn cut_off(&self, what: &str) -> Result<(), Failure> {
        if self.progress() > Progress::Open {
            return Ok(());
        }
        Err(Failure::broken(format!("the stream ended within {what}")))
    }

    fn note_unknown(&mut self, what: &str, text: &str) {
        self.unknown.get_or_insert_with(|| {
            let start: String = text.trim().chars().take(MAX_EXCERPT_CHARS).collect();
            format!("{what}: `{start}`")
        });
    }
}

#[cfg(test)]
mod tests;
