//! Conclusions as sentences. Nothing here decides anything, and nothing reads a
//! sentence again.

pub(crate) mod answer;
pub(crate) mod cost_answer;
pub(crate) mod incomplete;
pub mod run_comparison;
pub(crate) mod verdicts;
pub(crate) mod warnings;

/// A count with its noun.
fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
