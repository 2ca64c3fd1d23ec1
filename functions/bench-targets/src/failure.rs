//! A call that went wrong, as a value: what happened, in which layer, in whose
//! words.

use std::{error::Error, time::Duration};

use bench_core::sample::{ErrorLayer, Outcome};

/// The most characters a failure's message keeps.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// The fewest bytes at the end of a message that are taken for the start of a secret.
const MIN_SECRET_BYTES: usize = 12;

/// A call that gave no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the call is counted.
    pub outcome: Outcome,
    /// HTTP status, where an answer came at all.
    pub http_status: Option<u16>,
    /// The layer that failed.
    pub class: ErrorLayer,
    /// The service's own error code, such as `ThrottlingException`.
    pub code: Option<String>,
    /// Text of the fault for a person, at most 1,000 characters.
    pub message: String,
    /// How long the service asked to wait before a further attempt.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure without status and code.
    pub fn new(outcome: Outcome, class: ErrorLayer, message: impl AsRef<str>) -> Self {
        let message = message
            .as_ref()
            .trim()
            .chars()
            .take(MAX_MESSAGE_CHARS)
            .collect();
        Self {
            outcome,
            http_status: None,
            class,
            code: None,
            message,
            retry_after: None,
        }
    }

    /// The answer cannot be understood.
    pub(crate) fn invalid(message: impl AsRef<str>) -> Self {
        Self::new(Outcome::InvalidResponse, ErrorLayer::Parse, message)
    }

    /// The answer began and broke off.
    pub(crate) fn broken(message: impl AsRef<str>) -> Self {
        Self::new(Outcome::StreamBroken, ErrorLayer::Stream, message)
    }

    /// An error that was sent within a stream: counted by its kind as long as
    /// no token had come, else as a broken stream.
    pub(crate) fn in_stream(
        by_kind: Outcome,
        has_tokens: bool,
        code: Option<String>,
        message: impl AsRef<str>,
    ) -> Self {
        let failure = if has_tokens {
            Self::broken(message)
        } else {
            Self::new(by_kind, ErrorLayer::Service, message)
        };
        failure.with_code(code)
    }

    /// The same failure without a secret that somebody repeated.
    #[must_use]
    pub(crate) fn without(mut self, secret: &str) -> Self {
        for text in [&mut self.message].into_iter().chain(&mut self.code) {
            *text = text.replace(secret, "[key]");
            // A message may have been cut off within it.
            let cut_off = (MIN_SECRET_BYTES..secret.len()).rev();
            let mut starts = cut_off.filter_map(|length| secret.get(..length));
            if let Some(start) = starts.find(|start| text.ends_with(start)) {
                text.truncate(text.len() - start.len());
                text.push_str("[key]");
            }
        }
        self
    }

    /// The same failure with what may have been its reason.
    #[must_use]
    pub(crate) fn because(self, reason: &str) -> Self {
        let message = format!("{}; {reason}", self.message);
        let message = message.chars().take(MAX_MESSAGE_CHARS).collect();
        Self { message, ..self }
    }

    #[must_use]
    pub(crate) fn with_status(mut self, status: Option<u16>) -> Self {
        self.http_status = status.or(self.http_status);
        self
    }

    #[must_use]
    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    #[must_use]
    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.code = code.map(|code| code.chars().take(200).collect());
        self
    }
}

/// How an HTTP status that is no success is counted.
pub(crate) fn outcome_of_status(status: u16) -> Outcome {
    match status {
        429 => Outcome::Throttled,
        408 | 504 => Outcome::Timeout,
        // 424: the model behind the service failed; the request was in order.
        424 | 500.. => Outcome::ServerError,
        400..=499 => Outcome::ClientError,
        _ => Outcome::InvalidResponse,
    }
}

/// How an AWS error code is counted; `None` leaves it to the HTTP status.
pub(crate) fn outcome_of_code(code: &str) -> Option<Outcome> {
    match code {
        "ThrottlingException" | "TooManyRequestsException" | "Throttling" => {
            Some(Outcome::Throttled)
        }
        "ModelNotReadyException" => Some(Outcome::NotReady),
        "ModelTimeoutException" | "ModelInvocationTimeExceeded" => Some(Outcome::Timeout),
        "ValidationException"
        | "ValidationError"
        | "AccessDeniedException"
        | "ResourceNotFoundException" => Some(Outcome::ClientError),
        "InternalServerException"
        | "InternalFailure"
        | "InternalDependencyException"
        | "InternalStreamFailure"
        | "ModelErrorException"
        | "ModelStreamErrorException"
        | "ModelStreamError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Some(Outcome::ServerError),
        _ => None,
    }
}

/// An error and its causes in one line.
pub(crate) fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    for cause in causes(error).skip(1) {
        let cause = cause.to_string();
        if !words.ends_with(&cause) {
            words.push_str(": ");
            words.push_str(&cause);
        }
    }
    words
}

/// The error itself and what caused it, outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_counted_by_who_is_at_fault() {
        let check = |status, expected| assert_eq!(outcome_of_status(status), expected, "{status}");
        check(429, Outcome::Throttled);
        check(408, Outcome::Timeout);
        check(504, Outcome::Timeout);
        check(424, Outcome::ServerError);
        check(422, Outcome::ClientError);
        check(403, Outcome::ClientError);
        check(500, Outcome::ServerError);
        check(530, Outcome::ServerError);
        check(302, Outcome::InvalidResponse);
    }

    #[test]
    fn a_secret_is_hidden_even_where_the_message_ends_within_it() {
        let secret = "bedrock-api-key-".to_owned() + &"x".repeat(2_000);
        for message in [
            format!("the token {secret} has expired"),
            format!("the token {secret}"),
        ] {
            let failure = Failure::invalid(message).without(&secret);
            assert!(!failure.message.contains("bedrock-api-key"), "{failure:?}");
            assert!(
                failure.message.starts_with("the token [key]"),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn messages_are_bounded_in_characters() {
        let failure = Failure::invalid("é".repeat(5_000));
        assert_eq!(failure.message.chars().count(), 1_000);
    }

    #[test]
    fn an_error_in_a_stream_counts_by_its_kind_only_before_the_first_token() {
        let code = || Some("ThrottlingException".to_owned());
        let before = Failure::in_stream(Outcome::Throttled, false, code(), "slow down");
        assert_eq!(
            (before.outcome, before.class),
            (Outcome::Throttled, ErrorLayer::Service)
        );
        let after = Failure::in_stream(Outcome::Throttled, true, code(), "slow down");
        assert_eq!(
            (after.outcome, after.class),
            (Outcome::StreamBroken, ErrorLayer::Stream)
        );
        assert_eq!(after.code, code());
    }
}
