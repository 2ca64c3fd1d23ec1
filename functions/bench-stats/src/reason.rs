//! Why a figure is not available, how one was made, and what to bear in mind about
//! it: as enums with their numbers. Their sentences are made where they are shown.

use serde::{Deserialize, Serialize};

/// Why a figure about calls is not available.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Unavailable {
    /// No measured call was made.
    NoCalls,
    /// No measured call was answered.
    NoAnswers,
    /// No measured, answered call gave this value.
    NoValues,
    /// No measured, answered call was streamed.
    NotStreamed,
    /// The service does not count output tokens.
    TokensNotCounted,
    /// No streamed answer has output tokens after its first piece, so that there is no
    /// time between them.
    NoTokenGaps,
    /// No call reports it.
    NotReported,
    /// No answered prompt has a reference answer.
    NoReferenceAnswer,
    /// The samples do not say when calls were made.
    StartsNotKnown,
    /// The token limit cut off no answer.
    NoneTruncated,
    /// It needs more prompts.
    TooFewPrompts {
        /// Prompts that there are.
        prompts: u64,
        /// Prompts that it takes.
        needed: u64,
    },
    /// It needs more calls.
    TooFewCalls {
        /// Calls that there are.
        calls: u64,
        /// Calls that it takes.
        needed: u64,
    },
    /// No prompt was answered twice.
    NoRepetition,
    /// The values do not vary.
    NoVariation,
    /// So many attempts failed that it is not finite.
    AboveLimit {
        /// When a call is given up, in milliseconds.
        limit_ms: f64,
        /// Attempts that failed.
        failed: u64,
        /// All attempts.
        attempts: u64,
    },
    /// Of some answered calls it is not known whether they kept a limit: they were
    /// not streamed, or their tokens were not counted.
    LimitNotKnown {
        /// How many.
        calls: u64,
    },
}

/// How a figure or its interval was made.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FigureMethod {
    /// A percentile by linear interpolation between ranks (Hyndman and Fan's type 7),
    /// of all values.
    Type7,
    /// The same of a histogram of three significant figures.
    #[serde(rename = "type7_hdr3")]
    Type7Hdr3,
    /// Student's t over prompts, prompts taken as a sample of prompts like these.
    ClusterT,
    /// Student's t over repetitions, prompts fixed.
    FixedPromptsT,
    /// Student's t over prompts, on logarithms.
    LogT,
    /// Woodruff's inversion over prompts, with a floor.
    Woodruff,
    /// Wilson's interval of a share.
    Wilson,
    /// The delta method, prompts as clusters.
    Delta,
    /// Ordinary least squares over calls.
    LeastSquares,
}

/// A note on an available figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// It is of few prompts.
    FewPrompts {
        /// How many.
        prompts: u64,
        /// From how many on it is steady.
        steady_from: u64,
    },
    /// It is of few repetitions.
    FewRepetitions {
        /// How many, beyond the first of each prompt.
        repetitions: u64,
        /// From how many on it is steady.
        steady_from: u64,
    },
}
