//! Which call of a run a sample is of.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::identity::TargetId;

/// The purpose of a call.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Whether the target answers at all. Stored and shown, never summarized.
    #[default]
    Probe,
    /// First calls of a prompt. Stored and shown, never summarized.
    Warmup,
    /// Calls of a load before its window. Stored and shown, never summarized.
    Ramp,
    /// The calls that figures are made of.
    Measured,
}

impl Phase {
    /// The name used in artifacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Warmup => "warmup",
            Self::Ramp => "ramp",
            Self::Measured => "measured",
        }
    }
}

/// The identity of a call attempt within its run.
///
/// Calls of a load are in the order in which their worker made them, others in that of the
/// prompts.
///
/// ```
/// use bench_core::sample::{Phase, SampleKey};
/// let call = |step, prompt, repetition| SampleKey {
///     target: "t".parse().unwrap(), step, worker: step, prompt, phase: Phase::Measured,
///     repetition, attempt: 1,
/// };
/// assert!(call(0, 1, 2) < call(0, 2, 1));
/// assert!(call(0, 2, 1) < call(1, 2, 1));
/// assert!(call(1, 2, 1) < call(1, 1, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SampleKey {
    /// The target's id.
    pub target: TargetId,
    /// Step of a load, from 1; 0 outside of one.
    pub step: u32,
    /// Worker of the step, from 1; 0 outside of a load.
    pub worker: u32,
    /// Position of the prompt in the dataset, from 0.
    pub prompt: u32,
    /// The purpose of the call.
    pub phase: Phase,
    /// Repetition of the prompt, from 1; under load the number of the call among those of
    /// its worker, from 1.
    pub repetition: u32,
    /// Attempt at that repetition, from 1.
    pub attempt: u32,
}

impl Ord for SampleKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let call = |key: &Self| if key.step > 0 { key.repetition } else { 0 };
        let of_load = self.step.cmp(&other.step);
        let of_load = of_load.then(self.worker.cmp(&other.worker));
        let rest = |key: &Self| (key.prompt, key.phase, key.repetition, key.attempt);
        self.target
            .cmp(&other.target)
            .then(of_load)
            .then(call(self).cmp(&call(other)))
            .then(rest(self).cmp(&rest(other)))
    }
}

impl PartialOrd for SampleKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
