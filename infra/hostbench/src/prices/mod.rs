//! The price catalogue, brought up to date from the AWS Price List.
//!
//! What the catalogue names is looked up, nothing else is added, and only an
//! exact, unambiguous answer is written: a price that is not found, or of which
//! the list has two, keeps its entry and is named with the reason.

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
