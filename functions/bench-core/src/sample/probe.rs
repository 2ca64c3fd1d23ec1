//! What a probe tells of a target: whether it answers, and whether waiting for it helps.

use super::{ErrorLayer, FinishReason, Outcome, Sample};

/// So many probes in a row that fail in a way that lasts end the wait for a target.
pub const MAX_LASTING_FAILURES: usize = 3;

/// Words of OpenAI and of Azure where a reasoning model used up its limit before its
/// first word.
const OUTPUT_LIMIT: &str = "model output limit was reached";

/// Whether waiting helps after a failed probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// The target may become ready: it is loading, busy, or not started yet.
    Passing,
    /// The failure rarely passes: a name that does not resolve, a redirect, an answer in
    /// another format or without an end.
    Lasting,
    /// The target refused the request, so the next one would be refused as well.
    Final,
}

impl Persistence {
    /// Whether waiting helps after a call that failed so.
    #[must_use]
    pub fn of(outcome: Outcome, layer: Option<ErrorLayer>) -> Self {
        match (outcome, layer) {
            (Outcome::ClientError, _) => Self::Final,
            (Outcome::InvalidResponse | Outcome::StreamBroken, _) | (_, Some(ErrorLayer::Dns)) => {
                Self::Lasting
            }
            _ => Self::Passing,
        }
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Persistence::of(outcome, Some(layer)),
                expected,
                "{outcome:?}"
            );
        }
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
