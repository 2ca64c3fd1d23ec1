//! What an answer costs, and where the lines cross.
//!
//! Prices come from a dated [`Catalogue`]; what is paid for comes from the calls
//! that were measured. Money is decimal from end to end and rounded only where a
//! person reads it. A price that is unknown stays unknown: the figure made of it
//! is null and says why.

mod break_even;
mod budget;
mod catalogue;
mod curve;
mod estimate;
mod figure;
#[cfg(test)]
mod fixture;
mod hosting;
mod line;
mod per_correct;
mod pipeline;
mod pipeline_tally;
mod price_remarks;
mod quote;
mod rates;
mod read;
mod run;
mod run_budget;
mod run_estimate;
mod spend;
mod stretches;
mod target;
mod target_use;
mod terms;
mod usage;
mod windows;

pub use break_even::{Awake, BreakEven, count};
pub use budget::{CallLimits, Progress, spent};
pub use catalogue::{MAX_AGE_DAYS, PricesError, UsedPrice};
pub use curve::{Choice, Curve, CurveLine};
pub use estimate::{Estimate, Planned, Range};
pub use figure::{Bounds, Figure};
pub use hosting::{HostingCell, HourlyComparison, SizeRow};
pub use line::{AtRate, CostLine, DAYS_OF_MONTH, Standing};
pub use per_correct::{PerCorrect, PromptCost};
pub use pipeline::{Architecture, PipelineCost, PipelineLine, PipelineUse};
pub use pipeline_tally::{INVOKER_MEMORY_MB, PipelineTally};
pub use price_remarks::{MissingPrice, distinct as distinct_prices, remarks as price_remarks};
pub use quote::{PriceBook, Quote};
pub use rates::{Rates, TokenRates, Tokens};
pub use read::catalogue as read_catalogue;
pub use run::RunCost;
pub use run_budget::{PaidTarget, RunBudget, Used};
pub use run_estimate::RunEstimate;
pub use spend::{Billed, Spend};
pub use target::{AtUtilisation, TargetCost};
pub use target_use::{PhaseUsage, TargetUse};
pub use terms::Terms;
pub use usage::Usage;
pub use windows::{Span, Windows};
