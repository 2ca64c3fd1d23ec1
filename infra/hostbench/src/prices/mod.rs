//! The price catalogue, brought up to date from the AWS Price List.
//!
//! What the catalogue names is looked up, nothing else is added, and only an
//! exact, unambiguous answer is written: a price that is not found, or of which
//! the list has two, keeps its entry and is named with the reason.

mod bedrock;
mod file;
mod list;
mod lookup;
mod machine;
mod product;
mod refresh;

pub use file::{Change, PriceFile};
pub use list::PriceList;
pub use lookup::{Found, Listed, Wanted};
pub use refresh::{Kept, Refresh, Scope, refresh};
