//! Whole reports from samples: real traces, degenerate runs, any order of samples.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails where a report lacks what it asks for"
)]

mod brief;
mod browser;
mod calls;
mod degenerate;
mod extremes;
mod findings;
mod hostile;
mod laws;
mod lengths;
mod load;
mod load_steps;
mod making;
mod money;
mod node;
mod numbers;
mod pages;
mod rebuilding;
mod schemas;
mod sentences;
mod simulation;
mod together;
mod tpot;
mod traces;
mod ungraded;
mod wrong_answers;
