//! An answer in one piece.

use std::{collections::VecDeque, time::Instant};

use axum::body::Bytes;

use super::{
    garbage::{FILLER_BYTES, filler, garbage},
    next::{BodyEnd, Burst, Next, cut},
};
use crate::{
    capacity::Ticket,
    fault::{Fault, Faults, Position},
    pace::{self, BURST},
    protocol::{
        Headers, Timing, Wire,
        errors::nonsense,
        json::{around_filler, to_json},
    },
};

/// How much of an endless text comes with every burst.
const ENDLESS_BYTES: usize = 1_024;

/// The pieces of a body.
pub(super) struct Whole {
    pieces: VecDeque<Part>,
    ending: BodyEnd,
    due: Option<Due>,
    /// The length that the headers tell, which a broken body does not reach.
    length: Option<u64>,
    valid: bool,
}

/// When a body is due.
pub(super) enum Due {
    At(Instant),
    /// When its target has served it.
    Served(Ticket),
}

enum Part {
    Bytes(Bytes),
    /// So often the same.
    Repeated(Bytes, u64),
    Endless(Bytes),
}

impl Part {
    fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Repeated(bytes, count) => Some(bytes.len() as u64 * count),
            Self::Endless(_) => None,
        }
    }
}

impl Whole {
    /// A body that is there.
    pub(super) fn plain(body: Bytes) -> Self {
        Self {
            length: Some(body.len() as u64),
            pieces: VecDeque::from([Part::Bytes(body)]),
            ending: BodyEnd::InOrder,
            due: None,
            valid: true,
        }
    }

    /// Writes the body, with the times that it tells.
    pub(super) fn write(
        wire: &mut dyn Wire,
        faults: &Faults,
        timing: Timing,
        seed: u64,
    ) -> (Headers, Self) {
        let written = wire.whole(timing);
        let body = Self::plain(written.body);
        let whole = faults
            .iter()
            .fold(body, |whole, fault| whole.with_fault(fault, wire, seed));
        (written.headers, whole)
    }

    /// Applies a fault to a body.
    fn with_fault(self, fault: &Fault, wire: &mut dyn Wire, seed: u64) -> Self {
        if let Some((ending, position)) = cut(fault) {
            return self.cut(position, ending);
        }
        match fault {
            Fault::Break => self.cut(Position::Midway, BodyEnd::Close),
            Fault::Truncate(position) => self.truncated(*position, 1),
            Fault::Garbage(position) => {
                let mut whole = self.truncated(*position, 0);
                whole.pieces.push_back(Part::Bytes(garbage(seed)));
                whole.measured()
            }
            Fault::Nonsense(_) => Self {
                valid: false,
                ..Self::plain(to_json(&nonsense()))
            },
            Fault::ErrorObject(_) => Self {
                valid: false,
                ..Self::plain(wire.whole_error())
            },
            Fault::Huge { megabytes } => {
                let filler = Bytes::from(filler(FILLER_BYTES));
                let count = (megabytes << 20).div_ceil(filler.len() as u64);
                self.filled(|| Part::Repeated(filler, count))
            }
            Fault::Endless => Self {
                valid: false,
                ..self.filled(|| Part::Endless(filler(ENDLESS_BYTES).into()))
            },
            _ => self,
        }
    }

    /// The same with more text in the middle of its own.
    fn filled(mut self, part: impl FnOnce() -> Part) -> Self {
        if let Some(Part::Bytes(body)) = self.pieces.front()
            && let Some((before, behind)) = around_filler(body)
        {
            let parts = [Part::Bytes(before), part(), Part::Bytes(behind)];
            self.pieces = VecDeque::from(parts);
        }
        self.measured()
    }

    fn measured(mut self) -> Self {
        self.length = self.pieces.iter().map(Part::len).sum();
        self
    }

    /// The part before a position, with the content length of the whole, and how it
    /// ends there.
    fn cut(self, position: Position, ending: BodyEnd) -> Self {
        let length = self.length;
        Self {
            ending,
            length,
            ..self.truncated(position, 0)
        }
    }

    /// The part before a position, and `more` bytes after it.
    fn truncated(mut self, position: Position, more: usize) -> Self {
        if let Some(Part::Bytes(body)) = self.pieces.pop_front() {
            let length = match position {
                Position::Midway => body.len() / 2,
                Position::First | Position::Before => more.min(body.len()),
            };
            self.pieces = VecDeque::from([Part::Bytes(body.slice(..length))]);
        }
        self.valid = false;
        self.measured()
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether the answer is valid: no fault changed it.
    pub(super) fn is_valid(&self) -> bool {
        self.valid
    }

    /// Keeps the body back until it is due.
    pub(super) fn wait_for(&mut self, due: Due) {
        self.due = Some(due);
    }

    /// Waits until the body is due.
    pub(super) async fn wait(&self) {
        match &self.due {
            None => {}
            Some(Due::At(instant)) => pace::exactly_until(*instant).await,
            Some(Due::Served(ticket)) => ticket.until(0).await,
        }
    }

    pub(super) async fn next(&mut self) -> Next {
        self.wait().await;
        self.due = None;
        let bytes = match self.pieces.front_mut() {
            None => return Next::End(self.ending),
            Some(Part::Bytes(bytes)) => {
                let bytes = std::mem::take(bytes);
                self.pieces.pop_front();
                bytes
            }
            Some(Part::Repeated(bytes, count)) => {
                let bytes = bytes.clone();
                *count -= 1;
                if *count == 0 {
                    self.pieces.pop_front();
                }
                bytes
            }
            Some(Part::Endless(bytes)) => {
                let bytes = bytes.clone();
                tokio::time::sleep(BURST).await;
                bytes
            }
        };
        Next::Burst(Burst {
            bytes,
            tokens: false,
        })
    }
}

/// Whether the body has a gap for more text than is held in memory.
pub(crate) fn needs_filler(faults: &Faults) -> bool {
    faults
        .iter()
        .any(|fault| matches!(fault, Fault::Huge { .. } | Fault::Endless))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut whole: Whole) -> (Vec<u8>, BodyEnd) {
        let mut bytes = Vec::new();
        loop {
            match whole.next().await {
                Next::Burst(burst) => bytes.extend_from_slice(&burst.bytes),
                Next::End(ending) => return (bytes, ending),
            }
        }
    }

    #[tokio::test]
    async fn a_cut_body_tells_the_length_it_does_not_reach() {
        let body = || Whole::plain(Bytes::from_static(b"{\"a\":12}"));
        let cut = body().cut(Position::Midway, BodyEnd::Reset);
        assert_eq!((cut.length(), cut.is_valid()), (Some(8), false));
        assert_eq!(all(cut).await, (b"{\"a\"".to_vec(), BodyEnd::Reset));
        let first = body().cut(Position::First, BodyEnd::Close);
        assert_eq!(all(first).await, (Vec::new(), BodyEnd::Close));
        let truncated = body().truncated(Position::First, 1);
        assert_eq!(truncated.length(), Some(1));
        assert_eq!(all(truncated).await, (b"{".to_vec(), BodyEnd::InOrder));
    }

    #[tokio::test]
    async fn a_filled_body_has_the_length_it_tells() {
        let json = crate::protocol::json::to_json(&crate::protocol::json::FILLER);
        let part = || Part::Repeated(Bytes::from_static(b"abc"), 5);
        let whole = Whole::plain(json).filled(part);
        assert_eq!(whole.length(), Some(17));
        let (bytes, ending) = all(whole).await;
        assert_eq!((bytes.len(), ending), (17, BodyEnd::InOrder));
        assert!(bytes.starts_with(b"\"abcabc"));
    }
}
