//! The limit that gave way first at a level that broke the objective.

use bench_core::load::{BlockTally, Criterion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::criteria::{CriterionShare, ShareOutcome};

/// The limit that gave way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GaveWay {
    /// Time to the first token.
    Ttft,
    /// Time per output token.
    Tpot,
    /// Response time.
    Latency,
    /// Success: requests failed.
    Errors,
    /// The service refused requests, since there were too many.
    Throttling,
    /// No limit yet, but the queue grew.
    Queue,
}

impl GaveWay {
    /// The limit that gave way at a level of these shares and blocks: of the broken ones the one that
    /// is farthest below what it has to be. A limit that failures alone break gave way to
    /// failures: to the more frequent of refusals and other failures. Where no limit is
    /// broken, the queue grew.
    pub(crate) fn of(criteria: &[CriterionShare], blocks: &[BlockTally]) -> Self {
        let sum = |count: fn(&BlockTally) -> u64| blocks.iter().map(count).sum::<u64>();
        let (arrived, throttled) = (sum(|b| b.arrived), sum(|b| b.throttled));
        let failed = sum(|b| b.failed);
        let broken = criteria
            .iter()
            .filter(|share| share.outcome == ShareOutcome::Broken);
        let short = |share: &CriterionShare| share.required - share.share.unwrap_or(1.0);
        let Some(worst) = broken.max_by(|a, b| short(a).total_cmp(&short(b))) else {
            return Self::Queue;
        };
        let answered = 1.0 - (throttled + failed) as f64 / (arrived as f64).max(1.0);
        match worst.criterion {
            _ if answered < worst.required && throttled >= failed => Self::Throttling,
            _ if answered < worst.required => Self::Errors,
            Criterion::Ttft => Self::Ttft,
            Criterion::Tpot => Self::Tpot,
            Criterion::Latency => Self::Latency,
            Criterion::Success => Self::Errors,
        }
    }
}
