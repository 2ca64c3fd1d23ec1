//! Readers of answers that come as streams.

use crate::{failure::Failure, model::Reply, stopwatch::Stopwatch};

/// Something a stream said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A JSON document.
    Data(&'a str),
    /// `[DONE]`: nothing more comes.
    Done,
}

/// Understands the events of one stream.
pub(crate) trait Reader: Send {
    /// Takes the next event in.
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure>;

    /// The stream has ended: a reply if the answer is whole.
    fn finish(self: Box<Self>) -> Result<Reply, Failure>;
}
