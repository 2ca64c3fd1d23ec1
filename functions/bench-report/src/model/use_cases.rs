//! Which target fits which use case, as data.

use bench_core::{
    config::{Tier, UseCase},
    identity::TargetId,
};
use bench_stats::Unavailable;
use serde::{Deserialize, Serialize};

/// A use case with every target against its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UseCaseReport {
    /// The use case and its limits, as configured.
    pub limits: UseCase,
    /// One entry a target, in the order of the configuration; empty where this
    /// benchmark does not measure the use case.
    pub targets: Vec<Fit>,
    /// The target with the lowest cost per request of those that fit; `None` where
    /// none fits, none of them has a cost, all are simulated, or calls without a token
    /// count leave it open.
    pub cheapest: Option<TargetId>,
}

/// A target against the limits of a use case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fit {
    /// The target.
    pub target_id: TargetId,
    /// Whether it is simulated: then this is not a result.
    pub simulated: bool,
    /// Model size, as declared.
    pub tier: Option<Tier>,
    /// Whether it meets every limit; `None` where it misses none and some are not
    /// known to be met.
    pub fits: Option<bool>,
    /// Whether whole intervals show it, and not the figures alone.
    pub certain: bool,
    /// One entry a limit.
    pub checks: Vec<Check>,
    /// Cost of 1,000 requests at the rate of the use case, in dollars: the higher
    /// reading of the bill. `None` where that is not known.
    pub cost_per_1k_usd: Option<f64>,
    /// Machines or copies that the rate takes; `None` where none stands by.
    pub instances: Option<u64>,
}

/// One limit, and the measured value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Check {
    /// The limit.
    pub limit: UseCaseLimit,
    /// The limit's value.
    pub allowed: f64,
    /// The measured value; `None` with its reason.
    pub found: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end; `None` where so few prompts give none.
    pub high: Option<f64>,
    /// Whether the limit is met; `None` where it is not known.
    pub kept: Option<bool>,
    /// Whether the whole interval is on that side of the limit.
    pub certain: bool,
    /// Why it is not known.
    pub reason: Option<NotKnown>,
}

/// A limit of a use case, by its name in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UseCaseLimit {
    /// The longest p95 of the time to the first token, in milliseconds.
    TtftP95Ms,
    /// The longest p95 of latency, in milliseconds.
    LatencyP95Ms,
    /// The lowest share of correct answers.
    Accuracy,
    /// The lowest share of answered calls.
    SuccessRate,
    /// The highest cost of 1,000 requests, in dollars.
    #[serde(rename = "cost_per_1k_usd")]
    CostPer1kUsd,
}

/// Why it is not known whether a limit is met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotKnown {
    /// The figure is not available.
    FigureNotAvailable {
        /// Why not.
        why: Unavailable,
    },
    /// The run has no prices.
    NoPrices,
    /// The target has no cost; its entry in `cost` says why.
    NoCost,
    /// The cost is in another currency than dollars.
    NotInDollars,
}

impl UseCaseLimit {
    /// Every limit, in the order of a use case.
    pub const ALL: [Self; 5] = [
        Self::TtftP95Ms,
        Self::LatencyP95Ms,
        Self::Accuracy,
        Self::SuccessRate,
        Self::CostPer1kUsd,
    ];

    /// Whether the limit is the highest value that is allowed, and not the lowest.
    #[must_use]
    pub const fn is_upper(self) -> bool {
        match self {
            Self::TtftP95Ms | Self::LatencyP95Ms | Self::CostPer1kUsd => true,
            Self::Accuracy | Self::SuccessRate => false,
        }
    }
}
