//! Which call of a run a sample is of.

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
