//! Usage with the time from its first call to its last.

use super::{Span, Usage};
use crate::sample::{Outcome, Sample};

/// Usage of one target's calls so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsageTotals {
    /// Of all phases; `busy_us` of those outside of a load.
    pub usage: Usage,
    /// When the first call began, in microseconds since 1970.
    pub first_us: i64,
    /// When the last call ended, in microseconds since 1970.
    pub last_us: i64,
}

impl UsageTotals {
    /// The usage of a call; `None` for one that was never made.
    ///
    /// A call of a load fills no time of its own: it shares the target with the others, and
    /// their time is that from the first to the last.
    #[must_use]
    pub fn of(sample: &Sample) -> Option<Self> {
        if sample.outcome == Outcome::Budget {
            return None;
        }
        let call = Span::of(sample);
        let mut usage = Usage::of([sample]);
        if sample.is_under_load() {
            usage.busy_us = 0;
        }
        Some(Self {
            usage,
            first_us: call.start_us,
            last_us: call.end_us,
        })
    }

    /// The usage of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            usage: self.usage.plus(other.usage),
            first_us: self.first_us.min(other.first_us),
            last_us: self.last_us.max(other.last_us),
        }
    }
}
