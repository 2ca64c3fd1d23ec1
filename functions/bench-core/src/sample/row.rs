//! A line of `samples.jsonl`, every field beside the others.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Connection, FinishReason, Measurement, Outcome, Phase, Sample};
use crate::identity::{RunId, TargetId};

/// The fields of a sample and of its measurement.
#[derive(Deserialize)]
pub(super) struct Row {
    run_id: RunId,
    target_id: TargetId,
    prompt_id: String,
    prompt_index: u32,
    phase: Phase,
    repetition: u32,
    attempt: u32,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    answer_rule: Option<String>,
    #[serde(default)]
    expected_answer: Option<String>,
    #[serde(default)]
    correct: Option<bool>,
    function_cold_start: bool,
    function_request_id: String,
    outcome: Outcome,
    started_at: Timestamp,
    latency_us: u64,
    #[serde(default)]
    ttft_us: Option<u64>,
    #[serde(default)]
    ttfo_us: Option<u64>,
    #[serde(default)]
    last_token_us: Option<u64>,
    #[serde(default)]
    chunks: Option<u32>,
    #[serde(default)]
    server_latency_us: Option<u64>,
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    reasoning_tokens: Option<u64>,
    #[serde(default)]
    cached_input_tokens: Option<u64>,
    #[serde(default)]
    max_tokens: Option<u32>,
    prompt_chars: u64,
    #[serde(default)]
    response_chars: Option<u64>,
    #[serde(default)]
    finish_reason: Option<FinishReason>,
    #[serde(default)]
    finish_reason_raw: Option<String>,
    #[serde(default)]
    http_status: Option<u16>,
    #[serde(default)]
    error_class: Option<String>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    connection: Option<Connection>,
    #[serde(default)]
    connect_us: Option<u64>,
    #[serde(default)]
    stall_us: Option<u64>,
    #[serde(default)]
    client_limited: bool,
    #[serde(default)]
    response_text: Option<String>,
}

impl Row {
    pub(super) fn into_sample(self) -> Sample {
        Sample {
            run_id: self.run_id,
            target_id: self.target_id,
            prompt_id: self.prompt_id,
            prompt_index: self.prompt_index,
            phase: self.phase,
            repetition: self.repetition,
            attempt: self.attempt,
            answer: self.answer,
            answer_rule: self.answer_rule,
            expected_answer: self.expected_answer,
            correct: self.correct,
            function_cold_start: self.function_cold_start,
            function_request_id: self.function_request_id,
            measurement: Measurement {
                outcome: self.outcome,
                started_at: self.started_at,
                latency_us: self.latency_us,
                ttft_us: self.ttft_us,
                ttfo_us: self.ttfo_us,
                last_token_us: self.last_token_us,
                chunks: self.chunks,
                server_latency_us: self.server_latency_us,
                input_tokens: self.input_tokens,
                output_tokens: self.output_tokens,
                reasoning_tokens: self.reasoning_tokens,
                cached_input_tokens: self.cached_input_tokens,
                max_tokens: self.max_tokens,
                prompt_chars: self.prompt_chars,
                response_chars: self.response_chars,
                finish_reason: self.finish_reason,
                finish_reason_raw: self.finish_reason_raw,
                http_status: self.http_status,
                error_class: self.error_class,
                error_code: self.error_code,
                error_message: self.error_message,
                connection: self.connection,
                connect_us: self.connect_us,
                stall_us: self.stall_us,
                client_limited: self.client_limited,
                response_text: self.response_text,
            },
        }
    }
}
