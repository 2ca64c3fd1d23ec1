//! The report as data: `report.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Method, Pricing, Tier},
    plan::DatasetRecord,
    sample::{Outcome, Phase},
    stats::Summary,
};

/// The version of `report.json` that this code writes.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run as a whole.
    pub run: RunFacts,
    /// How it was measured.
    pub method: MethodFacts,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<TargetReport>,
    /// One entry a prompt, in the order of the dataset.
    pub prompts: Vec<PromptReport>,
    /// What may mislead, in sentences.
    pub warnings: Vec<String>,
    /// Every term of this report with its definition.
    pub definitions: BTreeMap<String, String>,
}

/// The run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run.
    pub run_id: String,
    /// The configuration's name.
    pub name: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its first call was made; `None` without calls.
    pub started_at: Option<Timestamp>,
    /// When its last call ended; `None` without calls.
    pub finished_at: Option<Timestamp>,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Why not, a sentence each.
    pub incomplete_reasons: Vec<String>,
    /// Whether any target is simulated.
    pub simulated: bool,
    /// Where the prompts came from.
    pub dataset: DatasetRecord,
    /// How many prompts were asked.
    pub prompts: usize,
    /// The version of hostbench that wrote the report.
    pub hostbench_version: String,
}

/// How the run was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodFacts {
    /// As configured.
    #[serde(flatten)]
    pub configured: Method,
    /// How percentiles are taken.
    pub quantile_method: String,
    /// How the standard deviation is taken.
    pub stddev: String,
    /// How calls follow each other.
    pub mode: String,
}

/// What was found at one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetReport {
    /// The target.
    pub id: String,
    /// `bedrock`, `sagemaker` or `http`.
    pub kind: String,
    /// The request kind.
    pub request: String,
    /// Model, endpoint or URL.
    pub place: String,
    /// Whether answers were streamed.
    pub stream: bool,
    /// Calls in flight at a time.
    pub concurrency: u32,
    /// Whether this is the simulator: no finding about any service.
    pub simulated: bool,
    /// How many times faster than published the simulator answered.
    pub time_scale: Option<f64>,
    /// The model that the target claims to serve.
    pub model_name: Option<String>,
    /// Model size.
    pub tier: Option<Tier>,
    /// The machine behind it, as declared.
    pub instance: Option<String>,
    /// How it is paid for, as declared.
    pub pricing: Option<Pricing>,
    /// Calls, counted.
    pub calls: Calls,
    /// Calls answered ÷ measured calls made; `None` without calls.
    pub success_rate: Option<f64>,
    /// What the probe saw.
    pub readiness: Readiness,
    /// End-to-end latency of measured, answered calls.
    pub latency_ms: Summary,
    /// Time to the first token of any kind; streaming only.
    pub ttft_ms: Summary,
    /// Time to the first token that is not reasoning; streaming only.
    pub ttfo_ms: Summary,
    /// Mean of latency ÷ output tokens over calls with a token count.
    pub ms_per_output_token: Option<f64>,
    /// Mean output tokens, reasoning included, over calls with a token count.
    pub mean_output_tokens: Option<f64>,
    /// Mean input length in characters.
    pub mean_prompt_chars: Option<f64>,
    /// Mean response length in characters.
    pub mean_response_chars: Option<f64>,
    /// Right answers.
    pub accuracy: Accuracy,
    /// Answers that the token limit cut off.
    pub truncated: u64,
    /// Failed calls by phase and class.
    pub failures: Vec<FailureClass>,
}

/// Calls of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Measured calls of the plan.
    pub planned: u64,
    /// Measured calls that were made.
    pub measured: u64,
    /// Measured calls that were answered.
    pub ok: u64,
    /// Measured calls that failed.
    pub failed: u64,
    /// Planned calls that were not made.
    pub missing: u64,
    /// Warm-up calls.
    pub warmup: u64,
    /// Probes.
    pub probe: u64,
}

/// What the probe saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Whether the target ever answered a probe.
    pub ready: bool,
    /// How many probes were made.
    pub probes: u64,
    /// From the first probe to the end of the first answered one; `None` when none was.
    pub time_to_ready_ms: Option<f64>,
    /// Why the last failed probe failed.
    pub last_error: Option<String>,
}

/// Right answers of one target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Answers that are right.
    pub correct: u64,
    /// Measured calls that were answered; no answer found is wrong.
    pub graded: u64,
    /// `correct ÷ graded`; `None` without answers.
    pub rate: Option<f64>,
}

/// Failed calls that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureClass {
    /// What the calls were made for.
    pub phase: Phase,
    /// How they ended.
    pub outcome: Outcome,
    /// The service's error code.
    pub error_code: Option<String>,
    /// HTTP status.
    pub http_status: Option<u16>,
    /// How many.
    pub count: u64,
    /// What the first of them said.
    pub message: Option<String>,
}

/// One prompt across all targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptReport {
    /// Dataset label and position.
    pub id: String,
    /// Position in the dataset.
    pub index: u32,
    /// The question.
    pub question: String,
    /// The right answer.
    pub expected_answer: String,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<PromptAtTarget>,
}

/// One prompt at one target: its measured calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptAtTarget {
    /// The target.
    pub target_id: String,
    /// Whether the target is simulated.
    pub simulated: bool,
    /// Calls answered.
    pub ok: u64,
    /// Calls failed.
    pub failed: u64,
    /// Answers that are right.
    pub correct: u64,
    /// Distinct final answers with their counts, most frequent first.
    pub answers: Vec<AnswerCount>,
    /// Mean latency; `None` without an answered call.
    pub mean_latency_ms: Option<f64>,
    /// Least latency.
    pub min_latency_ms: Option<f64>,
    /// Greatest latency.
    pub max_latency_ms: Option<f64>,
    /// Mean output tokens; `None` where no call has a count.
    pub mean_output_tokens: Option<f64>,
    /// The first answered repetition's text, cut when long.
    pub example: Option<String>,
}

/// A final answer and how often it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCount {
    /// The number; `None` when no answer was found in the text.
    pub answer: Option<String>,
    /// How often.
    pub count: u64,
    /// Whether it is right.
    pub correct: bool,
}
