//! The durations of an answered call, one of each.

use serde::{Deserialize, Serialize};

/// One thing for each duration that an answered call may have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Timings<T> {
    /// End-to-end latency of measured, answered calls.
    #[serde(rename = "latency_ms")]
    pub latency: T,
    /// Time to the first token of any kind; streaming only.
    #[serde(rename = "ttft_ms")]
    pub ttft: T,
    /// Time to the first token that is not reasoning; streaming only.
    #[serde(rename = "ttfo_ms")]
    pub ttfo: T,
    /// Time per output token after the first; streaming only.
    #[serde(rename = "tpot_ms")]
    pub tpot: T,
    /// Latency ÷ output tokens, of calls with a token count.
    #[serde(rename = "latency_per_token_ms")]
    pub latency_per_token: T,
}
