//! How a call with a fault is to end, by the meaning of the fault.

use bench_core::{
    config::BedrockRequest,
    sample::Outcome::{self, *},
};

use crate::kinds::{Kind, Request};

/// The outcomes that name a fault. Where the bytes allow two readings, as a
/// document that ends too early does, either is right.
pub(crate) fn outcomes(kind: Kind, fault: &str) -> &'static [Outcome] {
    let fault = fault.strip_prefix("simulate-").unwrap_or(fault);
    let is = |name: &str| fault.starts_with(name);
    if is("error-503") {
        // A server of one's own says so while it loads its model.
        return if kind.is_http() {
            &[NotReady]
        } else {
            &[ServerError]
        };
    }
    if is("not-ready") {
        return if kind.is_sagemaker() {
            &[ServerError]
        } else {
            &[NotReady]
        };
    }
    if is("cold") || is("no-capacity") {
        return &[NotReady];
    }
    if is("quota") {
        return if kind.is_bedrock() {
            &[ClientError]
        } else {
            &[Throttled]
        };
    }
    if is("key") {
        return if kind.is_http() {
            &[ClientError]
        } else {
            &[Ok]
        };
    }
    if is("nonsense") && kind.stream {
        // A kind of event that the client does not know, among those that it does.
        return &[Ok];
    }
    if is("garbage") && kind.stream && !kind.is_in_frames() {
        // A line that is not a field is passed over, as the standard of server-sent events
        // has it; the answer around it is whole.
        return &[Ok];
    }
    if is("invalid-utf8") && !kind.is_converse() {
        // Bytes that are not a character are replaced.
        return &[Ok];
    }
    if is("redirect") || is("html") || is("nonsense") || is("invalid-utf8") || is("bad-crc") {
        return &[InvalidResponse];
    }
    if is("empty-deltas") {
        return &[Ok];
    }
    if is("empty") || is("garbage") || is("truncate") {
        return &[InvalidResponse, StreamBroken];
    }
    if is("content-type") {
        return if kind.stream && kind.is_in_frames() {
            &[InvalidResponse]
        } else {
            &[Ok]
        };
    }
    if is("silence") {
        return &[Timeout];
    }
    if is("endless") {
        return &[Timeout, InvalidResponse];
    }
    if is("close") || is("reset") || is("break") || is("no-end") || is("exception") {
        return &[StreamBroken];
    }
    if is("error-object") {
        return error_object(kind);
    }
    if is("old-import") {
        return match kind.request {
            Request::Bedrock(BedrockRequest::OpenAiChat | BedrockRequest::OpenAiCompletion) => {
                &[ClientError, InvalidResponse]
            }
            _ => &[Ok],
        };
    }
    // What good servers differ in.
    &[Ok]
}

/// The Llama body and Converse in one piece have no place for an error.
fn error_object(kind: Kind) -> &'static [Outcome] {
    match kind.request {
        Request::Bedrock(BedrockRequest::Llama | BedrockRequest::Converse) if !kind.stream => {
            &[InvalidResponse]
        }
        _ if kind.stream => &[StreamBroken],
        _ => &[ServerError, StreamBroken],
    }
}
