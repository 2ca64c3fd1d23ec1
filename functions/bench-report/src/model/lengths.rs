//! Lengths of prompts and answers against those that were asked for.

use serde::{Deserialize, Serialize};

use super::Share;
use bench_core::identity::TargetId;
use bench_stats::Figure;

/// The side of a call whose length was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthOf {
    /// The prompt: `dataset.input_tokens`.
    Input,
    /// The answer: `method.min_tokens`, `method.ignore_eos`.
    Output,
}

/// The tokens of measured, answered calls of one target, as the service counted them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TokenLengths {
    /// Of prompts or of answers.
    pub of: LengthOf,
    /// The fewest tokens that were asked for: of prompts 10 % below the length.
    pub at_least: u64,
    /// The most tokens that were asked for: of prompts 10 % above the length.
    pub at_most: Option<u64>,
    /// Their mean.
    pub mean: Figure,
    /// Their 5th percentile.
    pub p5: Figure,
    /// Their 95th percentile.
    pub p95: Figure,
    /// Calls within what was asked for, of those with a count.
    pub kept: Share,
}

/// Prompts or answers of a target that have another length than was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LengthNotKept {
    /// The target.
    pub target_id: TargetId,
    /// Which of them.
    pub of: LengthOf,
    /// Answered calls outside of what was asked for.
    pub outside: u64,
    /// Answered calls with a count.
    pub calls: u64,
    /// The fewest tokens that were asked for.
    pub at_least: u64,
    /// The most tokens that were asked for.
    pub at_most: Option<u64>,
}
