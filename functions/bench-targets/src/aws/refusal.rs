//! How refusals of AWS services are counted, through whichever API they come.

use bench_core::sample::Outcome;

use crate::failure::{outcome_of_code, outcome_of_status};

/// How a refusal is counted by its code, its status and its words.
pub(crate) fn outcome_of_refusal(code: Option<&str>, status: u16, message: &str) -> Outcome {
    outcome_of(code, status, quoted_status(message), message)
}

/// The status of a container, as SageMaker quotes it where it has no field for it:
/// `Received client error (422) from primary with message …`.
fn quoted_status(message: &str) -> Option<u64> {
    let quoted = message.strip_prefix("Received ")?.split_once(" error (")?.1;
    quoted.split(')').next()?.parse().ok()
}

/// The same, with the status of the container behind SageMaker where it says one.
pub(super) fn outcome_of(
    code: Option<&str>,
    status: u16,
    by_container: Option<u64>,
    message: &str,
) -> Outcome {
    is_without_capacity(message)
        .then_some(Outcome::NotReady)
        .or_else(|| code.and_then(outcome_of_code))
        .or_else(|| in_container(by_container, message))
        .unwrap_or_else(|| outcome_of_status(status))
}

/// An inference component that has been scaled to zero is a `ValidationError` to
/// SageMaker, in these words, until its first copy is up.
fn is_without_capacity(message: &str) -> bool {
    message.contains("has no capacity to process this request")
}

/// SageMaker hides the status of the container behind its own `ModelError`.
fn in_container(status: Option<u64>, message: &str) -> Option<Outcome> {
    // What it says when the container took longer than the 60 s it is given.
    if message.contains("invocation timed out") {
        return Some(Outcome::Timeout);
    }
    u16::try_from(status?)
        .ok()
        .filter(|status| *status >= 400)
        .map(outcome_of_status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_s_status_counts_where_the_service_only_quotes_it() {
        let quoted = |status: u16| {
            format!("Received client error ({status}) from primary with message \"no\"")
        };
        for (status, outcome) in [
            (422, Outcome::ClientError),
            (429, Outcome::Throttled),
            (500, Outcome::ServerError),
            (0, Outcome::ServerError),
        ] {
            let seen = outcome_of_refusal(Some("ModelError"), 424, &quoted(status));
            assert_eq!(seen, outcome, "{status}");
        }
        let message = "Inference Component has no capacity to process this request.";
        assert_eq!(outcome_of_refusal(None, 400, message), Outcome::NotReady);
        let loading = outcome_of_refusal(Some("ModelNotReadyException"), 429, "wait");
        assert_eq!(loading, Outcome::NotReady);
        assert_eq!(outcome_of_refusal(None, 503, "later"), Outcome::ServerError);
    }
}
