//! One call to a target, as it was seen: the raw material of every figure.
//!
//! Times are integer microseconds on one monotonic clock, measured from just
//! before the request was sent. Absent means absent, never 0.

mod answer;
mod key;
mod line;
mod outcome;
mod probe;
mod service_time;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr as _};

use crate::{
    grading::{AnswerRule, Grade},
    identity::{RunId, TargetId},
};

pub use answer::{Connection, FinishReason};
pub use key::{Phase, SampleKey};
pub use outcome::{ErrorLayer, Outcome};
pub use probe::{MAX_DENIED_FAILURES, MAX_LASTING_FAILURES, Persistence, is_denial};
pub use service_time::service_us;

/// A client that was held up for longer than this during a call may have
/// measured itself, in microseconds.
pub const CLIENT_LIMITED_US: u64 = 20_000;

/// The fields that every line of samples states, of whatever program it is. What a
/// line of another program leaves out besides is counted or not known.
pub const REQUIRED_FIELDS: [&str; 4] = ["target_id", "prompt_id", "outcome", "latency_us"];

/// One call attempt of a run: a line of `samples.jsonl`, a row of `samples.csv`
/// and an item of the table, each with the names and in the order of these fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(extend("required" = REQUIRED_FIELDS))]
pub struct Sample {
    /// The run; `external` for a line that does not state it.
    pub run_id: RunId,
    /// The target.
    pub target_id: TargetId,
    /// The prompt, such as `gsm8k/test/7`; `probe` for a probe.
    pub prompt_id: SmolStr,
    /// Position of the prompt in the dataset, from 0; for lines that do not state it,
    /// that of `prompt_id` among all prompts, in the order of their first line.
    pub prompt_index: u32,
    /// The purpose of the call; `measured` for a line that does not state it.
    pub phase: Phase,
    /// Repetition of the prompt, from 1; counted in the order of lines for those that do
    /// not state it.
    pub repetition: u32,
    /// Attempt at that repetition, from 1; 1 for a line that does not state it.
    pub attempt: u32,
    /// How the call ended.
    pub outcome: Outcome,
    /// Wall clock when the request was sent; a label, never subtracted. Not written, and the
    /// Unix epoch in memory, where it is not known; see [`Sample::start`].
    #[serde(skip_serializing_if = "is_unknown", default)]
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Last byte of the answer (or the failure) after the request was sent.
    pub latency_us: u64,
    /// First token of any kind; streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_us: Option<u64>,
    /// First token that is not reasoning; streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttfo_us: Option<u64>,
    /// Last token; streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_token_us: Option<u64>,
    /// Non-empty pieces the answer came in; streaming only. Not tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// The longest time between two pieces that carried text; streaming only, with at
    /// least two of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_gap_us: Option<u64>,
    /// Output tokens that had come by the time of the first token, as the service
    /// counts along; streaming only, and absent where a stream does not tell. They
    /// are not part of the time between first and last token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_piece_tokens: Option<u64>,
    /// Latency that the service itself reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_latency_us: Option<u64>,
    /// Input tokens, cached ones included, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Output tokens including reasoning, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Output tokens that were reasoning, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// Input tokens served from a prefix cache, as the service counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Whether the service's counts contradict each other: a total that is not input
    /// and output together, or a part that is more than its whole.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub counts_disagree: bool,
    /// The longest answer that was asked for, in output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Length of the prompt in Unicode scalar values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_chars: Option<u64>,
    /// Length of the answer in Unicode scalar values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_chars: Option<u64>,
    /// Why the answer ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// The service's own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason_raw: Option<SmolStr>,
    /// The final answer found in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<SmolStr>,
    /// The rule that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_rule: Option<AnswerRule>,
    /// The reference answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_answer: Option<SmolStr>,
    /// Whether the answer equals the reference; absent when there was none to
    /// grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correct: Option<bool>,
    /// HTTP status of the answer, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The layer that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_class: Option<ErrorLayer>,
    /// The service's own error code, such as `ThrottlingException`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The failure as text, at most 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// How long the service asked to wait before a further attempt (`Retry-After`), in
    /// seconds, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Whether the Lambda environment was new; absent where no Lambda made the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_cold_start: Option<bool>,
    /// The Lambda request that made the call; empty, and not written, where none did.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub function_request_id: String,
    /// Whether the connection was made for this call; absent when none was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// Time to make it, name resolution and TLS included; part of the latency. New
    /// connections only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_us: Option<u64>,
    /// Whether the service kept the connection open behind the end of its answer; that
    /// time is not part of the latency.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub held_open: bool,
    /// Worst overshoot of a 10 ms ticker during the call: how long the client
    /// itself was held up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_us: Option<u64>,
    /// Whether `stall_us` is above [`CLIENT_LIMITED_US`].
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub client_limited: bool,
    /// Step of a load, from 1; 0, and then not written, outside of one.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub step: u32,
    /// Worker of the step that made the call, from 1; 0, and then not written, outside of a
    /// load.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub worker: u32,
    /// Level of the step: callers of a closed loop, or requests per second of an open one.
    /// Only under load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// Workers of the step. Only under load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// When the window of the step began. Only under load.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub window_at: Option<Timestamp>,
    /// Seconds of a part of the step, at whose end other workers take over; absent where the
    /// step has one part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_s: Option<u32>,
    /// When the request was to be sent by its schedule: when it came, of an open loop, or
    /// when its caller was free, of a closed one. Only under load.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub intended_at: Option<Timestamp>,
    /// Time from the intended start until the request was sent; response time is
    /// `queued_us + latency_us`. Only under load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_us: Option<u64>,
    /// The answer, reasoning included. Bounded in size by the invoker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_text: Option<String>,
}

impl Sample {
    /// A call of which nothing is known but which one it is, how it ended and when
    /// it was to be made.
    #[must_use]
    pub fn new(
        run_id: RunId,
        prompt_id: impl Into<SmolStr>,
        key: SampleKey,
        outcome: Outcome,
        started_at: Timestamp,
    ) -> Self {
        Self {
            run_id,
            prompt_id: prompt_id.into(),
            target_id: key.target,
            step: key.step,
            worker: key.worker,
            prompt_index: key.prompt,
            phase: key.phase,
            repetition: key.repetition,
            attempt: key.attempt,
            outcome,
            started_at,
            ..Self::default()
        }
    }

    /// Reads a line of `samples.jsonl`.
    ///
    /// # Errors
    ///
    /// The fault of the line and its column.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        line::read(line).map_or_else(|| serde_json::from_str(line), Ok)
    }

    /// When the request was sent; `None` where it is not known.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        (!is_unknown(&self.started_at)).then_some(self.started_at)
    }

    /// Which call of its run it is of.
    #[must_use]
    pub fn key(&self) -> SampleKey {
        SampleKey {
            target: self.target_id.clone(),
            step: self.step,
            worker: self.worker,
            prompt: self.prompt_index,
            phase: self.phase,
            repetition: self.repetition,
            attempt: self.attempt,
        }
    }

    /// Notes the grade of its response.
    pub fn set_grade(&mut self, grade: &Grade) {
        let answer = grade.answer.as_ref();
        self.answer = answer.map(|answer| answer.value.to_smolstr());
        self.answer_rule = answer.map(|answer| answer.rule);
        self.correct = Some(grade.correct);
    }

    /// Whether the call gave a whole answer.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.outcome == Outcome::Ok
    }

    /// Output tokens that come after the first piece of a stream, each after a gap: all but
    /// those that the piece is known to have carried, or one. `None` without a count, or
    /// where none comes after it.
    ///
    /// ```
    /// use bench_core::sample::Sample;
    /// let call = |output, first| Sample {
    ///     output_tokens: Some(output), first_piece_tokens: first, ..Sample::default()
    /// };
    /// assert_eq!(call(26, None).token_gaps(), Some(25));
    /// assert_eq!(call(26, Some(6)).token_gaps(), Some(20));
    /// assert_eq!(call(26, Some(26)).token_gaps(), None);
    /// ```
    #[must_use]
    pub fn token_gaps(&self) -> Option<u64> {
        let output = self.output_tokens?;
        let whole = (self.chunks == Some(1)).then_some(output);
        let first = self.first_piece_tokens.or(whole).unwrap_or(1).max(1);
        output.checked_sub(first).filter(|gaps| *gaps > 0)
    }

    /// Microseconds from the first token to the last of a streamed call, and the output
    /// tokens that came in them; `None` without a count or without any such token.
    #[must_use]
    pub fn decoding(&self) -> Option<(u64, u64)> {
        let micros = self.last_token_us?.saturating_sub(self.ttft_us?);
        Some((micros, self.token_gaps()?))
    }

    /// Whether figures of the sequential method are made of this sample: measured, answered
    /// and of no load.
    #[must_use]
    pub fn is_measured_ok(&self) -> bool {
        self.phase == Phase::Measured && self.is_ok() && !self.is_under_load()
    }

    /// Whether the call was made under load.
    #[must_use]
    pub fn is_under_load(&self) -> bool {
        self.step > 0
    }

    /// Time from the intended start until the last byte (or the failure): what a user
    /// waited. The latency itself outside of a load.
    #[must_use]
    pub fn response_us(&self) -> u64 {
        self.latency_us.saturating_add(self.queued_us.unwrap_or(0))
    }

    /// Time from the intended start until the first token; streaming only.
    #[must_use]
    pub fn response_ttft_us(&self) -> Option<u64> {
        let queued = self.queued_us.unwrap_or(0);
        self.ttft_us.map(|ttft| ttft.saturating_add(queued))
    }
}

fn is_unknown(started_at: &Timestamp) -> bool {
    *started_at == Timestamp::UNIX_EPOCH
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes by reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
