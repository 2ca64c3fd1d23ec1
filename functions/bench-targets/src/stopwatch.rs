//! The clock points of one call, and the text that came with them.

use std::time::Duration;

use bench_core::sample::{Connection, Sample};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    bounds::{MAX_TEXT_BYTES, too_long},
    failure::Failure,
    reasoning::AnswerScanner,
};

/// Kind of a piece of text, as the service tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of the answer; may hold inline `<think>…</think>`.
    Visible,
    /// Reasoning that the service keeps apart from the answer.
    Reasoning,
}

/// Now, on the monotonic clock and, as a label, on the wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: Timestamp,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self {
            wall: Timestamp::now(),
            monotonic: Instant::now(),
        }
    }
}

/// Takes the times of one call on one monotonic clock.
///
/// Reasoning that a service keeps apart is put between `<think>` and
/// `</think>`, as models write it inline, so that answers of one model read
/// alike wherever it is hosted.
#[derive(Debug)]
pub struct Stopwatch {
    start: Moment,
    first: Option<Instant>,
    last: Option<Instant>,
    end: Option<Instant>,
    arrived: Option<Instant>,
    chunks: u32,
    /// The longest time between two tokens that came one after the other.
    max_gap: Option<Duration>,
    /// Output tokens that had come when the first piece had.
    first_tokens: Option<u64>,
    /// When the answer proper began.
    answer: AnswerScanner<Instant>,
    text: Option<String>,
    chars: u64,
    in_reasoning: bool,
    connection: Option<(Connection, Option<Duration>)>,
    limit: Option<Instant>,
    held_open: bool,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Stopwatch {
    /// A watch that runs from now on, until [`Stopwatch::start`] says better.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Moment::now(),
            first: None,
            last: None,
            end: None,
            arrived: None,
            chunks: 0,
            max_gap: None,
            first_tokens: None,
            answer: AnswerScanner::default(),
            text: None,
            chars: 0,
            in_reasoning: false,
            connection: None,
            limit: None,
            held_open: false,
        }
    }

    /// Just before the request is sent.
    pub fn start(&mut self) {
        self.start_at(Moment::now());
    }

    /// The request was sent at that time.
    pub(crate) fn start_at(&mut self, start: Moment) {
        self.start = start;
    }

    /// Bytes of a streamed answer came at that time. So did the tokens in them,
    /// however long they take to be found.
    pub(crate) fn arrived(&mut self, at: Instant) {
        self.arrived = Some(at);
    }

    /// A piece of a streamed answer, come with the bytes that arrived last, or
    /// now if none were said to. An empty one is not a token.
    ///
    /// # Errors
    ///
    /// When the answer is longer than any token limit allows: reading on is of
    /// no use.
    pub fn token(&mut self, kind: Kind, text: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        let at = self.arrived.unwrap_or_else(Instant::now);
        self.first.get_or_insert(at);
        let gap = self.last.map(|last| at.saturating_duration_since(last));
        self.max_gap = self.max_gap.max(gap);
        self.last = Some(at);
        self.chunks += 1;
        if kind == Kind::Visible {
            if self.in_reasoning {
                // Reasoning that the service keeps apart has ended.
                self.answer = AnswerScanner::default();
            }
            self.answer.push(text, at);
        }
        self.append(kind, text)
    }

    /// The service counts so many output tokens up to the piece that came last.
    pub(crate) fn counted(&mut self, tokens: u64) {
        if self.first.is_some() && self.arrived == self.first && tokens > 0 {
            self.first_tokens = self.first_tokens.max(Some(tokens));
        }
    }

    /// When the bytes of a streamed answer came that are being read.
    pub(crate) fn arrival(&self) -> Option<Instant> {
        self.arrived
    }

    /// Text of an answer that came in one piece: no token has a time then.
    ///
    /// # Errors
    ///
    /// As of [`Stopwatch::token`].
    pub fn whole(&mut self, kind: Kind, text: &str) -> Result<(), Failure> {
        self.append(kind, text)
    }

    /// The last byte of the answer has come. The first call counts.
    pub fn end(&mut self) {
        self.end_at(Instant::now());
    }

    /// The last byte of the answer came at that time. The first call counts.
    pub(crate) fn end_at(&mut self, at: Instant) {
        self.end.get_or_insert(at);
    }

    /// The request went over a connection that was made for it, in that time
    /// where it is known, or over one that was there.
    pub fn connected(&mut self, connection: Connection, took: Option<Duration>) {
        self.connection = Some((connection, took));
    }

    /// The call is given up at that time.
    pub(crate) fn set_limit(&mut self, at: Option<Instant>) {
        self.limit = at;
    }

    /// When the call is given up, where that is known.
    pub(crate) fn limit(&self) -> Option<Instant> {
        self.limit
    }

    /// The service kept the connection open behind the end of its answer.
    pub(crate) fn held_open(&mut self) {
        self.held_open = true;
    }

    /// The sample with all that was taken of its call.
    pub(crate) fn into_sample(self, blank: Sample) -> Sample {
        Sample {
            started_at: self.started_at(),
            latency_us: self.latency_us(),
            ttft_us: self.ttft_us(),
            ttfo_us: self.ttfo_us(),
            last_token_us: self.last_token_us(),
            chunks: self.chunks(),
            max_gap_us: self.max_gap.map(micros),
            first_piece_tokens: self.first_piece_tokens(blank.output_tokens),
            response_chars: self.chars(),
            connection: self.connection(),
            connect_us: self.connect_us(),
            held_open: self.held_open,
            response_text: self.into_text(),
            ..blank
        }
    }

    /// Whether any token has come.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.first.is_some()
    }

    /// Wall clock at the start; a label.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.start.wall
    }

    /// How long after `intended` the request was sent, in microseconds.
    pub(crate) fn sent_after_us(&self, intended: Instant) -> u64 {
        micros(self.start.monotonic.saturating_duration_since(intended))
    }

    /// Start to end in microseconds, or to now as long as there is no end.
    #[must_use]
    pub fn latency_us(&self) -> u64 {
        self.since_start(self.end.unwrap_or_else(Instant::now))
    }

    /// Start to first token of any kind.
    #[must_use]
    pub fn ttft_us(&self) -> Option<u64> {
        self.first.map(|at| self.since_start(at))
    }

    /// Start to the first non-blank text that is not reasoning.
    #[must_use]
    pub fn ttfo_us(&self) -> Option<u64> {
        self.answer.answer().map(|at| self.since_start(at))
    }

    /// Output tokens that had come by the first token, of so many in all. A service
    /// that counts all of them there although pieces follow does not count along.
    fn first_piece_tokens(&self, all: Option<u64>) -> Option<u64> {
        let counts_along = |tokens: &u64| self.last == self.first || all > Some(*tokens);
        self.first_tokens.filter(counts_along)
    }

    /// Start to last token.
    #[must_use]
    pub fn last_token_us(&self) -> Option<u64> {
        self.last.map(|at| self.since_start(at))
    }

    /// Non-empty pieces, `None` when there were none.
    #[must_use]
    pub fn chunks(&self) -> Option<u32> {
        (self.chunks > 0).then_some(self.chunks)
    }

    /// Whether the connection was made for this call; `None` when none was seen.
    #[must_use]
    pub fn connection(&self) -> Option<Connection> {
        self.connection.map(|(connection, _)| connection)
    }

    /// Time that making the connection took.
    #[must_use]
    pub fn connect_us(&self) -> Option<u64> {
        self.connection.and_then(|(_, took)| took).map(micros)
    }

    /// Unicode scalar values that the service sent; `None` when no text came.
    #[must_use]
    pub fn chars(&self) -> Option<u64> {
        self.text.is_some().then_some(self.chars)
    }

    /// The text so far, reasoning included; empty when none came.
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// The text so far; `None` when none came.
    #[must_use]
    pub fn into_text(self) -> Option<String> {
        self.text
    }

    fn append(&mut self, kind: Kind, text: &str) -> Result<(), Failure> {
        let all = self.text.get_or_insert_default();
        if text.is_empty() {
            return Ok(());
        }
        self.chars += text.chars().count() as u64;
        if all.len() + text.len() > MAX_TEXT_BYTES {
            return Err(too_long("the answer", MAX_TEXT_BYTES));
        }
        match (kind, self.in_reasoning) {
            (Kind::Reasoning, false) => all.push_str("<think>\n"),
            (Kind::Visible, true) => all.push_str("\n</think>\n\n"),
            _ => {}
        }
        self.in_reasoning = kind == Kind::Reasoning;
        all.push_str(text);
        Ok(())
    }

    fn since_start(&self, at: Instant) -> u64 {
        micros(at.saturating_duration_since(self.start.monotonic))
    }
}

/// Whole microseconds of a duration.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
