//! Cost before and during a run: estimates, and what a budget still allows.

mod estimate;
mod load_estimate;
mod run_budget;
mod run_estimate;
mod spent;

pub use estimate::{Basis, Estimate, Planned, Range};
pub use load_estimate::LoadEstimate;
pub use run_budget::{BudgetError, PaidTarget, RunBudget};
pub use run_estimate::RunEstimate;
pub use spent::{CallLimits, spent};

pub(crate) use estimate::windows_of;
