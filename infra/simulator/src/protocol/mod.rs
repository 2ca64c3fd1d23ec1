//! The wire protocols: what a request asks for, and how an answer reads.
//!
//! An answer is written in two layers. A [`Dialect`] knows the JSON documents of
//! a model server, and a [`Wire`] how they travel: as they are over HTTP, in
//! Bedrock's chunks, or in SageMaker's parts. Converse is a wire of its own.

mod ask;
mod converse;
pub(crate) mod failing;
mod framing;
mod http;
mod invoke;
pub(crate) mod json;
mod llama;
mod lmi;
mod openai;
mod sagemaker;
mod tgi;

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use crate::{
    answer::Answer,
    fault::{Fault, Faults, StreamError},
    prose::Token,
    route::{Operation, Route},
};

pub(crate) use ask::{Ask, Format, read};
pub(crate) use tgi::info;

/// The most tokens that prompt and answer may have together: the context
/// length of the imitated model.
const CONTEXT: usize = 131_072;

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
    /// Where it belongs in the answer, from 0.
    pub(crate) place: usize,
    /// Whether the answer is at its end with it.
    pub(crate) last: bool,
}

/// How a stream breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The connection is closed in the middle.
    Silently,
    /// An exception was added, and the stream ends in order.
    InWords,
}

/// Writes one answer in a protocol.
pub(crate) trait Wire: Send + Sync {
    /// The answer in one piece.
    fn whole(&mut self, timing: Timing) -> Whole;

    /// An error object in place of the answer in one piece.
    fn whole_error(&mut self) -> Bytes;

    /// The headers of a stream, its content type among them.
    fn stream_headers(&self) -> Headers;

    /// Adds what a stream has for one token; for the first one whatever comes
    /// before it, too.
    fn token(&mut self, piece: Piece<'_>, out: &mut BytesMut);

    /// Adds what a stream has behind the last token.
    fn end(&mut self, timing: Timing, out: &mut BytesMut);

    /// Adds the event that ends a stream with an error.
    fn exception(&mut self, error: StreamError, out: &mut BytesMut);

    /// Adds the model server's own error object.
    fn error_object(&mut self, out: &mut BytesMut);

    /// Adds an event that means nothing.
    fn nonsense(&mut self, out: &mut BytesMut);

    /// Adds what a stream says when it breaks, if the protocol has a word for
    /// that; without one the connection is closed.
    fn breaks(&mut self, _out: &mut BytesMut) -> Broken {
        Broken::Silently
    }

    /// Adds what was held back: nothing more is due for a while.
    fn flush(&mut self, _out: &mut BytesMut) {}
}

/// Writes the JSON documents of a model server.
trait Dialect: Send + Sync {
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
    fn token(&mut self, piece: Piece<'_>, framing: framing::Framing, out: &mut BytesMut);

    /// Adds the documents behind the last token.
    fn end(&mut self, _timing: Timing, _framing: framing::Framing, _out: &mut BytesMut) {}

    /// An error object, in a stream or in one piece.
    fn error(&self, error: StreamError, streams: bool) -> Value;
}

/// What a writer has to know besides the answer.
#[derive(Clone, Copy)]
pub(crate) struct Manner<'a> {
    pub(crate) route: &'a Route,
    pub(crate) ask: &'a Ask,
    /// Number of the call.
    pub(crate) sequence: u64,
    /// The seed of all draws.
    pub(crate) seed: u64,
}

impl Manner<'_> {
    fn faults(&self) -> &Faults {
        &self.route.faults
    }

    /// Whether tokens are counted.
    fn counts(&self) -> bool {
        !self.faults().has(&Fault::NoUsage)
    }

    /// Whether a stream has `[DONE]`.
    fn has_done(&self) -> bool {
        !self.faults().has(&Fault::NoDone)
    }
}

/// Whether the answer goes out as it is made; `ask` is `None` when the body
/// could not be read.
pub(crate) fn streams(operation: Operation, ask: Option<&Ask>) -> bool {
    match operation {
        Operation::ConverseStream
        | Operation::InvokeStream
        | Operation::SageMakerStream
        | Operation::GenerateStream => true,
        Operation::Chat | Operation::Completion => ask.is_some_and(|ask| ask.stream),
        _ => false,
    }
}

/// The writer of an answer.
pub(crate) fn wire(manner: Manner<'_>, answer: Arc<Answer>) -> Box<dyn Wire> {
    let operation = manner.route.operation;
    let format = manner.ask.format;
    let own = Arc::clone(&answer);
    let dialect: Box<dyn Dialect> = match format {
        Format::Converse => return Box::new(converse::Converse::new(answer, manner)),
        Format::Llama => Box::new(llama::Llama::new(own, manner)),
        Format::Completion | Format::Chat => Box::new(openai::OpenAi::new(own, manner)),
        Format::Tgi => Box::new(tgi::Tgi::new(own, manner)),
        Format::Lmi => Box::new(lmi::Lmi::new(own, manner)),
    };
    match operation {
        Operation::Invoke | Operation::InvokeStream => {
            Box::new(invoke::Invoke::new(dialect, manner))
        }
        Operation::SageMaker | Operation::SageMakerStream => {
            Box::new(sagemaker::SageMaker::new(dialect, answer, manner))
        }
        _ => Box::new(http::Http::new(dialect, manner)),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
