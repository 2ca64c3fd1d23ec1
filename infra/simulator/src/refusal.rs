//! Refusals in place of an answer, as requested by the name of the target.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use bench_core::dataset::sha256_hex;

use crate::{
    failure::Failure,
    fault::{Fault, Until},
    flow,
    recorder::Recorder,
    route::{Route, Shape},
};

/// A page of the kind that stands between a client and a service.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Service unavailable</title></head>\n\
    <body><h1>Service unavailable</h1><p>Please try again later.</p></body></html>\n";

/// An answer without text of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Failure(Failure),
    /// To the same path without the fault.
    Redirect(u16),
    Html(u16),
    Empty,
}

/// Decides who is refused, and remembers who was.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// The key that HTTP protocols want, as SHA-256 in hexadecimal.
    key: Option<String>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Calls of a target that is to be not ready at first, and the first one.
    unready: HashMap<String, (u64, Instant)>,
    /// Calls of a prompt whose first calls are to fail.
    errors: HashMap<(String, String), u64>,
}

impl Refusals {
    pub(crate) fn new(api_key: Option<&str>) -> Self {
        Self {
            key: api_key.map(|key| sha256_hex(key.as_bytes())),
            counts: Mutex::default(),
        }
    }

    /// Why a model request is refused, if it is.
    pub(crate) fn of_call(
        &self,
        route: &Route,
        headers: &HeaderMap,
        prompt: &str,
    ) -> Option<Refusal> {
        let keyless = |key: &str| {
            let is_http = matches!(route.operation.shape(), Shape::Tgi | Shape::OpenAi);
            is_http && !has_key(headers, key)
        };
        if self.key.as_deref().is_some_and(keyless) {
            return Some(Refusal::Failure(Failure::Unauthorized));
        }
        route.faults.find(|fault| match fault {
            Fault::Error { status, calls } => {
                let fails = calls.is_none_or(|calls| self.is_early(route, prompt, calls));
                fails.then_some(Refusal::Failure(Failure::Requested(*status)))
            }
            Fault::Key(key) if keyless(key) => Some(Refusal::Failure(Failure::Unauthorized)),
            Fault::Quota => Some(Refusal::Failure(Failure::Quota)),
            Fault::Redirect(status) => Some(Refusal::Redirect(*status)),
            Fault::Html(status) => Some(Refusal::Html(*status)),
            Fault::Empty => Some(Refusal::Empty),
            other => self.unready(route, other).map(Refusal::Failure),
        })
    }

    /// Why a request about the server itself is refused, if it is.
    pub(crate) fn of_server(&self, route: &Route) -> Option<Failure> {
        route.faults.find(|fault| match fault {
            Fault::Error {
                status,
                calls: None,
            } => Some(Failure::Requested(*status)),
            other => self.unready(route, other),
        })
    }

    fn unready(&self, route: &Route, fault: &Fault) -> Option<Failure> {
        let (failure, until) = match fault {
            Fault::NotReady(until) => (Failure::NotReady, until),
            Fault::Cold(until) => (Failure::Cold, until),
            Fault::NoCapacity(until) => (Failure::NoCapacity, until),
            _ => return None,
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let target = counts.unready.entry(route.target.clone());
        let (calls, first) = target.or_insert_with(|| (0, Instant::now()));
        *calls += 1;
        let refuses = match until {
            Until::Calls(count) => *calls <= *count,
            Until::Time(time) => first.elapsed() < *time,
        };
        refuses.then_some(failure)
    }

    /// Whether this is one of the first calls of a prompt.
    fn is_early(&self, route: &Route, prompt: &str, calls: u64) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (route.target.clone(), prompt.to_owned());
        let count = counts.errors.entry(key).or_default();
        *count += 1;
        *count <= calls
    }
}

/// Whether the SHA-256 of the request's bearer key begins with `digest`.
fn has_key(headers: &HeaderMap, digest: &str) -> bool {
    let value = headers.get(header::AUTHORIZATION);
    let key = value
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    key.is_some_and(|key| sha256_hex(key.as_bytes()).starts_with(digest))
}

impl Refusal {
    /// The answer, written down.
    pub(crate) fn response(
        &self,
        route: &Route,
        path: &str,
        mut recorder: Recorder,
    ) -> Response<Body> {
        let (status, content_type, body) = match self {
            Self::Failure(failure) => {
                let rendered = failure.render(route.operation.shape());
                let body = rendered.body.to_string();
                recorder.failed(rendered.status.as_u16());
                return rendered.response(body.len(), flow::recorded(body.into(), recorder));
            }
            Self::Redirect(status) => (*status, "text/plain", ""),
            Self::Html(status) => (*status, "text/html", PAGE),
            Self::Empty => (200, "application/json", ""),
        };
        recorder.failed(status);
        let body = Bytes::from_static(body.as_bytes());
        let length = body.len();
        let mut response = Response::new(flow::recorded(body, recorder));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let elsewhere = path.replace("simulate-redirect", "redirected");
        if let (Self::Redirect(_), Ok(location)) = (self, HeaderValue::from_str(&elsewhere)) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}
