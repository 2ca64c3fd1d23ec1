//! The results of one target, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Accuracy, Share, Timings, TokenLengths};
use bench_core::{
    config::{Pricing, Tier},
    identity::TargetId,
    sample::{ErrorLayer, Outcome, Phase},
};
use bench_stats::{Figure, Summary};

/// The results of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetReport {
    /// The target.
    pub id: TargetId,
    /// `bedrock`, `sagemaker` or `http`; `external` for one that another program measured, whose
    /// configuration is not known.
    pub kind: String,
    /// The request kind; empty where it is not known.
    pub request: String,
    /// The API of an AWS service that was called, where it is not the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Model, endpoint or URL.
    pub address: String,
    /// Whether answers were streamed.
    pub stream: bool,
    /// Calls in flight at a time.
    pub concurrency: u32,
    /// Whether this is the simulator: not a result about any service.
    pub simulated: bool,
    /// How many times faster than the service that it stands for the simulator answered.
    /// Every time of this target is a measured one multiplied by it, as are the figures and
    /// costs made of them; those of the client are as measured: `stalls`, `connections` and
    /// `client_overhead_ms`. `null` of a real target.
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
    /// Calls answered, of measured calls made.
    pub success: Share,
    /// The results of the target's probes.
    pub readiness: Readiness,
    /// Its durations.
    #[serde(flatten)]
    pub timings: Timings<Summary>,
    /// Latency over all attempts, failed ones taken as longer than everything.
    pub latency_all_ms: AllAttempts,
    /// Latency against output tokens.
    pub regression: Figure<Regression>,
    /// The variance of log latency by length and speed.
    pub log_variance: Figure<LogParts>,
    /// Tokens per second.
    pub rates: Rates,
    /// Calls that kept the limits; `None` unless limits were asked for.
    pub goodput: Option<Goodput>,
    /// Whether the warm-up was long enough.
    pub warm_up: WarmUp,
    /// Attempts at warm-up and measured calls; `failures` says why more were made.
    pub attempts: Attempts,
    /// Connections that measured calls had to make.
    pub connections: Connections,
    /// Measured, answered calls that a prefix cache served, as the service counted.
    pub cached_calls: u64,
    /// Measured, answered calls with more output tokens than were asked for.
    pub calls_over_limit: u64,
    /// Reasons of measured, answered calls to end that are not known, in the words of
    /// the service, with how many calls gave them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub unknown_finish_reasons: BTreeMap<String, u64>,
    /// Measured, answered calls whose token counts contradict each other.
    #[serde(default)]
    pub calls_with_contradicting_counts: u64,
    /// How often the measuring client itself was held up.
    pub stalls: Stalls,
    /// Median of client latency less what the service itself reported.
    pub client_overhead_ms: Figure,
    /// Mean output tokens, reasoning included, over calls with a token count.
    pub mean_output_tokens: Figure,
    /// Lengths of prompts and answers, where the run asks for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lengths: Vec<TokenLengths>,
    /// Mean input length in characters.
    pub mean_prompt_chars: Figure,
    /// Mean response length in characters.
    pub mean_response_chars: Figure,
    /// Correct answers.
    pub accuracy: Accuracy,
    /// Answers that the token limit cut off.
    pub truncated: u64,
    /// How far a target repeats itself.
    pub repeats: Repeats,
    /// Failed calls by phase and class.
    pub failures: Vec<FailureClass>,
}

impl TargetReport {
    /// Whether another program measured it, so that its configuration is not known.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.kind == "external"
    }
}

/// Calls of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Calls {
    /// Measured calls of the plan.
    pub planned: u64,
    /// Measured calls that were made and have a result.
    pub measured: u64,
    /// Measured calls that were answered.
    pub ok: u64,
    /// Measured calls that failed.
    pub failed: u64,
    /// Planned calls that were not made, or were interrupted.
    pub missing: u64,
    /// Warm-up calls.
    pub warmup: u64,
    /// Probes.
    pub probe: u64,
}

/// Attempts at the calls of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Attempts {
    /// All of them, warm-up included: as many samples.
    pub made: u64,
    /// Those that followed a refused or failed one.
    pub repeated: u64,
}

/// Connections of the calls of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Connections {
    /// Measured calls that made their connection, of those whose connection was seen.
    pub new: Share,
    /// Median time to make one, in milliseconds, over all calls that did.
    pub connect_ms: Figure,
}

/// The results of the target's probes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Readiness {
    /// Whether the target ever answered a probe.
    pub ready: bool,
    /// How many probes were made.
    pub probes: u64,
    /// Probes that were not answered, by how they ended.
    pub refusals: BTreeMap<String, u64>,
    /// From the first probe to the end of the first answered one; `None` when none was.
    pub time_to_ready_ms: Option<f64>,
    /// The latency of that answered probe alone.
    pub first_answer_ms: Option<f64>,
    /// Why the last failed probe failed.
    pub last_error: Option<String>,
}

/// Latency over all attempts, failed ones taken as longer than everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AllAttempts {
    /// Attempts.
    pub n: u64,
    /// Failed ones among them.
    pub failed: u64,
    /// Median; not available when so many failed that it is not finite.
    pub p50: Figure,
    /// 90th percentile.
    pub p90: Figure,
    /// 95th percentile.
    pub p95: Figure,
    /// 99th percentile.
    pub p99: Figure,
    /// Mean of `min(latency, limit)`, failures taken as the limit.
    pub restricted_mean: Figure,
    /// The limit: after this long a call is given up.
    pub limit_ms: f64,
}

impl AllAttempts {
    /// Its percentiles by name.
    #[must_use]
    pub fn percentiles(&self) -> [(&'static str, &Figure); 4] {
        [
            ("p50", &self.p50),
            ("p90", &self.p90),
            ("p95", &self.p95),
            ("p99", &self.p99),
        ]
    }
}

/// `latency = intercept + slope · output tokens`, by least squares over calls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Regression {
    /// The latency that each output token adds.
    pub ms_per_token: f64,
    /// The latency without output: about the time to the first token.
    pub intercept_ms: f64,
    /// Share of latency's variance that answer length explains; `None` when latency
    /// does not vary.
    pub r2: Option<f64>,
}

/// `Var ln latency = Var ln tokens + Var ln(ms per token) + 2 Cov`, over calls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LogParts {
    /// Of log latency.
    pub latency: f64,
    /// Of log output tokens: answer length.
    pub output_tokens: f64,
    /// Of log ms per output token: speed.
    pub ms_per_output_token: f64,
    /// Twice the covariance of the two.
    pub twice_covariance: f64,
}

/// Output tokens per second: two figures that answer two questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rates {
    /// Output tokens of answered measured calls ÷ time from the first of them being
    /// sent to the last one's end: throughput, pauses of the pipeline included.
    pub system_output_tps: Figure,
    /// `Σ(tokens - 1) ÷ Σ(last token - first token)`: what one user sees; streaming only.
    pub decode_tps: Figure,
}

/// Calls that kept the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Goodput {
    /// Good calls of all attempts.
    pub share: Share,
    /// Good calls per second of the window of measured calls.
    pub per_s: Figure,
    /// Good calls with a correct answer, of all attempts.
    pub correct: Share,
}

/// Whether the first measured repetition is still slower than the later ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WarmUp {
    /// The conclusion.
    pub verdict: WarmUpVerdict,
    /// First repetition ÷ later ones, geometric mean over prompts.
    pub ratio: Figure,
    /// First two repetitions ÷ last two, geometric mean over prompts.
    pub drift: Figure,
    /// The time that is compared.
    pub figure: WarmUpFigure,
    /// Prompts with both.
    pub prompts: u64,
}

/// Whether the warm-up was long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarmUpVerdict {
    /// The first measured repetition is no slower than the later ones.
    Enough,
    /// It is slower.
    TooShort,
    /// The calls cannot tell.
    Unknown,
}

/// The time in which repetitions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarmUpFigure {
    /// Latency ÷ output tokens.
    MsPerOutputToken,
    /// Latency, where tokens are not counted.
    Latency,
}

/// How often the measuring client itself was held up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Stalls {
    /// Held up for longer than this is counted.
    pub above_ms: f64,
    /// Measured calls that were held up, of those that were watched.
    pub share: Share,
}

/// How far a target repeats itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Repeats {
    /// Prompts that were answered more than once with their text kept.
    pub prompts: u64,
    /// Mean number of responses that differ in their text, over these prompts.
    pub distinct_responses: Figure,
    /// Mean number of final answers that differ, over these prompts.
    pub distinct_answers: Figure,
    /// Mean number of responses, over these prompts.
    pub responses: Figure,
    /// Pooled within-prompt coefficient of variation of output tokens.
    pub output_tokens_within_cv: Figure,
}

/// Failed calls that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FailureClass {
    /// The phase that the calls belong to.
    pub phase: Phase,
    /// How they ended.
    pub outcome: Outcome,
    /// The layer that failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_class: Option<ErrorLayer>,
    /// The service's error code.
    pub error_code: Option<String>,
    /// HTTP status.
    pub http_status: Option<u16>,
    /// How many.
    pub count: u64,
    /// The message of the first of them.
    pub message: Option<String>,
}
