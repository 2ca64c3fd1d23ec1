//! The list of all runs, an entry each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{RunId, TargetId},
    money::Money,
};

/// One run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// The run.
    pub run_id: RunId,
    /// The configuration's name.
    pub name: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its last call ended.
    pub finished_at: Option<Timestamp>,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Whether any target is simulated.
    pub simulated: bool,
    /// One entry a target.
    pub targets: Vec<TargetEntry>,
}

/// One target of a run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetEntry {
    /// The target.
    pub id: TargetId,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Measured calls of the plan.
    pub planned: u64,
    /// Measured calls that were answered.
    pub ok: u64,
    /// Mean latency.
    pub mean_ms: Option<f64>,
    /// Median latency.
    pub p50_ms: Option<f64>,
    /// 95th percentile of latency.
    pub p95_ms: Option<f64>,
    /// Share of right answers; runs of before have none here.
    #[serde(default)]
    pub right: Option<f64>,
    /// What a thousand requests cost as measured.
    #[serde(default)]
    pub per_1k_requests: Option<Money>,
}
