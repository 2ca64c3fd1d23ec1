//! From a catalog of dated prices to the rates of one target.

mod lookup;
mod missing;
mod notes;
mod quote;
mod rates;
mod reading;
mod terms;
mod unusual;

pub use lookup::{MAX_AGE_DAYS, PricesError, UsedPrice};
pub use missing::MissingPrice;
pub use notes::{different_currencies, distinct, warnings};
pub use quote::{PriceBook, Quote};
pub use rates::{Rates, TokenRates};
pub use reading::catalog;
pub use terms::Terms;

pub(crate) use rates::WINDOW_MINUTES;
