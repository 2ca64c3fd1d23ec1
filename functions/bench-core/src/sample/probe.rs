//! Probes of a target: whether it answers, and whether waiting for it helps.

use super::{ErrorLayer, FinishReason, Outcome, Sample};
use crate::workflow::PROBE_INTERVAL_S;

/// So many probes in a row that fail in a way that lasts end the wait for a target.
pub const MAX_LASTING_FAILURES: usize = 3;

/// So many probes in a row that are denied end the wait for a target. They begin two
/// minutes apart: so long may AWS take to subscribe to a model at its first call, and a
/// new IAM policy to take effect everywhere.
///
/// Source: "Request access to models", Amazon Bedrock User Guide.
pub const MAX_DENIED_FAILURES: usize = 1 + 120 / PROBE_INTERVAL_S as usize;

/// Error codes of AWS services that deny access, or are about to give it, by their letters in
/// lower case: `AccessDeniedException`, in the form of OpenAI `access_denied`.
const DENIED: [&str; 4] = [
    "accessdeniedexception",
    "accessdenied",
    "accessdeniederror",
    "mpagreementbeingcreated",
];

/// Words of IAM about a role that lacks a permission, in lower case; of whichever code.
const UNAUTHORIZED: &str = "is not authorized to perform: ";

/// Words of Amazon Bedrock about a model that an account is about to get access to, in
/// lower case. They come under several error codes.
const BEING_ENABLED: [&str; 2] = ["use case details have not been submitted", "use-case form"];

/// Words of OpenAI and of Azure where a reasoning model used up its limit before its
/// first word.
const OUTPUT_LIMIT: &str = "model output limit was reached";

/// Whether waiting helps after a failed probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// The target may become ready: it is loading, busy, or not started yet.
    Passing,
    /// Access was denied, which passes where a permission or a subscription is new.
    Denied,
    /// The failure rarely passes: a name that does not resolve, a redirect, an answer in
    /// another format or without an end.
    Lasting,
    /// The target refused the request, so the next one would be refused as well.
    Final,
}

impl Persistence {
    /// Whether waiting helps after a probe that failed so.
    #[must_use]
    pub fn of(probe: &Sample) -> Self {
        match (probe.outcome, probe.error_class) {
            (Outcome::ClientError, _) if probe.is_denied() => Self::Denied,
            (Outcome::ClientError, _) => Self::Final,
            (Outcome::InvalidResponse | Outcome::StreamBroken, _) | (_, Some(ErrorLayer::Dns)) => {
                Self::Lasting
            }
            _ => Self::Passing,
        }
    }

    /// So many such failures in a row end the wait for a target; `None` of one that may
    /// always pass.
    #[must_use]
    pub fn max_in_a_row(self) -> Option<usize> {
        match self {
            Self::Passing => None,
            Self::Denied => Some(MAX_DENIED_FAILURES),
            Self::Lasting => Some(MAX_LASTING_FAILURES),
            Self::Final => Some(1),
        }
    }

    /// Whether waiting no longer helps after these failed probes, the latest one last.
    #[must_use]
    pub fn ends_wait<'a>(
        probes: impl IntoIterator<Item = &'a Sample, IntoIter: DoubleEndedIterator>,
    ) -> bool {
        let mut latest_first = probes.into_iter().rev().map(Self::of).peekable();
        let Some(most) = latest_first.peek().and_then(|kind| kind.max_in_a_row()) else {
            return false;
        };
        let kind = latest_first.peek().copied();
        latest_first
            .take_while(|other| Some(*other) == kind)
            .count()
            >= most
    }
}

/// Whether a failed call with that error code and message was denied, or is before the
/// access that its account is about to get.
#[must_use]
pub fn is_denial(code: Option<&str>, message: Option<&str>) -> bool {
    let message = message.unwrap_or_default().to_lowercase();
    let letters = |code: &str| {
        let letters = code.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    code.is_some_and(|code| DENIED.contains(&letters(code).as_str()))
        || message.contains(UNAUTHORIZED)
        || BEING_ENABLED.iter().any(|words| message.contains(words))
}

impl Sample {
    /// Whether a probe shows that its target answers: an answer that the limit of a probe cut
    /// off before its first word, as of a model that reasons first, is one, and so is a
    /// refusal to give such an answer.
    #[must_use]
    pub fn answers_probe(&self) -> bool {
        let is_cut_off = self.error_class == Some(ErrorLayer::Empty)
            && self.finish_reason == Some(FinishReason::Length);
        let message = self.error_message.as_deref().unwrap_or_default();
        let is_refused = self.outcome == Outcome::ClientError && message.contains(OUTPUT_LIMIT);
        self.is_ok() || is_cut_off || is_refused
    }

    /// Whether access was denied.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        !self.is_ok() && is_denial(self.error_code.as_deref(), self.error_message.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(outcome: Outcome, layer: ErrorLayer) -> Sample {
        Sample {
            outcome,
            error_class: Some(layer),
            ..Sample::default()
        }
    }

    fn denied(code: &str, message: &str) -> Sample {
        Sample {
            error_code: Some(code.to_owned()),
            error_message: Some(message.to_owned()),
            ..failed(Outcome::ClientError, ErrorLayer::Service)
        }
    }

    #[test]
    fn a_failure_passes_or_lasts_by_its_kind() {
        use {ErrorLayer as Layer, Persistence::*};
        for (outcome, layer, expected) in [
            (Outcome::NotReady, Layer::Connect, Passing),
            (Outcome::NotReady, Layer::Http, Passing),
            (Outcome::Throttled, Layer::Service, Passing),
            (Outcome::Timeout, Layer::Timeout, Passing),
            (Outcome::ServerError, Layer::Http, Passing),
            (Outcome::NotReady, Layer::Dns, Lasting),
            (Outcome::InvalidResponse, Layer::Parse, Lasting),
            (Outcome::InvalidResponse, Layer::Http, Lasting),
            (Outcome::StreamBroken, Layer::Stream, Lasting),
            (Outcome::ClientError, Layer::Http, Final),
        ] {
            assert_eq!(
                Persistence::of(&failed(outcome, layer)),
                expected,
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn access_that_is_denied_may_be_about_to_be_given() {
        let form = "Model use case details have not been submitted for this account. Fill out \
                    the Anthropic use case details form before using the model.";
        let marketplace = "Model access is denied due to IAM user or service role is not \
                           authorized to perform the required AWS Marketplace actions";
        for (code, message, expected) in [
            ("AccessDeniedException", marketplace, Persistence::Denied),
            ("ResourceNotFoundException", form, Persistence::Denied),
            ("access_denied", "no access to `m`", Persistence::Denied),
            ("MPAgreementBeingCreated", "wait", Persistence::Denied),
            (
                "permission_error",
                "User: arn:aws:sts::111122223333:assumed-role/r/i is not authorized to perform: \
                 bedrock-mantle:CreateInference on resource: arn",
                Persistence::Denied,
            ),
            ("ExpiredTokenException", "expired", Persistence::Final),
            (
                "ResourceNotFoundException",
                "no such endpoint",
                Persistence::Final,
            ),
            ("ValidationException", "too long", Persistence::Final),
        ] {
            assert_eq!(Persistence::of(&denied(code, message)), expected, "{code}");
        }
    }

    #[test]
    fn failures_in_a_row_end_the_wait_by_their_kind() {
        let denied = denied("AccessDeniedException", "");
        let lasting = failed(Outcome::NotReady, ErrorLayer::Dns);
        let passing = failed(Outcome::NotReady, ErrorLayer::Connect);
        let refused = failed(Outcome::ClientError, ErrorLayer::Http);
        let ends = |rows: &[(&Sample, usize)]| {
            let probes = rows.iter().flat_map(|(probe, n)| vec![*probe; *n]);
            Persistence::ends_wait(probes.collect::<Vec<_>>())
        };
        assert!(!ends(&[]) && !ends(&[(&passing, 500)]) && ends(&[(&refused, 1)]));
        assert!(!ends(&[(&lasting, 2)]) && ends(&[(&lasting, 3)]));
        assert!(!ends(&[(&lasting, 2), (&passing, 1), (&lasting, 2)]));
        assert!(!ends(&[(&denied, 8)]) && ends(&[(&denied, 9)]));
        assert!(!ends(&[(&denied, 8), (&lasting, 1), (&denied, 1)]));
        assert!(ends(&[(&denied, 2), (&refused, 1)]));
    }

    #[test]
    fn a_model_that_only_reasoned_within_the_limit_of_a_probe_answers() {
        let empty = |reason| Sample {
            outcome: Outcome::InvalidResponse,
            error_class: Some(ErrorLayer::Empty),
            finish_reason: Some(reason),
            ..Sample::default()
        };
        assert!(empty(FinishReason::Length).answers_probe());
        assert!(!empty(FinishReason::Stop).answers_probe());
        let refused = |message: &str| Sample {
            outcome: Outcome::ClientError,
            error_message: Some(message.to_owned()),
            ..Sample::default()
        };
        let limit = "Could not finish the message because max_tokens or model output limit was \
                     reached. Please try again with higher max_tokens.";
        assert!(refused(limit).answers_probe());
        assert!(!refused("max_tokens is not supported").answers_probe());
    }
}
