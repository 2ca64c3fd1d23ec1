//! Facts about an answer and its connection that a service tells.

use serde::{Deserialize, Serialize};

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// A token limit cut it off.
    Length,
    /// A filter of the service withheld it or the rest of it.
    Filtered,
    /// The model asks for the result of a tool.
    Tool,
    /// The server or the model gave up: the answer is not whole. Samples of earlier
    /// versions say `error`.
    #[serde(alias = "error")]
    Aborted,
    /// A reason that is not in the table; the raw value tells.
    Other,
}

/// Every reason that is known, in lower case.
const REASONS: [(FinishReason, &[&str]); 5] = [
    (
        FinishReason::Stop,
        &[
            "stop",
            "stopped",
            "eos",
            "eos_token",
            "end",
            "end_id",
            "end_turn",
            "end_of_turn",
            "end_of_text",
            "endoftext",
            "stop_sequence",
            "stop_token",
            "stop_words",
            "word",
            "complete",
            "completed",
            "finish",
            "finished",
            "done",
            "success",
            "succeeded",
            "normal",
        ],
    ),
    (
        FinishReason::Length,
        &[
            "length",
            "limit",
            "max_length",
            "max_tokens",
            "max_new_tokens",
            "max_output",
            "max_output_tokens",
            "max_completion_tokens",
            "token_limit",
            "model_length",
            "context_length",
            "context_length_exceeded",
            "context_window_exceeded",
            "model_context_window_exceeded",
            "error_limit",
            "incomplete",
            "truncated",
        ],
    ),
    (
        FinishReason::Filtered,
        &[
            "content_filter",
            "content_filtered",
            "guardrail_intervened",
            "guardrails",
            "refusal",
            "refused",
            "safety",
            "image_safety",
            "recitation",
            "blocked",
            "blocklist",
            "prohibited_content",
            "spii",
            "sensitive",
            "moderation",
            "flagged",
            "error_toxic",
        ],
    ),
    (
        FinishReason::Tool,
        &["tool_calls", "tool_call", "tool_use", "function_call"],
    ),
    (
        FinishReason::Aborted,
        &[
            "abort",
            "aborted",
            "cancel",
            "cancelled",
            "canceled",
            "user_cancel",
            "interrupted",
            "preempted",
            "error",
            "failed",
            "failure",
            "engine_error",
            "internal_error",
            "internal_server_error",
            "server_error",
            "network_error",
            "insufficient_system_resource",
            "overloaded",
            "timeout",
            "timed_out",
            "malformed_model_output",
            "malformed_function_call",
            "malformed_tool_use",
            "unexpected_tool_call",
            "unload",
        ],
    ),
];

impl FinishReason {
    /// Looks a service's own word up, in any case, with or without the name of its
    /// enumeration.
    ///
    /// ```
    /// use bench_core::sample::FinishReason;
    /// assert_eq!(FinishReason::from_raw("end_turn"), FinishReason::Stop);
    /// assert_eq!(FinishReason::from_raw("MAX_TOKENS"), FinishReason::Length);
    /// assert_eq!(FinishReason::from_raw("FinishReason.STOP"), FinishReason::Stop);
    /// assert_eq!(FinishReason::from_raw("moon_phase"), FinishReason::Other);
    /// ```
    #[must_use]
    pub fn from_raw(raw: &str) -> Self {
        let lower = raw.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let word = lower.rsplit_once('.').map_or(&*lower, |(_, word)| word);
        let word = word.strip_prefix("finish_reason_").unwrap_or(word);
        let known = REASONS.iter().find(|(_, words)| words.contains(&word));
        known.map_or(Self::Other, |(reason, _)| *reason)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_stands_twice_in_the_table() {
        let mut all: Vec<&str> = REASONS
            .iter()
            .flat_map(|(_, words)| *words)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_reason_is_known_in_any_case_and_spelling() {
        for (reason, words) in REASONS {
            for word in words {
                let spelled = [
                    (*word).to_owned(),
                    word.to_uppercase(),
                    word.replace('_', "-"),
                    format!(" {word}\n"),
                    format!("FinishReason.{}", word.to_uppercase()),
                    format!("FINISH_REASON_{}", word.to_uppercase()),
                ];
                for raw in spelled {
                    assert_eq!(FinishReason::from_raw(&raw), reason, "{raw:?}");
                }
            }
        }
        for raw in ["", "null", "other", "stop the press", "FinishReason."] {
            assert_eq!(FinishReason::from_raw(raw), FinishReason::Other, "{raw:?}");
        }
    }

    #[test]
    fn the_former_name_of_aborted_is_read() {
        let read: FinishReason = serde_json::from_str("\"error\"").unwrap();
        assert_eq!(read, FinishReason::Aborted);
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"aborted\"");
    }
}
