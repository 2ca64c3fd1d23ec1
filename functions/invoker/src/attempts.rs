//! Which attempt at a call comes next, and how long to wait before it.

use std::{collections::HashMap, time::Duration};

use bench_core::{
    sample::{Outcome, Phase},
    workflow::MAX_PAUSE_S,
};
use bench_store::StoredCall;

/// A call of a prompt: what it is made for, and which repetition.
pub(crate) type Call = (Phase, u32);

/// The longest wait between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(MAX_PAUSE_S as u64);

/// The latest attempt at every call of a prompt.
#[derive(Debug, Default)]
pub(crate) struct History(HashMap<Call, Latest>);

#[derive(Debug, Clone, Copy)]
struct Latest {
    attempt: u32,
    outcome: Outcome,
    retry_after: Duration,
}

impl History {
    /// The history that the stored samples of a prompt tell.
    pub(crate) fn of(stored: Vec<StoredCall>) -> Self {
        let mut history = Self::default();
        for call in stored {
            let StoredCall {
                attempt,
                outcome,
                retry_after_s,
                ..
            } = call;
            history.add(
                (call.phase, call.repetition),
                attempt,
                outcome,
                retry_after_s,
            );
        }
        history
    }

    /// An attempt was made.
    pub(crate) fn add(
        &mut self,
        call: Call,
        attempt: u32,
        outcome: Outcome,
        retry_after_s: Option<u32>,
    ) {
        let added = Latest {
            attempt,
            outcome,
            retry_after: Duration::from_secs(retry_after_s.unwrap_or_default().into()),
        };
        let latest = self.0.entry(call).or_insert(added);
        if attempt >= latest.attempt {
            *latest = added;
        }
    }

    /// How long the service asked to wait after the latest attempt at a call.
    pub(crate) fn retry_after(&self, call: Call) -> Duration {
        self.0
            .get(&call)
            .map_or(Duration::ZERO, |latest| latest.retry_after)
    }

    /// The attempt to make now; `None` when the call is settled.
    pub(crate) fn next_attempt(&self, call: Call, most: u32) -> Option<u32> {
        match self.0.get(&call) {
            None => Some(1),
            Some(Latest {
                attempt, outcome, ..
            }) => (outcome.is_retryable() && *attempt < most).then_some(attempt + 1),
        }
    }
}

/// How long to wait before an attempt: nothing before the first, then twice as
/// long each time from a second on. Between a half and the whole of it, by
/// chance, so that clients that were refused together do not return together.
pub(crate) fn pause_before(attempt: u32) -> Duration {
    let Some(doublings) = attempt.checked_sub(2) else {
        return Duration::ZERO;
    };
    let longest = Duration::from_secs(1 << doublings.min(5)).min(MAX_PAUSE);
    longest.mul_f64(rand::random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call = (Phase::Measured, 1);

    fn after(outcomes: &[Outcome]) -> History {
        let mut history = History::default();
        for (attempt, outcome) in (1..).zip(outcomes) {
            history.add(CALL, attempt, *outcome, None);
        }
        history
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_settled() {
        use Outcome::*;
        assert_eq!(after(&[]).next_attempt(CALL, 3), Some(1));
        for outcome in [Throttled, NotReady, ServerError] {
            assert_eq!(after(&[outcome]).next_attempt(CALL, 3), Some(2));
            assert_eq!(after(&[outcome; 3]).next_attempt(CALL, 3), None);
            assert_eq!(after(&[outcome]).next_attempt(CALL, 1), None);
        }
        for outcome in [
            Ok,
            ClientError,
            Timeout,
            StreamBroken,
            InvalidResponse,
            Deadline,
            Budget,
            Interrupted,
        ] {
            assert_eq!(after(&[outcome]).next_attempt(CALL, 3), None, "{outcome:?}");
            assert_eq!(after(&[Throttled, outcome]).next_attempt(CALL, 3), None);
        }
    }

    #[test]
    fn the_latest_attempt_counts_whatever_the_order() {
        let mut history = History::default();
        history.add(CALL, 2, Outcome::Ok, None);
        history.add(CALL, 1, Outcome::Throttled, Some(9));
        assert_eq!(history.retry_after(CALL), Duration::ZERO);
        assert_eq!(history.next_attempt(CALL, 3), None);
    }

    #[test]
    fn pauses_grow_within_their_bounds() {
        assert_eq!(pause_before(1), Duration::ZERO);
        for (attempt, longest) in [(2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (10, 30)] {
            let longest = Duration::from_secs(longest);
            for _ in 0..100 {
                let pause = pause_before(attempt);
                assert!(
                    pause >= longest / 2 && pause <= longest,
                    "{attempt}: {pause:?}"
                );
            }
        }
    }
}
