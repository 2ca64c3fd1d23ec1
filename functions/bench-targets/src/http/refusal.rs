//! Failure of a call from an HTTP exchange that went wrong.

use std::{error::Error, io, time::Duration};

use bench_core::sample::{ErrorLayer, Outcome};
use reqwest::{
    Response, StatusCode,
    header::{DATE, HeaderName, LOCATION, RETRY_AFTER},
};
use tokio::time::timeout;

use super::whole_body::WholeBody;
use crate::{
    aws::outcome_of_refusal,
    dialect::{ServiceError, read_json},
    failure::{Failure, error_chain, outcome_of_status},
    retry_after::{retry_after, retry_after_ms},
    stopwatch::Stopwatch,
    stream::consume,
};

/// The most bytes of an error's body that are read.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Headers of Azure that ask for a wait in milliseconds.
const RETRY_AFTER_MS: [&str; 2] = ["retry-after-ms", "x-ms-retry-after-ms"];

/// How long the body of an error is waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Who answers over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A server that serves its model itself.
    Server,
    /// A service of AWS in front of models, which names its errors in a header as well.
    Aws,
}

/// No answer came.
pub(super) fn of_sending(error: reqwest::Error) -> Failure {
    // Without the URL: a report may be shown to more people than a network.
    let error = error.without_url();
    let words = error_chain(&error);
    if error.is_dns() {
        return Failure::new(Outcome::NotReady, ErrorLayer::Dns, words);
    }
    // The only time limit of the client is the one on connecting.
    if error.is_connect() || error.is_timeout() {
        return Failure::new(Outcome::NotReady, ErrorLayer::Connect, words);
    }
    if error.is_builder() {
        return Failure::new(Outcome::ClientError, ErrorLayer::Http, words);
    }
    Failure::new(Outcome::ServerError, ErrorLayer::Http, words)
}

/// An answer began and broke off, or is not encoded as it says.
pub(super) fn of_reading(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let words = error_chain(&error);
    // Connections fail with errors of their own; only decoders fail with this one.
    let of_decoder = error.source().and_then(|cause| cause.downcast_ref());
    match of_decoder.map(io::Error::kind) {
        Some(kind) if kind != io::ErrorKind::UnexpectedEof => Failure::invalid(words),
        _ => Failure::broken(words),
    }
}

/// An answer is encoded in a way that is not known.
pub(super) fn of_encoding(encoding: &str) -> Failure {
    Failure::invalid(format!(
        "the answer is encoded as `{encoding}`, expected `identity`, `gzip`, `deflate`, `br` or \
         `zstd`; have the server leave it as it is"
    ))
}

/// The server answered with an error.
pub(super) async fn of_answer(
    response: Response,
    origin: Origin,
    watch: &mut Stopwatch,
) -> Failure {
    let status = response.status();
    let headers = response.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let millis = RETRY_AFTER_MS
        .into_iter()
        .find_map(|name| retry_after_ms(text(HeaderName::from_static(name))?));
    let wait = millis.or_else(|| retry_after(text(RETRY_AFTER)?, text(DATE)));
    let name = text(HeaderName::from_static("x-amzn-errortype")).and_then(error_name);
    let target = headers.get(LOCATION).filter(|_| status.is_redirection());
    let target = target.map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
    let mut body = WholeBody::new(MAX_BODY_BYTES);
    // As much of it as can be had: the status is known.
    let _ = timeout(
        BODY_TIMEOUT,
        consume(
            response.bytes_stream(),
            watch,
            |bytes, _| body.push(&bytes),
            |error, _| of_reading(error),
        ),
    )
    .await;
    let (code, message) = words(&String::from_utf8_lossy(body.bytes()));
    let message = match (target, message.is_empty()) {
        (Some(target), true) => redirected(status, &target),
        (Some(target), false) => format!("{}; {message}", redirected(status, &target)),
        (None, true) => format!("HTTP {status}"),
        (None, false) => message,
    };
    let code = name.filter(|_| origin == Origin::Aws).or(code);
    let outcome = match (origin, status.as_u16()) {
        (Origin::Aws, status) => outcome_of_refusal(code.as_deref(), status, &message),
        // A server that is loading its model says that it is not available yet.
        (Origin::Server, 503) => Outcome::NotReady,
        (Origin::Server, other) => outcome_of_status(other),
    };
    let layer = match (outcome, origin) {
        (Outcome::Timeout, _) => ErrorLayer::Timeout,
        (_, Origin::Aws) => ErrorLayer::Service,
        (_, Origin::Server) => ErrorLayer::Http,
    };
    Failure::new(outcome, layer, message)
        .with_status(Some(status.as_u16()))
        .with_code(code)
        .with_retry_after(wait)
}

/// The name of an error in the header of AWS: `…#Name:http://…`.
fn error_name(header: &str) -> Option<String> {
    let name = header.split(':').next()?.rsplit('#').next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Redirects are not followed, since the way would be a part of the time.
fn redirected(status: StatusCode, target: &str) -> String {
    format!(
        "HTTP {status} redirects to `{target}`, expected an answer; set `url` to where it leads"
    )
}

/// Code and message of an error's body, in the forms that servers use.
fn words(body: &str) -> (Option<String>, String) {
    let error = read_json(body, |root| ServiceError::of_message(root, body));
    match error.ok().flatten() {
        Some(error) => (error.code, error.message),
        None => (None, body.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_an_error_body_are_known() {
        let check = |body, code: Option<&str>, message| {
            assert_eq!(
                words(body),
                (code.map(str::to_owned), String::from(message)),
                "{body}"
            );
        };
        check(
            r#"{"error":"Model is overloaded","error_type":"overloaded"}"#,
            Some("overloaded"),
            "Model is overloaded",
        );
        check(
            r#"{"error":{"message":"no such model","type":"NotFound","code":404}}"#,
            Some("NotFound"),
            "no such model",
        );
        check(
            r#"{"object":"error","message":"too long","type":"BadRequest","code":400}"#,
            Some("BadRequest"),
            "too long",
        );
        check(
            r#"[{"error":{"code":400,"message":"no such field","status":"INVALID_ARGUMENT"}}]"#,
            Some("INVALID_ARGUMENT"),
            "no such field",
        );
        check("<html>busy</html>\n", None, "<html>busy</html>");
        check("", None, "");
    }
}
