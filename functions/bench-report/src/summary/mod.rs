//! From samples to figures.

pub(crate) mod accuracy;
pub(crate) mod attempts;
pub(crate) mod cost;
pub(crate) mod lengths;
pub(crate) mod load;
pub mod metrics;
pub(crate) mod prompts;
pub(crate) mod repetition;
pub(crate) mod speed;
pub(crate) mod tally;
pub(crate) mod target;
