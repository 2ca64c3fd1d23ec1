//! From figures to typed conclusions. No sentence is made here.

pub(crate) mod answer;
mod cheapest;
pub(crate) mod comparisons;
mod fastest;
pub(crate) mod incomplete;
mod lengths;
pub(crate) mod load;
mod ranked;
pub(crate) mod run_comparison;
pub(crate) mod use_cases;
pub(crate) mod warnings;
