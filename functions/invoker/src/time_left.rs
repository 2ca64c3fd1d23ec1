//! The time left of an invocation.

use std::time::{Duration, SystemTime};

use bench_core::{sample::Outcome, workflow::INVOCATION_MARGIN_S};
use bench_targets::Limit;
use lambda_runtime::Context;
use tokio::time::Instant;

/// Kept free at the end, to store the last sample and to answer.
const MARGIN: Duration = Duration::from_secs(INVOCATION_MARGIN_S as u64);

/// The end of an invocation, on the clock that calls are measured with.
#[derive(Debug, Clone, Copy)]
pub struct TimeLeft {
    end: Instant,
}

impl TimeLeft {
    /// The time left of a Lambda invocation.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        let left = context
            .deadline()
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        Self::from_now(left)
    }

    /// So much time from now.
    #[must_use]
    pub fn from_now(left: Duration) -> Self {
        Self {
            end: Instant::now() + left,
        }
    }

    /// Whether there is time to wait so long and still store a sample.
    #[must_use]
    pub fn covers(&self, pause: Duration) -> bool {
        self.end.saturating_duration_since(Instant::now()) > pause + MARGIN
    }

    /// The limit of a call that is to be made now, or `None` when the call
    /// should be left to the next invocation.
    ///
    /// A call that may not fit is made all the same when this invocation has
    /// made none yet: the next one would have no more time. Should the end of
    /// the invocation then cut it off, its outcome says so.
    #[must_use]
    pub fn limit(&self, timeout: Duration, calls_made: u32) -> Option<Limit> {
        let left = self
            .end
            .saturating_duration_since(Instant::now())
            .saturating_sub(MARGIN);
        if left >= timeout {
            return Some(Limit {
                after: timeout,
                outcome: Outcome::Timeout,
            });
        }
        (calls_made == 0).then_some(Limit {
            after: left,
            outcome: Outcome::Deadline,
        })
    }

    /// The limit of one of many calls at a time that is to be made now: its timeout, or the
    /// time that is left. `None` when none is.
    #[must_use]
    pub fn limit_under_load(&self, timeout: Duration) -> Option<Limit> {
        let left = self
            .end
            .saturating_duration_since(Instant::now())
            .saturating_sub(MARGIN);
        (!left.is_zero()).then(|| Limit::first_of(timeout, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fits_has_its_own_timeout() {
        let time_left = TimeLeft::from_now(Duration::from_mins(1));
        let limit = time_left.limit(Duration::from_secs(30), 4).unwrap();
        assert_eq!(
            (limit.after, limit.outcome),
            (Duration::from_secs(30), Outcome::Timeout)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_may_not_fit_is_left_to_the_next_invocation() {
        let time_left = TimeLeft::from_now(Duration::from_mins(1));
        tokio::time::advance(Duration::from_secs(26)).await;
        assert!(time_left.limit(Duration::from_secs(30), 1).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_call_is_always_made_and_cut_off_by_the_deadline() {
        let time_left = TimeLeft::from_now(Duration::from_mins(1));
        let limit = time_left.limit(Duration::from_secs(90), 0).unwrap();
        assert_eq!(
            (limit.after, limit.outcome),
            (Duration::from_secs(55), Outcome::Deadline)
        );
    }
}
