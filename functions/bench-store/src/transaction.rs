//! The reasons why DynamoDB cancels a transaction, and the next step after each.

use std::time::Duration;

use aws_sdk_dynamodb::{error::SdkError, operation::transact_write_items::TransactWriteItemsError};

/// The first wait before a transaction is tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest wait before a transaction is tried again; the last one.
const MAX_PAUSE: Duration = Duration::from_secs(3);

/// Reasons that pass: another transaction wrote the same item just then, or the
/// table is asked for more than it gives at once.
const TRANSIENT: [&str; 4] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
];

/// The codes of errors of a single write that pass.
const TRANSIENT_ERRORS: [&str; 5] = [
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
];

const CONDITION: &str = "ConditionalCheckFailed";

/// The outcome of a transaction that was canceled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cancellation {
    /// The same transaction may succeed a moment later.
    Transient,
    /// The conditions of these writes do not hold, by their position.
    Conditions(Vec<usize>),
}

impl Cancellation {
    /// `None` of an error that is of another kind.
    pub(crate) fn of(error: &SdkError<TransactWriteItemsError>) -> Option<Self> {
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
            error.as_service_error()
        else {
            return None;
        };
        let codes = canceled.cancellation_reasons().iter();
        Self::of_codes(codes.map(|reason| reason.code().unwrap_or("None")))
    }

    /// A condition is judged once nothing transient stands beside it.
    fn of_codes<'a>(codes: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut conditions = Vec::new();
        let mut is_transient = false;
        for (at, code) in codes.enumerate() {
            match code {
                "None" => {}
                CONDITION => conditions.push(at),
                code if TRANSIENT.contains(&code) => is_transient = true,
                _ => return None,
            }
        }
        if is_transient {
            Some(Self::Transient)
        } else {
            (!conditions.is_empty()).then_some(Self::Conditions(conditions))
        }
    }
}

/// Whether a single write that failed with this code may succeed a moment later.
pub(crate) fn is_transient(code: &str) -> bool {
    TRANSIENT_ERRORS.contains(&code)
}

/// Waits between tries, each twice as long as the one before and by chance
/// between a half and the whole of it.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Backoff {
    /// Waits; `false`, at once, when it has waited often enough.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.0 > MAX_PAUSE {
            return false;
        }
        tokio::time::sleep(self.0.mul_f64(rand::random_range(0.5..1.0))).await;
        self.0 *= 2;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codes: &[&str]) -> Option<Cancellation> {
        Cancellation::of_codes(codes.iter().copied())
    }

    #[test]
    fn a_conflict_or_a_throttled_write_is_tried_again_whatever_stands_beside_it() {
        for codes in [
            &["None", "TransactionConflict"][..],
            &["ThrottlingError", "None"],
            &["ProvisionedThroughputExceeded", "TransactionConflict"],
            &["ConditionalCheckFailed", "TransactionConflict"],
        ] {
            assert_eq!(of(codes), Some(Cancellation::Transient), "{codes:?}");
        }
    }

    #[test]
    fn a_condition_that_does_not_hold_is_named_by_its_write() {
        let codes = ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"];
        assert_eq!(of(&codes), Some(Cancellation::Conditions(vec![1, 2])));
    }

    #[test]
    fn another_reason_is_an_error() {
        assert_eq!(of(&["ValidationError", "TransactionConflict"]), None);
        assert_eq!(of(&["None"]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends() {
        let started = tokio::time::Instant::now();
        let mut backoff = Backoff::default();
        let mut waits = 0;
        while backoff.wait().await {
            waits += 1;
        }
        assert_eq!(waits, 8);
        assert!(started.elapsed() < 2 * MAX_PAUSE);
    }
}
