//! The next bytes of an answer, and how it ends.

use axum::body::Bytes;

use crate::fault::{Fault, Position};

/// Bytes to be written next.
#[derive(Default)]
pub(super) struct Burst {
    pub(super) bytes: Bytes,
    /// Whether a token, or more than one, is whole with them.
    pub(super) tokens: bool,
}

/// The next step of an answer.
pub(super) enum Next {
    Burst(Burst),
    End(BodyEnd),
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// As the protocol has it.
    InOrder,
    /// Nothing more comes, and the connection stays open.
    Silence,
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
}

/// How a fault ends an answer without a message of the protocol, and its position.
pub(super) fn cut(fault: &Fault) -> Option<(BodyEnd, Position)> {
    match fault {
        Fault::Silence(position) => Some((BodyEnd::Silence, *position)),
        Fault::Close(position) => Some((BodyEnd::Close, *position)),
        Fault::Reset(position) => Some((BodyEnd::Reset, *position)),
        _ => None,
    }
}
