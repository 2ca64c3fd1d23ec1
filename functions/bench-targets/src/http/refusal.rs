//! Failure of a call from an HTTP exchange that went wrong.

use bench_core::sample::{ErrorLayer, Outcome};
use reqwest::Response;

use crate::{
    dialect::{ServiceError, read_json},
    failure::{Failure, error_chain, outcome_of_status},
};

/// The most bytes of an error's body that are read.
const MAX_BODY_BYTES: usize = 64 * 1024;

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

/// An answer began and broke off.
pub(super) fn of_reading(error: reqwest::Error) -> Failure {
    Failure::broken(error_chain(&error.without_url()))
}

/// The server answered with an error.
pub(super) async fn of_answer(mut response: Response) -> Failure {
    let status = response.status();
    let mut body = Vec::new();
    while body.len() < MAX_BODY_BYTES
        && let Ok(Some(bytes)) = response.chunk().await
    {
        body.extend_from_slice(&bytes);
    }
    let (code, message) = words(&String::from_utf8_lossy(&body));
    let message = if message.is_empty() {
        format!("HTTP {status}")
    } else {
        message
    };
    // A server that is loading its model says that it is not available yet.
    let outcome = match status.as_u16() {
        503 => Outcome::NotReady,
        other => outcome_of_status(other),
    };
    let layer = if outcome == Outcome::Timeout {
        ErrorLayer::Timeout
    } else {
        ErrorLayer::Http
    };
    Failure::new(outcome, layer, message)
        .with_status(Some(status.as_u16()))
        .with_code(code)
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
        check("<html>busy</html>\n", None, "<html>busy</html>");
        check("", None, "");
    }
}
