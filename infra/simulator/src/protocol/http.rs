//! A model server as it is, over HTTP.

use bytes::{Bytes, BytesMut};

use super::{
    errors,
    framing::Framing,
    json::to_json,
    wire::{Dialect, Headers, Piece, Timing, Whole, Wire, WireContext},
};
use crate::{fault::StreamError, route::Shape};

/// Writes the documents of a model server as they are.
pub(super) struct Http {
    dialect: Box<dyn Dialect>,
    framing: Framing,
    charset: &'static str,
}

impl Http {
    pub(super) fn new(dialect: Box<dyn Dialect>, context: WireContext<'_>) -> Self {
        // TGI writes no space behind the colon.
        let openai = context.route.operation.shape() != Shape::Tgi;
        Self {
            dialect,
            framing: Framing::of(context.faults(), false, openai),
            charset: if openai { "; charset=utf-8" } else { "" },
        }
    }
}

impl Wire for Http {
    fn whole(&mut self, timing: Timing) -> Whole {
        let mut headers = self.dialect.whole_headers(timing);
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
        let mut headers = self.dialect.stream_headers();
        let content_type = self.framing.content_type().to_owned() + self.charset;
        headers.push(("content-type", content_type));
        headers.push(("cache-control", "no-cache".to_owned()));
        headers
    }

    fn token(&mut self, piece: Piece<'_>, out: &mut BytesMut) {
        self.dialect.token(piece, self.framing, out);
    }

    fn end(&mut self, timing: Timing, out: &mut BytesMut) {
        self.dialect.end(timing, self.framing, out);
    }

    fn exception(&mut self, error: StreamError, out: &mut BytesMut) {
        self.framing.put(out, &self.dialect.error(error, true));
    }

    fn error_object(&mut self, out: &mut BytesMut) {
        self.exception(StreamError::ModelStreamError, out);
    }

    fn nonsense(&mut self, out: &mut BytesMut) {
        self.framing.put(out, &errors::nonsense());
    }
}
