//! One call to a target, as it was seen: the raw material of every figure.
//!
//! Times are integer microseconds on one monotonic clock, measured from just
//! before the request was sent. Absent means absent, never 0.

mod row;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::{RunId, TargetId};

/// What a call was made for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Is the target there? Stored and shown, never summarised.
    Probe,
    /// First calls of a prompt. Stored and shown, never summarised.
    Warmup,
    /// The calls that figures are made of.
    Measured,
}

impl Phase {
    /// The name used in artefacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Warmup => "warmup",
            Self::Measured => "measured",
        }
    }
}

/// How a call ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A whole answer.
    Ok,
    /// The service asked us to slow down.
    Throttled,
    /// The model is not loaded yet, or nothing listens there yet.
    NotReady,
    /// No whole answer within the time limit.
    Timeout,
    /// The service failed (5xx).
    ServerError,
    /// The service refused the request (4xx).
    ClientError,
    /// The answer began and broke off.
    StreamBroken,
    /// An answer came that is not what the protocol promises.
    InvalidResponse,
    /// Our own Lambda's time was up first.
    Deadline,
    /// The run's budget was spent, so the call was not made.
    Budget,
}

impl Outcome {
    /// Whether another attempt may fare better. What the client did wrong stays
    /// wrong, and what took too long or broke off was paid for and says enough.
    #[must_use]
    pub fn may_be_tried_again(self) -> bool {
        matches!(self, Self::Throttled | Self::NotReady | Self::ServerError)
    }

    /// The name used in artefacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::NotReady => "not_ready",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
            Self::ClientError => "client_error",
            Self::StreamBroken => "stream_broken",
            Self::InvalidResponse => "invalid_response",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
        }
    }
}

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
    /// The name used in artefacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Error => "error",
            Self::Other => "other",
        }
    }

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

impl Connection {
    /// The name used in artefacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Reused => "reused",
        }
    }
}

/// A client that was held up for longer than this during a call may have
/// measured itself, in microseconds.
pub const CLIENT_LIMITED_US: u64 = 20_000;

/// What one call to a model showed, before anyone asks which run it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Measurement {
    /// How the call ended.
    pub outcome: Outcome,
    /// Wall clock when the request was sent; a label, never subtracted.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Last byte of the answer (or the failure) after the request was sent.
    pub latency_us: u64,
    /// First token of any kind; streaming only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ttft_us: Option<u64>,
    /// First token that is not reasoning; streaming only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ttfo_us: Option<u64>,
    /// Last token; streaming only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_token_us: Option<u64>,
    /// Non-empty pieces the answer came in; streaming only. Not tokens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chunks: Option<u32>,
    /// What the service itself reported as its latency.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_latency_us: Option<u64>,
    /// Input tokens, cached ones included, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_tokens: Option<u64>,
    /// Output tokens including reasoning, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output_tokens: Option<u64>,
    /// Output tokens that were reasoning, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reasoning_tokens: Option<u64>,
    /// Input tokens served from a prefix cache, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cached_input_tokens: Option<u64>,
    /// The longest answer that was asked for, in output tokens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_tokens: Option<u32>,
    /// Length of the prompt in Unicode scalar values.
    pub prompt_chars: u64,
    /// Length of the answer in Unicode scalar values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_chars: Option<u64>,
    /// Why the answer ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finish_reason: Option<FinishReason>,
    /// The service's own word for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finish_reason_raw: Option<String>,
    /// HTTP status of the answer, where there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub http_status: Option<u16>,
    /// The layer that failed: `connect`, `dns`, `http`, `service`, `stream`, `timeout`, `parse`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_class: Option<String>,
    /// The service's own error code, such as `ThrottlingException`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_code: Option<String>,
    /// The failure in words, at most 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_message: Option<String>,
    /// Whether the connection was made for this call; absent when none was seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection: Option<Connection>,
    /// What making it took, name resolution and TLS included; part of the
    /// latency. New connections only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connect_us: Option<u64>,
    /// Worst overshoot of a 10 ms ticker during the call: how long the client
    /// itself was held up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stall_us: Option<u64>,
    /// Whether `stall_us` is above [`CLIENT_LIMITED_US`].
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub client_limited: bool,
    /// The answer, reasoning included. Bounded in size by the invoker.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_text: Option<String>,
}

impl Measurement {
    /// A call of which nothing is known but when it was to be made and how it ended.
    #[must_use]
    pub fn new(outcome: Outcome, started_at: Timestamp) -> Self {
        Self {
            outcome,
            started_at,
            latency_us: 0,
            ttft_us: None,
            ttfo_us: None,
            last_token_us: None,
            chunks: None,
            server_latency_us: None,
            input_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            cached_input_tokens: None,
            max_tokens: None,
            prompt_chars: 0,
            response_chars: None,
            finish_reason: None,
            finish_reason_raw: None,
            http_status: None,
            error_class: None,
            error_code: None,
            error_message: None,
            connection: None,
            connect_us: None,
            stall_us: None,
            client_limited: false,
            response_text: None,
        }
    }
}

/// One call attempt of a run: a row of `samples.jsonl` and an item of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sample {
    /// The run.
    pub run_id: RunId,
    /// The target.
    pub target_id: TargetId,
    /// The prompt, such as `gsm8k/test/7`; `probe` for a probe.
    pub prompt_id: String,
    /// Position of the prompt in the dataset, from 0.
    pub prompt_index: u32,
    /// What the call was made for.
    pub phase: Phase,
    /// Which repetition, from 1.
    pub repetition: u32,
    /// Which attempt at that repetition, from 1.
    pub attempt: u32,
    /// What the call showed.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// The final answer found in the text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// The rule that found it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer_rule: Option<String>,
    /// The right answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected_answer: Option<String>,
    /// Whether the answer is right; absent when there was no answer to grade.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correct: Option<bool>,
    /// Whether the Lambda environment was new.
    pub function_cold_start: bool,
    /// The Lambda request that made the call.
    pub function_request_id: String,
}

impl Sample {
    /// Reads a line of `samples.jsonl`, several times as fast as through
    /// [`Deserialize`], which collects flattened fields as a tree first.
    ///
    /// # Errors
    ///
    /// What is wrong with the line, and at which column.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<row::Row>(line).map(row::Row::into_sample)
    }

    /// Whether the call gave a whole answer.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.measurement.outcome == Outcome::Ok
    }

    /// Whether figures are made of this sample: measured and answered.
    #[must_use]
    pub fn is_measured_ok(&self) -> bool {
        self.phase == Phase::Measured && self.is_ok()
    }
}
