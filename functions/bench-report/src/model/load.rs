//! The load that targets were put under, as data.

use bench_core::{
    config::Load,
    identity::TargetId,
    load::{BlockTally, StepPlan},
    sample::{ErrorLayer, Outcome},
};
use bench_cost::{Bounds, StepCost};
use bench_load::{Capacity, EndReason, Ranking, StepJudgment};
use bench_stats::Figure;
use serde::{Deserialize, Serialize};

use super::Share;

/// The load of a run and what its targets sustain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadReport {
    /// As it was configured: limits in the service's own time, seconds and requests per second
    /// as they are measured.
    pub configured: Load,
    /// One entry a target that was under load, in the order of the configuration.
    pub targets: Vec<TargetLoad>,
    /// One entry for every two of them that are ranked: simulated targets only where there is
    /// no other.
    pub rankings: Vec<LoadRanking>,
}

/// The load of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetLoad {
    /// The target.
    pub target_id: TargetId,
    /// Its steps, in the order in which they were made.
    pub steps: Vec<LoadStep>,
    /// The highest load under the objective.
    pub capacity: Capacity,
    /// Throughput and cost at the ends of that interval.
    pub at_capacity: AtCapacity,
    /// Why no further step was made, as the planner decided; of samples alone as the steps
    /// tell, and `None` where they do not: of a load that was stopped, or whose time or budget
    /// was used up.
    pub ended: Option<EndReason>,
}

/// Which of two targets sustains more load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadRanking {
    /// The first target.
    pub first: TargetId,
    /// The second target.
    pub second: TargetId,
    /// Which of them; only where their intervals have no level in common.
    pub ranking: Ranking,
}

/// Throughput and cost of a target at its capacity under the objective: of the latest step at
/// each end of its interval that shows how the target is there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtCapacity {
    /// Answered requests per second.
    pub requests_per_s: Ends,
    /// Output tokens per second.
    pub output_tokens_per_s: Ends,
    /// Cost of 1,000 requests: of the steps at both ends; `None` where it is not available
    /// at the lower end.
    pub cost_per_1k_requests: Option<Bounds>,
    /// Cost of a million output tokens there.
    pub cost_per_million_output_tokens: Option<Bounds>,
}

/// A figure of the steps at the lower end of a capacity's interval and at the level that broke
/// the objective; `None` where the end is open or the figure is not available.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Ends {
    /// At the lower end.
    pub low: Option<f64>,
    /// At the level that broke the objective.
    pub high: Option<f64>,
}

/// One step of a load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadStep {
    /// Its plan, as its samples tell; of a simulated target with its level and its seconds in
    /// the service's own time, as all figures but those of the client are.
    pub plan: StepPlan,
    /// Calls of the ramp, which are not counted.
    pub ramp_calls: u64,
    /// The calls of the window, block by block.
    pub blocks: Vec<BlockTally>,
    /// The conclusions: whether it was steady, and whether it kept the objective.
    pub judgment: StepJudgment,
    /// Calls of the window that gave a whole answer.
    pub success: Share,
    /// Correct answers of those that could be graded.
    pub accuracy: Share,
    /// Answers that came in the window, by its length.
    pub requests_per_s: Figure,
    /// Their output tokens, by its length.
    pub output_tokens_per_s: Figure,
    /// Their input tokens, by its length.
    pub input_tokens_per_s: Figure,
    /// From the intended start to the last byte, in milliseconds.
    pub response_ms: StepTimes,
    /// From the intended start to the first token; streaming only.
    pub response_ttft_ms: StepTimes,
    /// From the send to the last byte.
    pub service_ms: StepTimes,
    /// Time per output token after the first piece; streaming only.
    pub tpot_ms: StepTimes,
    /// Output tokens per second that one user sees once they flow; the median of answers.
    pub user_tokens_per_s: Figure,
    /// The 99th percentile of the time from intended start to send, of the worker where it
    /// is longest, in milliseconds as they were measured.
    pub queued_p99_ms: f64,
    /// Calls of the window that a connection was opened for, which their times contain.
    pub connections_opened: u64,
    /// The cost of requests at its throughput; `None` where the target has no price.
    pub cost: Option<StepCost>,
    /// Failed calls of the window that failed alike, the most frequent first.
    pub failures: Vec<LoadFailure>,
}

/// Quantiles of answered calls of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepTimes {
    /// Arithmetic mean.
    pub mean: Figure,
    /// Median, type 7.
    pub p50: Figure,
    /// 95th percentile, type 7.
    pub p95: Figure,
    /// 99th percentile, type 7.
    pub p99: Figure,
}

/// Failed calls of a window that failed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadFailure {
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
    /// How many in each block of the window.
    pub by_block: Vec<u64>,
    /// The message of the first of them.
    pub message: Option<String>,
}
