//! SageMaker's `InvokeEndpoint` operations in front of a container.
//!
//! The service forwards a container's stream in parts that know nothing of
//! lines and characters. Here what is due at the same time is cut into parts at
//! random, so that a careless client stumbles sooner or later: inside a
//! character, inside a line, between the two line ends that end an event.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    errors,
    framing::Framing,
    json::to_json,
    request::Format,
    wire::{Broken, Dialect, Headers, Piece, Timing, Whole, Wire, WireContext},
};
use crate::{
    answer::Answer,
    eventstream::{CONTENT_TYPE, put_bytes, put_exception},
    fault::{Fault, StreamError},
};

/// Writes the answers of an endpoint.
pub(super) struct SageMaker {
    dialect: Box<dyn Dialect>,
    framing: Framing,
    answer: Arc<Answer>,
    /// Whether the container was asked for a stream: decided by the body,
    /// independent of the operation.
    stream: bool,
    /// Whether an answer in one piece stands in an array.
    array: bool,
    variant: String,
    /// Where the parts are cut.
    rng: ChaCha8Rng,
    /// Bytes of the container that are not sent yet.
    held: BytesMut,
}

impl SageMaker {
    pub(super) fn new(
        dialect: Box<dyn Dialect>,
        answer: Arc<Answer>,
        context: WireContext<'_>,
    ) -> Self {
        let lmi = context.route.is_lmi();
        let generates = matches!(context.request.format, Format::Tgi | Format::Lmi);
        Self {
            dialect,
            framing: Framing::of(context.faults(), lmi, !generates),
            answer,
            stream: context.request.stream,
            array: generates && (!lmi || context.faults().has(&Fault::Sse)),
            variant: context.request.variant.clone(),
            rng: ChaCha8Rng::seed_from_u64(context.seed ^ context.sequence),
            held: BytesMut::new(),
        }
    }

    fn container_body(&mut self, timing: Timing) -> Bytes {
        if !self.stream {
            let whole = self.dialect.whole(timing);
            return if self.array {
                to_json(&[whole])
            } else {
                to_json(&whole)
            };
        }
        let mut events = BytesMut::new();
        for (index, token) in self.answer.tokens.iter().enumerate() {
            let last = index + 1 == self.answer.tokens.len();
            let piece = Piece { token, index, last };
            self.dialect.token(piece, self.framing, &mut events);
        }
        self.dialect.end(timing, self.framing, &mut events);
        events.freeze()
    }

    fn content_type(&self) -> String {
        if self.stream {
            self.framing.content_type()
        } else {
            "application/json"
        }
        .to_owned()
    }
}

impl Wire for SageMaker {
    fn whole(&mut self, timing: Timing) -> Whole {
        let headers = vec![
            ("content-type", self.content_type()),
            ("x-amzn-invoked-production-variant", self.variant.clone()),
        ];
        Whole {
            headers,
            body: self.container_body(timing),
        }
    }

    fn whole_error(&mut self) -> Bytes {
        to_json(&self.dialect.error(StreamError::ModelStreamError, false))
    }

    fn stream_headers(&self) -> Headers {
        vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-amzn-sagemaker-content-type", self.content_type()),
            ("x-amzn-invoked-production-variant", self.variant.clone()),
        ]
    }

    fn token(&mut self, piece: Piece<'_>, _out: &mut BytesMut) {
        if self.stream {
            self.dialect.token(piece, self.framing, &mut self.held);
        }
    }

    fn end(&mut self, timing: Timing, _out: &mut BytesMut) {
        if self.stream {
            self.dialect.end(timing, self.framing, &mut self.held);
        } else {
            let body = self.container_body(timing);
            self.held.extend_from_slice(&body);
        }
    }

    fn exception(&mut self, error: StreamError, out: &mut BytesMut) {
        self.flush(out);
        let (name, payload) = errors::sagemaker(error);
        put_exception(out, name, &payload);
    }

    fn error_object(&mut self, _out: &mut BytesMut) {
        let error = self.dialect.error(StreamError::ModelStreamError, true);
        self.framing.put(&mut self.held, &error);
    }

    fn nonsense(&mut self, _out: &mut BytesMut) {
        self.framing.put(&mut self.held, &errors::nonsense());
    }

    fn break_off(&mut self, out: &mut BytesMut) -> Broken {
        self.exception(StreamError::ModelStreamError, out);
        Broken::WithException
    }

    fn flush(&mut self, out: &mut BytesMut) {
        let mut rest = self.held.split().freeze();
        while !rest.is_empty() {
            let part = rest.split_to(cut(&mut self.rng, &rest));
            put_bytes(out, "PayloadPart", part);
        }
    }
}

/// How long the next part is, of what is left: at random all of it, any share,
/// or up to the middle of the next character of several bytes.
fn cut(rng: &mut ChaCha8Rng, left: &[u8]) -> usize {
    let character = left.iter().position(|byte| !byte.is_ascii());
    match (rng.random_range(0..4), character) {
        (0 | 1, Some(first_byte)) => first_byte + 1,
        (0 | 2, _) => rng.random_range(1..=left.len()),
        _ => left.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_inside_characters_and_lines_and_never_empty() {
        let line = "data:{\"text\":\"é\"}\n\n";
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let cuts: Vec<usize> = (0..2_000).map(|_| cut(&mut rng, line.as_bytes())).collect();
        assert!(cuts.iter().all(|cut| (1..=line.len()).contains(cut)));
        assert!(cuts.iter().any(|cut| !line.is_char_boundary(*cut)));
        assert!(cuts.contains(&(line.len() - 1)) && cuts.contains(&line.len()));
    }
}
