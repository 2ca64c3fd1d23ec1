//! What a probe tells of a target: whether it answers, and whether waiting for it helps.

use super::{ErrorLayer, FinishReason, Outcome, Sample};

/// So many probes in a row that fail in a way that lasts end the wait for a target.
pub const MAX_LASTING_FAILURES: usize = 3;

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
    /// off before its first word, as of a model that reasons first, is one.
    #[must_use]
    pub fn answers_probe(&self) -> bool {
        let is_cut_off = self.error_class == Some(ErrorLayer::Empty)
            && self.finish_reason == Some(FinishReason::Length);
        self.is_ok() || is_cut_off
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
    }
}
