//! The time that one call took.

use crate::sample::Sample;

/// When a call was under way, in microseconds on any one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When the request was sent.
    pub start_us: i64,
    /// When its answer had ended; not before `start_us`.
    pub end_us: i64,
    /// Whether it was answered: only such a call opens a session.
    pub answered: bool,
}

impl Span {
    /// Of a call that was made, failed or not.
    #[must_use]
    pub fn of(sample: &Sample) -> Self {
        let start_us = sample.started_at.as_microsecond();
        let latency = i64::try_from(sample.latency_us).unwrap_or(i64::MAX);
        Self {
            start_us,
            end_us: start_us.saturating_add(latency),
            answered: sample.is_ok(),
        }
    }
}
