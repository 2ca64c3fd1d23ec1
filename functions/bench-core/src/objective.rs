//! Calls that were good enough.

use serde::{Deserialize, Serialize};

/// The limits that a good call keeps; those that are `None` are not set.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Time to the first token, at most, in ms.
    #[schemars(range(min = 0, max = 840_000))]
    pub ttft_ms: Option<f64>,
    /// Time per output token after the first, at most, in ms.
    #[schemars(range(min = 0, max = 840_000))]
    pub tpot_ms: Option<f64>,
    /// End-to-end latency, at most, in ms.
    #[schemars(range(min = 0, max = 840_000))]
    pub latency_ms: Option<f64>,
}

/// The times of an answered call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallTimes {
    /// End-to-end latency in ms, where it was measured.
    pub latency_ms: Option<f64>,
    /// Time to the first token in ms; `None` when the answer was not streamed.
    pub ttft_ms: Option<f64>,
    /// Time per output token in ms.
    pub tpot_ms: Option<f64>,
    /// Whether the answer is known to have no token after its first piece, such as one
    /// with a single token, and so no time per token to be held to.
    pub one_token: bool,
}

impl Limits {
    /// Whether no objective is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an answered call meets every objective; a time equal to a limit meets it.
    /// `None` when that is not known, since a limited time was not measured. A call that
    /// breaks one limit meets not all, whatever else is unknown.
    ///
    /// ```
    /// use bench_core::objective::{Limits, CallTimes};
    /// let limits = Limits { ttft_ms: Some(1_000.0), tpot_ms: Some(50.0), latency_ms: None };
    /// let times = |ttft, tpot, one_token| CallTimes {
    ///     latency_ms: None,
    ///     ttft_ms: ttft,
    ///     tpot_ms: tpot,
    ///     one_token,
    /// };
    /// assert_eq!(limits.are_met_by(&times(Some(1_000.0), Some(50.0), false)), Some(true));
    /// assert_eq!(limits.are_met_by(&times(Some(400.0), Some(50.1), false)), Some(false));
    /// assert_eq!(limits.are_met_by(&times(Some(400.0), None, true)), Some(true));
    /// assert_eq!(limits.are_met_by(&times(None, Some(20.0), false)), None);
    /// ```
    #[must_use]
    pub fn are_met_by(&self, call: &CallTimes) -> Option<bool> {
        let one = |limit: Option<f64>, value: Option<f64>| match (limit, value) {
            (None, _) => Some(true),
            (Some(limit), Some(value)) => Some(value <= limit),
            (Some(_), None) => None,
        };
        let tpot = if call.one_token {
            Some(true)
        } else {
            one(self.tpot_ms, call.tpot_ms)
        };
        let all = [
            one(self.latency_ms, call.latency_ms),
            one(self.ttft_ms, call.ttft_ms),
            tpot,
        ];
        if all.contains(&Some(false)) {
            return Some(false);
        }
        (!all.contains(&None)).then_some(true)
    }
}
