//! The end of an answer, which need not be the end of its connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::dialect::Progress;

/// How long counts are waited for behind a finish reason: servers that send them do so
/// at once, and those behind a gateway a round trip later.
const COUNTS_GRACE: Duration = Duration::from_secs(1);

/// How long the end of the stream is waited for behind the end of the answer, so that
/// the connection can be used again: it comes in the same segment as a rule.
const CLOSE_GRACE: Duration = Duration::from_millis(250);

/// When an answer got how far, and until when the rest is waited for.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    progress: Progress,
    /// Pieces of text that had come when it was noted.
    pieces: u32,
    /// When the last bytes of the answer proper came.
    last: Option<Instant>,
    grace: Option<Pin<Box<Sleep>>>,
}

impl Ending {
    /// The answer has come so far by bytes that arrived at `at`, with so many pieces of
    /// text; nothing is waited for beyond `limit`. Text behind a finish reason belongs to the
    /// answer, since some servers give one with every piece.
    pub(crate) fn note(
        &mut self,
        progress: Progress,
        pieces: u32,
        at: Instant,
        limit: Option<Instant>,
    ) {
        if progress == Progress::Open {
            return;
        }
        let goes_on = progress < Progress::Done && pieces > self.pieces;
        if progress < self.progress || (progress == self.progress && !goes_on) {
            return;
        }
        (self.progress, self.pieces) = (progress, pieces);
        self.last = Some(at);
        let grace = if progress == Progress::Done {
            CLOSE_GRACE
        } else {
            COUNTS_GRACE
        };
        let until = at + grace;
        let until = limit.map_or(until, |limit| until.min(limit));
        self.grace = Some(Box::pin(sleep_until(until)));
    }

    /// When the last bytes of the answer came; `None` while it is not whole.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.last
    }

    /// Ready when nothing is waited for any more.
    pub(crate) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.grace {
            Some(grace) => grace.as_mut().poll(context),
            None => Poll::Pending,
        }
    }

    /// Whether nothing is waited for any more at that time.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.grace
            .as_ref()
            .is_some_and(|grace| grace.deadline() <= now)
    }
}
