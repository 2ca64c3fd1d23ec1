//! The record of a worker of a step.

use serde::{Deserialize, Serialize};

use super::StepTally;

/// A worker of a step, as it is stored beside the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerRecord {
    /// Number of the step, from 1.
    pub step: u32,
    /// Number of the worker, from 1.
    pub worker: u32,
    /// How far it is.
    pub state: WorkerState,
    /// The tally of its samples; `None` until it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<StepTally>,
    /// The Lambda request that began it.
    pub request_id: String,
    /// Of a closed loop, while it awaits answers behind the end of its part: the callers that
    /// were answered, from 1, which the next worker takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub free_callers: Vec<u32>,
}

impl WorkerRecord {
    /// Whether the worker makes no further call of a caller.
    #[must_use]
    pub fn has_freed(&self, caller: u32) -> bool {
        self.state != WorkerState::Running || self.free_callers.contains(&caller)
    }
}

/// How far a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It began. One that stays so was killed.
    Running,
    /// Its window is over, and every call of it has its sample.
    Done,
    /// It was killed: its calls that have no sample were begun and their ends are not known.
    Interrupted,
    /// It began too late to share the window, and sent nothing.
    Late,
    /// The budget was spent: it sent nothing more.
    BudgetSpent,
}
