//! Bedrock's `InvokeModel` operations: documents as they are, or in chunks.

use bytes::{Bytes, BytesMut};

use super::{
    errors,
    framing::Framing,
    json::to_json,
    wire::{Broken, Dialect, Headers, Piece, Timing, Whole, Wire, WireContext},
};
use crate::{
    eventstream::{CONTENT_TYPE, put_exception},
    fault::StreamError,
};

/// Writes the documents of a model as Bedrock passes them on.
pub(super) struct Invoke {
    dialect: Box<dyn Dialect>,
    /// Values of the request that the response repeats.
    echoes: Headers,
}

impl Invoke {
    pub(super) fn new(dialect: Box<dyn Dialect>, context: WireContext<'_>) -> Self {
        let completion = context.request;
        let asked = [
            ("x-amzn-bedrock-service-tier", &completion.tier),
            (
                "x-amzn-bedrock-performanceconfig-latency",
                &completion.latency,
            ),
        ];
        let echo = |(name, value): (&'static str, &Option<String>)| Some((name, value.clone()?));
        Self {
            dialect,
            echoes: asked.into_iter().filter_map(echo).collect(),
        }
    }
}

impl Wire for Invoke {
    fn whole(&mut self, timing: Timing) -> Whole {
        let mut headers = self.dialect.whole_headers(timing);
        headers.extend(self.echoes.iter().cloned());
        headers.push(("content-type", "application/json".to_owned()));
        Whole {
            headers,
            body: to_json(&self.dialect.whole(timing)),
        }
    }

    fn whole_error(&mut self) -> Bytes {
        to_json(&self.dialect.error(StreamError::ModelStreamError, false))
    }

    fn stream_headers(&self) -> Headers {
        let mut headers = self.echoes.clone();
        headers.push(("content-type", CONTENT_TYPE.to_owned()));
        headers.push(("x-amzn-bedrock-content-type", "application/json".to_owned()));
        headers
    }

    fn token(&mut self, piece: Piece<'_>, out: &mut BytesMut) {
        self.dialect.token(piece, Framing::Chunks, out);
    }

    fn end(&mut self, timing: Timing, out: &mut BytesMut) {
        self.dialect.end(timing, Framing::Chunks, out);
    }

    fn exception(&mut self, error: StreamError, out: &mut BytesMut) {
        let (name, payload) = errors::bedrock(error);
        put_exception(out, name, &payload);
    }

    fn error_object(&mut self, out: &mut BytesMut) {
        Framing::Chunks.put(
            out,
            &self.dialect.error(StreamError::ModelStreamError, true),
        );
    }

    fn nonsense(&mut self, out: &mut BytesMut) {
        Framing::Chunks.put(out, &errors::nonsense());
    }

    fn break_off(&mut self, out: &mut BytesMut) -> Broken {
        self.exception(StreamError::ModelStreamError, out);
        Broken::WithException
    }
}
