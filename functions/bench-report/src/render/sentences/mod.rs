//! Conclusions as sentences. Nothing here decides anything, and nothing reads a
//! sentence again.

pub(crate) mod answer;
pub(crate) mod brief;
mod capacity;
pub(crate) mod cost_answer;
pub(crate) mod grading;
pub(crate) mod incomplete;
pub(crate) mod method;
pub mod run_comparison;
pub(crate) mod simulation;
pub(crate) mod use_cases;
pub(crate) mod verdicts;
pub(crate) mod warnings;
