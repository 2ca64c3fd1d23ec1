//! Why a run is not complete, as data.

use bench_core::identity::TargetId;
use serde::{Deserialize, Serialize};

/// Why a run is not complete: one for a target at most, and one for the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Incomplete {
    /// A signal stopped the run; the report is of the samples until then.
    Stopped {
        /// Its name, such as `SIGINT`.
        signal: String,
    },
    /// The target answered no probe, so it was not measured.
    NeverReady {
        /// The target.
        target_id: TargetId,
        /// The error of the last probe, as the service put it.
        last_error: Option<String>,
    },
    /// Planned calls were not made, or were interrupted.
    CallsMissing {
        /// The target.
        target_id: TargetId,
        /// Measured calls without a result.
        missing: u64,
        /// Those of them that were in flight when the pipeline was killed.
        #[serde(default)]
        interrupted: u64,
        /// Measured calls of the plan.
        planned: u64,
        /// Whether the budget was spent before them.
        budget_spent: bool,
    },
    /// Every measured call failed.
    NoneAnswered {
        /// The target.
        target_id: TargetId,
        /// Measured calls.
        measured: u64,
    },
}
