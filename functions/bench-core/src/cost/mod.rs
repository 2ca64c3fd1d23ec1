//! What an answer costs, and where the lines cross.
//!
//! Prices come from a dated [`Catalogue`]; what is paid for comes from the calls
//! that were measured. Money is decimal from end to end and rounded only where a
//! person reads it. A price that is unknown stays unknown: the figure made of it
//! is null and says why.

mod break_even;
mod catalogue;
mod curve;
#[cfg(test)]
mod fixture;
mod hosting;
mod line;
mod money;
mod per_correct;
mod rates;
mod read;
mod target;
mod terms;
mod unit;
mod usage;
mod windows;

pub use break_even::{Awake, BreakEven};
pub use catalogue::{Catalogue, MAX_AGE_DAYS, Overrides, Price, PricesError, UsedPrice};
pub use curve::{Choice, Curve, CurveLine};
pub use hosting::{HostingCell, HourlyComparison, SizeRow};
pub use line::{AtRate, CostLine, DAYS_OF_MONTH, Standing};
pub use money::{Bounds, Currency, Figure, Money};
pub use per_correct::{PerCorrect, PromptCost};
pub use rates::{PriceBook, Quote, Rates, TokenRates, Tokens};
pub use target::{AtUtilisation, Billed, Spend, TargetCost};
pub use terms::Terms;
pub use unit::{Item, Unit};
pub use usage::{Usage, by_phase, measured_concurrency, spans, windows};
pub use windows::{Span, Windows};
