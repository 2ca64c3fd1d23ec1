//! The tables of a report, but those about load.

mod accuracy;
mod comparisons;
mod cost;
mod failures;
mod latency;
mod method;
mod use_cases;

pub(crate) use accuracy::{accuracy, agreement, disagreements};
pub(crate) use comparisons::{ratios, real_first};
pub(crate) use cost::{cost, prices};
pub(crate) use failures::{attempts, failed_calls, failure_classes, readiness};
pub(crate) use latency::{key_figures, latency, tokens, variability};
pub(crate) use method::{targets, token_lengths};
pub(crate) use use_cases::use_cases;
