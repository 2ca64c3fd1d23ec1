//! The cost of runs, targets and answers, and the break-even rates between targets.
//!
//! Prices come from a dated [`Catalog`](bench_core::money::Catalog), usage from the
//! calls that were measured. Money is decimal from end to end and rounded only where
//! a person reads it. A price that is unknown stays unknown: the figure made of it is
//! null, with its reason.

mod budget;
mod figure;
mod figures;
#[cfg(test)]
mod fixture;
mod pipeline;
mod prices;
mod reason;
mod usage;
mod warning;

pub use budget::{
    Basis, BudgetError, CallLimits, Estimate, LoadEstimate, PaidTarget, Planned, Range, RunBudget,
    RunEstimate, spent,
};
pub use figure::{Bounds, Figure};
pub use figures::{
    AtRate, AtUtilization, Billed, BreakEven, BreakEvenRange, CapacityBasis, Choice, CostFindings,
    CostModel, CostRange, Curve, CurveLine, DAYS_OF_MONTH, FixedCost, Hosting, HostingCell,
    HourlyComparison, IdleBreakEven, PromptCost, RunCost, SizeRow, Spend, StepCost, TargetCost,
    per_correct,
};
pub use pipeline::{MeasuredRuns, PipelineCost, PipelineLine, PipelineTally, PipelineUsage};
pub use prices::{
    MAX_AGE_DAYS, MissingPrice, PriceBook, PricesError, Quote, Rates, Terms, TokenRates, UsedPrice,
    catalog as read_catalog, different_currencies, distinct as distinct_prices,
    warnings as price_warnings,
};
pub use reason::CostReason;
pub use usage::{PhaseUsage, TargetUsage, Windows};
pub use warning::{CostWarning, CurrencyTargets, PricedUnit, StalePrice, UnverifiedPrice};
