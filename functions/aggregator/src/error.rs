//! Why a report could not be written, by the names the state machine matches.

use bench_core::identity::RunId;
use bench_store::StoreError;
use lambda_runtime::Diagnostic;

/// Every error name of this Lambda.
pub const NAMES: &[&str] = &["PlanMissing", "StoreFailed"];

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run was never planned.
    #[error("run `{run_id}` has no plan; start it through the state machine")]
    PlanMissing {
        /// The run.
        run_id: RunId,
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
