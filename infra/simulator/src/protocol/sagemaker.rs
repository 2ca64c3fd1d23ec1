//! SageMaker's `InvokeEndpoint` operations in front of a TGI container.
//!
//! The service forwards a container's stream in parts that know nothing of
//! lines and characters. Here parts are cut on purpose where a careless client
//! would stumble: inside a character, inside a line, and between the two line
//! ends that end an event.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::json;

use super::{Ask, Broken, Headers, Timing, Whole, Wire, tgi::Tgi};
use crate::{
    answer::Answer,
    eventstream::{CONTENT_TYPE, put_bytes, put_exception},
};

/// Writes the answers of an endpoint.
pub(super) struct SageMaker {
    tgi: Tgi,
    tokens: usize,
    /// Whether the container was asked for a stream: a question of the body,
    /// independent of the operation.
    stream: bool,
}

impl SageMaker {
    pub(super) fn new(answer: Arc<Answer>, ask: &Ask) -> Self {
        let tokens = answer.tokens.len();
        Self {
            tgi: Tgi::new(answer, ask),
            tokens,
            stream: ask.stream,
        }
    }

    fn container_body(&mut self) -> Bytes {
        if !self.stream {
            return Bytes::from(json!([self.tgi.object()]).to_string());
        }
        let mut events = BytesMut::new();
        for place in 0..self.tokens {
            self.tgi.token(place, &mut events);
        }
        events.freeze()
    }

    fn content_type(&self) -> String {
        if self.stream {
            "text/event-stream"
        } else {
            "application/json"
        }
        .to_owned()
    }
}

impl Wire for SageMaker {
    fn whole(&mut self, _timing: Timing) -> Whole {
        let headers = vec![
            ("content-type", self.content_type()),
            ("x-amzn-invoked-production-variant", "AllTraffic".to_owned()),
        ];
        Whole {
            headers,
            body: self.container_body(),
        }
    }

    fn stream_headers(&self) -> Headers {
        vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-amzn-sagemaker-content-type", self.content_type()),
            ("x-amzn-invoked-production-variant", "AllTraffic".to_owned()),
        ]
    }

    fn token(&mut self, place: usize, out: &mut BytesMut) {
        if !self.stream {
            return;
        }
        let mut event = BytesMut::new();
        self.tgi.token(place, &mut event);
        let mut rest = event.freeze();
        if let Some(cut) = cut_of(place, &rest) {
            put_bytes(out, "PayloadPart", rest.split_to(cut));
        }
        put_bytes(out, "PayloadPart", rest);
    }

    fn end(&mut self, _timing: Timing, out: &mut BytesMut) {
        if !self.stream {
            let body = self.container_body();
            put_bytes(out, "PayloadPart", body);
        }
    }

    fn exception(&mut self, out: &mut BytesMut) -> Broken {
        put_exception(
            out,
            "ModelStreamError",
            &json!({
                "Message": "the container broke off in the middle of its answer, as the path asks for",
                "ErrorCode": "StreamBroken",
            }),
        );
        Broken::InWords
    }
}

/// Where to cut the event of a token in two, if at all.
fn cut_of(place: usize, event: &[u8]) -> Option<usize> {
    let character = event.iter().position(|byte| !byte.is_ascii());
    match (character, place % 4) {
        (Some(first_byte), _) => Some(first_byte + 1),
        (None, 0) => Some(event.len() / 2),
        (None, 1) => Some(event.len() - 1),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut_inside_characters_lines_and_line_ends() {
        let event = "data:{\"text\":\"é\"}\n\n";
        let cut = cut_of(2, event.as_bytes()).unwrap();
        assert!(!event.is_char_boundary(cut));
        let event = b"data:{}\n\n";
        assert_eq!(cut_of(0, event), Some(4));
        assert_eq!(&event[cut_of(1, event).unwrap()..], b"\n");
        assert_eq!(cut_of(2, event), None);
    }
}
