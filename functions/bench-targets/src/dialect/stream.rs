//! Readers of answers that come as streams.

use super::service_error::in_event;
use crate::{failure::Failure, model::Reply, stopwatch::Stopwatch};

/// Something a stream said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A JSON document.
    Data(&'a str),
    /// `[DONE]`: nothing more comes.
    Done,
    /// An error in place of a piece, as JSON or as text.
    Error(&'a str),
}

impl<'a> Event<'a> {
    /// Its JSON document; `None` of a `[DONE]`, and the failure of an error, which tokens may
    /// have come before.
    pub(super) fn document(self, has_tokens: bool) -> Result<Option<&'a str>, Failure> {
        match self {
            Self::Data(data) => Ok(Some(data)),
            Self::Done => Ok(None),
            Self::Error(error) => Err(in_event(error, has_tokens)),
        }
    }
}

/// How far an answer has come, in the order in which it gets there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// Only the end of the stream ends it.
    #[default]
    Open,
    /// It is whole; its counts may still come.
    Finished,
    /// It is whole and counted; a `[DONE]` may still come.
    Counted,
    /// Nothing of it is still to come.
    Done,
}

/// Understands the events of one stream.
pub(crate) trait Reader: Send {
    /// Takes the next event in.
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure>;

    /// How far the answer has come by the events so far; it never goes back.
    fn progress(&self) -> Progress {
        Progress::Open
    }

    /// The stream has ended: a reply if the answer is whole.
    fn finish(self: Box<Self>) -> Result<Reply, Failure>;
}
