//! What an answer costs, and where the lines cross.
//!
//! Prices come from a dated [`Catalogue`]; what is paid for comes from the calls
//! that were measured. Money is decimal from end to end and rounded only where a
//! person reads it. A price that is unknown stays unknown: the figure made of it
//! is null and says why.

mod catalogue;
mod money;
mod rates;
mod read;
mod terms;
mod unit;
mod windows;

pub use catalogue::{Catalogue, MAX_AGE_DAYS, Overrides, Price, PricesError, UsedPrice};
pub use money::{Bounds, Currency, Figure, Money};
pub use rates::{PriceBook, Quote, Rates, TokenRates, Tokens};
pub use terms::Terms;
pub use unit::{Item, Unit};
pub use windows::{Span, Windows};
