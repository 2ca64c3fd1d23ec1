//! From figures to conclusions.

pub(crate) mod answer;
pub(crate) mod comparisons;
pub(crate) mod run_comparison;
pub(crate) mod use_cases;
pub(crate) mod verdicts;
pub(crate) mod warnings;
