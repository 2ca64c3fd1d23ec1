//! Facts about an answer and its connection that a service tells.

use serde::{Deserialize, Serialize};

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit cut it off.
    Length,
    /// The server gave up.
    Error,
    /// Anything else; the raw value tells.
    Other,
}

impl FinishReason {
    /// Sorts a service's own word into the four classes.
    ///
    /// ```
    /// use bench_core::sample::FinishReason;
    /// assert_eq!(FinishReason::from_raw("end_turn"), FinishReason::Stop);
    /// assert_eq!(FinishReason::from_raw("max_tokens"), FinishReason::Length);
    /// assert_eq!(FinishReason::from_raw("content_filtered"), FinishReason::Other);
    /// ```
    #[must_use]
    pub fn from_raw(raw: &str) -> Self {
        match raw {
            "stop" | "end_turn" | "eos_token" | "stop_sequence" => Self::Stop,
            "length" | "max_tokens" | "model_context_window_exceeded" => Self::Length,
            "error" => Self::Error,
            _ => Self::Other,
        }
    }
}

/// Whether a call found its connection or had to make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Made within the call: its latency holds the handshakes.
    New,
    /// Left over from an earlier call.
    Reused,
}
