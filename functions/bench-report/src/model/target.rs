//! What was found at one target, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use bench_core::{
    config::{Pricing, Tier},
    identity::TargetId,
    sample::{Outcome, Phase},
};
use bench_stats::Summary;

/// What was found at one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetReport {
    /// The target.
    pub id: TargetId,
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
    /// The same with its interval.
    pub success: Share,
    /// What the probe saw.
    pub readiness: Readiness,
    /// End-to-end latency of measured, answered calls.
    pub latency_ms: Summary,
    /// The same over all attempts, failed ones taken as longer than everything.
    pub latency_all_ms: AllAttempts,
    /// Time to the first token of any kind; streaming only.
    pub ttft_ms: Summary,
    /// Time to the first token that is not reasoning; streaming only.
    pub ttfo_ms: Summary,
    /// Time per output token after the first; streaming only.
    pub tpot_ms: Summary,
    /// Latency ÷ output tokens, of calls with a token count.
    pub latency_per_token_ms: Summary,
    /// Mean of latency ÷ output tokens over calls with a token count.
    pub ms_per_output_token: Option<f64>,
    /// Latency against output tokens; `None` with its reason in `withheld`.
    pub regression: Option<Regression>,
    /// The variance of log latency by length and speed; `None` with its reason in
    /// `withheld`.
    pub log_variance: Option<LogParts>,
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
    /// How often the measuring client itself was held up.
    pub stalls: Stalls,
    /// Median of client latency less what the service itself reported; `None`
    /// where it reports none.
    pub client_overhead_ms: Option<f64>,
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
    /// How far a target repeats itself.
    pub repeats: Repeats,
    /// Every figure of this target, outside of its summaries, that is `None`, with
    /// the reason.
    pub withheld: BTreeMap<String, String>,
    /// Failed calls by phase and class.
    pub failures: Vec<FailureClass>,
}

/// Calls of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// Median of what making one took, over all calls that did; `None` without any.
    pub connect_ms: Option<f64>,
}

/// What the probe saw.
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

/// Right answers of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Accuracy {
    /// Answers that are right, by whatever rule they were found.
    pub correct: u64,
    /// Measured calls that were answered; no answer found is wrong.
    pub graded: u64,
    /// `correct ÷ graded`; `None` without answers.
    pub rate: Option<f64>,
    /// `correct ÷ measured calls made`, failed ones being no right answer either.
    pub of_attempts: Share,
    /// Right by whatever rule, of answered calls.
    pub flexible: Share,
    /// Right on the `####` line, of answered calls.
    pub strict: Share,
    /// Right among the answers that the token limit cut off.
    pub truncated: Share,
    /// Answered calls by the rule that found their answer; `none` where none was found.
    pub rules: BTreeMap<String, u64>,
}

/// A share with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub n: u64,
    /// `count ÷ n`; `None` of nothing.
    pub rate: Option<f64>,
    /// Lower limit; `None` of nothing.
    pub low: Option<f64>,
    /// Upper limit; `None` of nothing.
    pub high: Option<f64>,
    /// Confidence, 0.95.
    pub level: f64,
    /// How the interval was made.
    pub method: String,
}

/// Latency over all attempts, failed ones taken as longer than everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AllAttempts {
    /// Attempts.
    pub n: u64,
    /// Failed ones among them.
    pub failed: u64,
    /// Median; `None` when so many failed that it is not finite.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Mean of `min(latency, limit)`, failures taken as the limit.
    pub restricted_mean: Option<f64>,
    /// The limit: after this long a call is given up.
    pub limit_ms: f64,
    /// Every figure that is `None`, with the reason.
    pub withheld: BTreeMap<String, String>,
}

/// `latency = intercept + slope · output tokens`, by least squares over calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Regression {
    /// What each output token adds.
    pub ms_per_token: f64,
    /// What remains without output: about the time to the first token.
    pub intercept_ms: f64,
    /// Share of latency's variance that answer length explains; `None` when latency
    /// does not vary.
    pub r2: Option<f64>,
    /// Calls with a token count.
    pub n: u64,
    /// How the line was made.
    pub method: String,
}

/// `Var ln latency = Var ln tokens + Var ln(ms per token) + 2 Cov`, over calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LogParts {
    /// Of log latency.
    pub latency: f64,
    /// Of log output tokens: answer length.
    pub output_tokens: f64,
    /// Of log ms per output token: speed.
    pub ms_per_output_token: f64,
    /// Twice the covariance of the two.
    pub twice_covariance: f64,
    /// Calls with a token count.
    pub n: u64,
}

/// Output tokens per second: two figures that answer two questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rates {
    /// Output tokens of answered measured calls ÷ time from the first of them being
    /// sent to the last one's end: throughput, pauses of the pipeline included.
    pub system_output_tps: Option<f64>,
    /// `Σ(tokens - 1) ÷ Σ(last token - first token)`: what one user sees; streaming only.
    pub decode_tps: Option<f64>,
    /// Calls with a token count.
    pub n: u64,
    /// Streamed calls with a token count above one.
    pub streamed: u64,
}

/// Calls that kept the limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Goodput {
    /// Good calls of all attempts.
    pub share: Share,
    /// Good calls per second of the window of measured calls.
    pub per_s: Option<f64>,
    /// Good calls with a right answer, of all attempts.
    pub correct: Share,
    /// Why the figures are `None`, where they are.
    pub reason: Option<String>,
}

/// Whether the first measured repetition is still slower than the later ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WarmUp {
    /// `enough`, `too_short`, or `unknown`.
    pub verdict: String,
    /// First repetition ÷ later ones, geometric mean over prompts.
    pub ratio: Option<f64>,
    /// Lower limit of the ratio.
    pub low: Option<f64>,
    /// Upper limit of the ratio.
    pub high: Option<f64>,
    /// First two repetitions ÷ last two, geometric mean over prompts.
    pub drift: Option<f64>,
    /// Of what: `ms_per_output_token`, or `latency` where tokens are not counted.
    pub figure: String,
    /// Prompts with both.
    pub prompts: u64,
    /// How the interval was made.
    pub method: String,
    /// Why there is no verdict.
    pub reason: Option<String>,
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
    pub distinct_responses: Option<f64>,
    /// Mean number of final answers that differ, over these prompts.
    pub distinct_answers: Option<f64>,
    /// Mean number of responses, over these prompts.
    pub responses: Option<f64>,
    /// Pooled within-prompt coefficient of variation of output tokens.
    pub output_tokens_within_cv: Option<f64>,
}

/// Failed calls that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
