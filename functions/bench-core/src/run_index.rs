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
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last call ended.
    pub finished_at: Option<Timestamp>,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Whether any target is simulated.
    pub simulated: bool,
    /// One entry per target.
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
    /// Measured calls that succeeded.
    pub ok: u64,
    /// Mean latency in milliseconds.
    pub mean_ms: Option<f64>,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile of latency in milliseconds.
    pub p95_ms: Option<f64>,
    /// Share of graded responses that are correct; entries of earlier versions have it
    /// as `right`, or not at all.
    #[serde(default, alias = "right")]
    pub accuracy: Option<f64>,
    /// Cost of 1,000 requests as measured.
    #[serde(default)]
    pub per_1k_requests: Option<Money>,
}
