//! The usage of calls: attempts, tokens and the time that they take.

mod calls;
mod span;
#[cfg(test)]
mod tests;
mod tokens;
mod totals;

pub use calls::{Usage, reached_model};
pub use span::Span;
pub use tokens::Tokens;
pub use totals::UsageTotals;
