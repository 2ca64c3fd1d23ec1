//! How a run was measured and summarized.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use bench_core::{config::Method, objective::Limits};
use bench_stats::FigureMethod;

/// How the run was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MethodFacts {
    /// As configured.
    #[serde(flatten)]
    pub configured: Method,
    /// The objectives that a call must meet to count towards goodput; `null` where not set.
    pub limits: Limits,
    /// Confidence of every interval.
    pub level: f64,
    /// Ratios up to this far from 1 are said to be equivalent.
    pub margin: f64,
    /// How percentiles are taken.
    pub quantile_methods: BTreeSet<FigureMethod>,
    /// How the standard deviation is taken.
    pub stddev: StddevMethod,
    /// How calls follow each other.
    pub mode: LoadModel,
}

/// How a standard deviation is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StddevMethod {
    /// That of a sample: squares are divided by n - 1.
    Sample,
}

/// How the calls of one worker follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadModel {
    /// A call begins when the one before it has ended.
    ClosedLoop,
}
