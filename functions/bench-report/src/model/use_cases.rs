//! Which target fits which use, as data.

use serde::{Deserialize, Serialize};

use bench_core::{
    config::{Tier, UseCase},
    identity::TargetId,
};

/// A use with what was measured of each target against its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UseCaseReport {
    /// The use and its limits, as configured.
    pub limits: UseCase,
    /// One entry a target, in the order of the configuration; empty where this
    /// benchmark says nothing of the use.
    pub targets: Vec<Fit>,
    /// The target that costs least a request of those that fit; `None` where none
    /// fits, none of them has a cost, or all are simulated.
    pub cheapest: Option<TargetId>,
    /// All of it in a sentence or two.
    pub sentence: String,
}

/// A target against the limits of a use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fit {
    /// The target.
    pub target_id: TargetId,
    /// Whether it is simulated: then this is no finding.
    pub simulated: bool,
    /// Model size, as declared.
    pub tier: Option<Tier>,
    /// Whether it keeps every limit; `None` where none is broken and some are not
    /// known to be kept.
    pub fits: Option<bool>,
    /// Whether whole intervals say so, and not the figures alone.
    pub certain: bool,
    /// One entry a limit.
    pub checks: Vec<Check>,
    /// What a thousand requests cost at the rate of the use, in dollars: the dearer
    /// reading of the bill. `None` where that is not known.
    pub cost_per_1k_usd: Option<f64>,
    /// Machines or copies that the rate takes; `None` where none stands by.
    pub instances: Option<u64>,
}

/// One limit, and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Check {
    /// The limit, by its name in the configuration.
    pub limit: String,
    /// What is allowed.
    pub allowed: f64,
    /// What was found; `None` with its reason.
    pub found: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end; `None` where so few prompts give none.
    pub high: Option<f64>,
    /// Whether the limit is kept; `None` where it is not known.
    pub kept: Option<bool>,
    /// Whether the whole interval is on that side of the limit.
    pub certain: bool,
    /// Why it is not known.
    pub reason: Option<String>,
}
