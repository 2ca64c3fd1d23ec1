//! Calls that were good enough.

use serde::{Deserialize, Serialize};

/// What a call must keep to be good; what is `None` is not asked for.
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

/// What an answered call shows of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// End-to-end latency in ms, where it was measured.
    pub latency_ms: Option<f64>,
    /// Time to the first token in ms; `None` when the answer was not streamed.
    pub ttft_ms: Option<f64>,
    /// Time per output token in ms.
    pub tpot_ms: Option<f64>,
    /// Whether the answer is known to have a single token at most, and so no
    /// time per token to be held to.
    pub one_token: bool,
}

impl Limits {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an answered call keeps every limit; at the limit is kept. `None`
    /// when that cannot be known, since a figure that is asked for was not seen.
    /// A call that breaks a limit is not good, whatever else is unknown.
    ///
    /// ```
    /// use bench_core::objective::{Limits, Shown};
    /// let limits = Limits { ttft_ms: Some(1_000.0), tpot_ms: Some(50.0), latency_ms: None };
    /// let shown = |ttft, tpot, one_token| Shown {
    ///     latency_ms: None,
    ///     ttft_ms: ttft,
    ///     tpot_ms: tpot,
    ///     one_token,
    /// };
    /// assert_eq!(limits.kept(&shown(Some(1_000.0), Some(50.0), false)), Some(true));
    /// assert_eq!(limits.kept(&shown(Some(400.0), Some(50.1), false)), Some(false));
    /// assert_eq!(limits.kept(&shown(Some(400.0), None, true)), Some(true));
    /// assert_eq!(limits.kept(&shown(None, Some(20.0), false)), None);
    /// ```
    #[must_use]
    pub fn kept(&self, call: &Shown) -> Option<bool> {
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
