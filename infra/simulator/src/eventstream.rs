//! Frames of `application/vnd.amazon.eventstream`.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Bytes, BytesMut};
use serde::Serialize;

use crate::protocol::json::to_json;

/// The content type of a stream of frames.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// Adds an event with a JSON payload.
pub(crate) fn put_event(out: &mut BytesMut, event: &'static str, payload: &impl Serialize) {
    let payload = to_json(payload);
    put(
        out,
        [("message-type", "event"), ("event-type", event)],
        "application/json",
        payload,
    );
}

/// Adds an event whose payload is bytes as they are.
pub(crate) fn put_bytes(out: &mut BytesMut, event: &'static str, payload: Bytes) {
    let headers = [("message-type", "event"), ("event-type", event)];
    put(out, headers, "application/octet-stream", payload);
}

/// Adds an exception, which ends the stream.
pub(crate) fn put_exception(out: &mut BytesMut, exception: &'static str, payload: &impl Serialize) {
    let payload = to_json(payload);
    let headers = [("message-type", "exception"), ("exception-type", exception)];
    put(out, headers, "application/json", payload);
}

fn put(
    out: &mut BytesMut,
    headers: [(&'static str, &'static str); 2],
    content_type: &'static str,
    payload: Bytes,
) {
    let header = |name: &str, value: &'static str| {
        Header::new(format!(":{name}"), HeaderValue::String(value.into()))
    };
    let [kind, name] = headers;
    let message = Message::new(payload)
        .add_header(header(kind.0, kind.1))
        .add_header(header(name.0, name.1))
        .add_header(header("content-type", content_type));
    if let Err(error) = write_message_to(&message, out) {
        // Only a frame of more than 16 MB has no encoding.
        tracing::error!(%error, "a frame is too large and was left out");
    }
}

/// Spoils the checksum of the last frame of `out`.
pub(crate) fn spoil_checksum(out: &mut BytesMut) {
    if let Some(last) = out.last_mut() {
        *last ^= 0xFF;
    }
}
