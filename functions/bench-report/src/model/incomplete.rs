//! Why a run is not complete, as data.

use bench_core::identity::TargetId;
use serde::{Deserialize, Serialize};

/// Why a run is not complete, one for a target at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Incomplete {
    /// The target answered no probe, so it was not measured.
    NeverReady {
        /// The target.
        target_id: TargetId,
        /// The error of the last probe, as the service put it.
        last_error: Option<String>,
    },
    /// Planned calls were not made.
    CallsMissing {
        /// The target.
        target_id: TargetId,
        /// Measured calls that were not made.
        missing: u64,
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
