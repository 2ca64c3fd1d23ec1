//! Update of the price catalog from the AWS Price List.
//!
//! Only SKUs in the catalog are looked up, and only exact, unambiguous prices are
//! written: a price that is not found, or is ambiguous, keeps its entry and is
//! listed with the reason.

mod bedrock;
mod file;
mod instance;
mod list;
mod lookup;
mod product;
mod refresh;

pub use file::{Change, PriceFile};
pub use list::PriceList;
pub use lookup::{ListedPrice, Lookup, PriceKey};
pub use refresh::{Refresh, Scope, Unresolved, refresh};
