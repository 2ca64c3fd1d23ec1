//! Why the invoker could not do its part, by the names the state machine matches.
//!
//! A model call that fails is no error: it is a sample.

use bench_core::identity::RunId;
use bench_store::StoreError;
use lambda_runtime::Diagnostic;

/// Every error name of this Lambda.
pub const NAMES: &[&str] = &["PlanMissing", "NotInPlan", "StoreFailed"];

/// Why the invoker could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run was never planned.
    #[error("run `{run_id}` has no plan; start it through the state machine")]
    PlanMissing {
        /// The run.
        run_id: RunId,
    },
    /// The plan knows no such target or prompt.
    #[error("the plan of run `{run_id}` has no {what}")]
    NotInPlan {
        /// The run.
        run_id: RunId,
        /// The target or prompt of the request.
        what: String,
    },
    /// The table or the bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The name the state machine matches.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PlanMissing { .. } => "PlanMissing",
            Self::NotInPlan { .. } => "NotInPlan",
            Self::Store(_) => "StoreFailed",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.name().to_owned(),
            error_message: error.to_string(),
        }
    }
}
