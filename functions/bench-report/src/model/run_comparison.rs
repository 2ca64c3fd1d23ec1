//! Two runs compared, as data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Comparison;
use bench_core::identity::{RunId, TargetId};

/// Two runs compared, target by target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunComparison {
    /// The run that is compared with.
    pub first: RunSide,
    /// The run that is compared.
    pub second: RunSide,
    /// Prompts that are the same in both runs.
    pub prompts: usize,
    /// One entry a target of both runs, in the order of the second.
    pub targets: Vec<TargetComparison>,
    /// Everything else that is not the same in both runs and may be the cause of a
    /// difference.
    pub differences: Vec<RunDifference>,
    /// From so many runs on a trend can be told from drift.
    pub runs_for_trend: usize,
}

/// One of two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSide {
    /// The run.
    pub run_id: RunId,
    /// Its configuration's name.
    pub name: String,
    /// When it was requested.
    pub created_at: Timestamp,
}

/// One target in two runs; every ratio is second run ÷ first run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetComparison {
    /// The target.
    pub target_id: TargetId,
    /// Mean latency in the first run.
    pub first_mean_ms: Option<f64>,
    /// Mean latency in the second run.
    pub second_mean_ms: Option<f64>,
    /// The second run's calls, its `first`, against the first run's, its `second`;
    /// p-values are adjusted over all targets.
    pub comparison: Comparison,
}

/// Which of two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichRun {
    /// The run that is compared with.
    First,
    /// The run that is compared.
    Second,
}

/// One thing that is not the same in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunDifference {
    /// Prompts of one run are not those of the other, and are left out.
    PromptsLeftOut {
        /// The run that has them.
        run: WhichRun,
        /// How many.
        prompts: u64,
    },
    /// A field of the configuration has another value.
    FieldChanged {
        /// Its path, such as `method.max_tokens`.
        field: String,
        /// Its value in the first run.
        first: Value,
        /// Its value in the second run.
        second: Value,
    },
    /// One run alone has the target.
    TargetInOneRun {
        /// The target.
        target_id: TargetId,
        /// The run that has it.
        run: WhichRun,
    },
}
