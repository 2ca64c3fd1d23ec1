//! The two layers of an answer: a [`Dialect`] writes the JSON documents of a model
//! server, a [`Wire`] transports them.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::{framing::Framing, request::CompletionRequest};
use crate::{
    fault::{Fault, Faults, StreamError},
    prose::Token,
    route::Route,
};

/// Times of an answer from the reception of the request on: measured ones for a
/// stream, planned ones for an answer in one piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Until the first token.
    pub(crate) first: Duration,
    /// Until the last one.
    pub(crate) total: Duration,
}

/// An answer in one piece.
pub(crate) struct Whole {
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// Header names and values.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// A token of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) token: &'a Token,
    /// Its index in the answer, from 0.
    pub(crate) index: usize,
    /// Whether the answer is at its end with it.
    pub(crate) last: bool,
}

/// How a stream breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection is closed in the middle.
    ConnectionClosed,
    /// An exception was added, and the stream ends in order.
    WithException,
}

/// Writes one answer in a protocol.
pub(crate) trait Wire: Send + Sync {
    /// The answer in one piece.
    fn whole(&mut self, timing: Timing) -> Whole;

    /// An error object in place of the answer in one piece.
    fn whole_error(&mut self) -> Bytes;

    /// The headers of a stream, its content type among them.
    fn stream_headers(&self) -> Headers;

    /// Adds one token of a stream, and what precedes the first one.
    fn token(&mut self, piece: Piece<'_>, out: &mut BytesMut);

    /// Adds the end of a stream, after the last token.
    fn end(&mut self, timing: Timing, out: &mut BytesMut);

    /// Adds the event that ends a stream with an error.
    fn exception(&mut self, error: StreamError, out: &mut BytesMut);

    /// Adds the model server's own error object.
    fn error_object(&mut self, out: &mut BytesMut);

    /// Adds a valid JSON event that is unknown to the protocol.
    fn nonsense(&mut self, out: &mut BytesMut);

    /// Adds the exception of a broken stream, if the protocol has one; without one the
    /// connection is closed.
    fn break_off(&mut self, _out: &mut BytesMut) -> Broken {
        Broken::ConnectionClosed
    }

    /// Adds held-back bytes, since nothing more is due for a while.
    fn flush(&mut self, _out: &mut BytesMut) {}
}

/// Writes the JSON documents of a model server.
pub(super) trait Dialect: Send + Sync {
    /// The answer in one piece.
    fn whole(&self, timing: Timing) -> Value;

    /// The headers of the answer in one piece, without its content type.
    fn whole_headers(&self, _timing: Timing) -> Headers {
        Vec::new()
    }

    /// The headers of a stream, without its content type.
    fn stream_headers(&self) -> Headers {
        Vec::new()
    }

    /// Adds the documents for one token.
    fn token(&mut self, piece: Piece<'_>, framing: Framing, out: &mut BytesMut);

    /// Adds the documents behind the last token.
    fn end(&mut self, _timing: Timing, _framing: Framing, _out: &mut BytesMut) {}

    /// An error object, in a stream or in one piece.
    fn error(&self, error: StreamError, streams: bool) -> Value;
}

/// The context of an answer: its route, request, number and seed.
#[derive(Clone, Copy)]
pub(crate) struct WireContext<'a> {
    pub(crate) route: &'a Route,
    pub(crate) request: &'a CompletionRequest,
    /// Number of the call.
    pub(crate) sequence: u64,
    /// The seed of all draws.
    pub(crate) seed: u64,
}

impl WireContext<'_> {
    pub(super) fn faults(&self) -> &Faults {
        &self.route.faults
    }

    /// Whether tokens are counted.
    pub(super) fn counts(&self) -> bool {
        !self.faults().has(&Fault::NoUsage)
    }

    /// Whether a stream has `[DONE]`.
    pub(super) fn has_done_event(&self) -> bool {
        !self.faults().has(&Fault::NoDone)
    }
}

/// Whole milliseconds of a duration.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
