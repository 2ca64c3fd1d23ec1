//! Responses made of their parts.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{
    fault::{Fault, Faults},
    flow::Outgoing,
    protocol::Headers,
    route::Unrouted,
};

/// The response to a model call that is answered.
pub(crate) fn respond_with(outgoing: Outgoing, faults: &Faults) -> Response<Body> {
    let mut response = with_headers(outgoing.body, outgoing.headers);
    let headers = response.headers_mut();
    if let Some(length) = outgoing.length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if faults.has(&Fault::ContentType) {
        let wrong = HeaderValue::from_static("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, wrong);
    }
    response
}

/// The response to a request that no protocol has.
pub(crate) fn unrouted_response(unrouted: Unrouted) -> Response<Body> {
    let (status, message) = match unrouted {
        Unrouted::NoSuchPath => (StatusCode::NOT_FOUND, "no simulated protocol has this path"),
        Unrouted::NoSuchMethod => (
            StatusCode::METHOD_NOT_ALLOWED,
            "this path takes another method",
        ),
    };
    let mut response = json_response(&json!({"error": message}));
    *response.status_mut() = status;
    response
}

/// A response in JSON with the status 200.
pub(crate) fn json_response(body: &Value) -> Response<Body> {
    let headers = vec![("content-type", "application/json".to_owned())];
    with_headers(Body::from(body.to_string()), headers)
}

fn with_headers(body: Body, headers: Headers) -> Response<Body> {
    let mut response = Response::new(body);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
