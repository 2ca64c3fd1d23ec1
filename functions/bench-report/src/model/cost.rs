//! The cost of a run and its findings, as data.

use std::ops::Deref;

use bench_cost::{BreakEven, CostWarning, IdleBreakEven, RunCost};
use serde::{Deserialize, Serialize};

use super::WithSentence;

/// The cost of a run with the findings made from it, which are fields of it in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostReport {
    /// The figures.
    #[serde(flatten)]
    pub figures: RunCost,
    /// Every pair of a target paid by use and one paid by the hour.
    pub break_even: Vec<WithSentence<BreakEven>>,
    /// Every pair of an import that scales to zero and a machine that does not.
    pub idle_break_even: Vec<WithSentence<IdleBreakEven>>,
    /// The warnings about figures and prices, each once.
    pub warnings: Vec<WithSentence<CostWarning>>,
}

impl Deref for CostReport {
    type Target = RunCost;

    fn deref(&self) -> &RunCost {
        &self.figures
    }
}
