//! Accuracy of a target, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Share;
use bench_core::grading::AnswerRule;
use bench_stats::Figure;

/// Correct answers of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Accuracy {
    /// Answers that are correct, by whatever rule they were found.
    pub correct: u64,
    /// Measured calls that were answered; no answer found is wrong.
    pub graded: u64,
    /// `correct ÷ graded`.
    pub rate: Figure,
    /// `correct ÷ measured calls made`, failed ones being no correct answer either.
    pub of_attempts: Share,
    /// Correct by whatever rule, of answered calls.
    pub flexible: Share,
    /// Correct in the form that prompts ask for, of answered calls: on the `####` line, or in
    /// `\boxed{}` in the style `boxed`.
    pub strict: Share,
    /// Answers that are correct by one of the two and not by the other.
    #[serde(default)]
    pub disagreements: u64,
    /// The first such answer of each of the first [`MAX_DISAGREEMENTS`] prompts that
    /// have any.
    #[serde(default)]
    pub disagreement_examples: Vec<GradingDisagreement>,
    /// Correct among the answers that the token limit cut off.
    pub truncated: Share,
    /// Answered calls by the rule that found their answer; `none` where none was found.
    pub rules: BTreeMap<String, u64>,
}

/// The most examples of answers that strict and flexible grading judge differently.
pub const MAX_DISAGREEMENTS: usize = 3;

/// An answer that strict and flexible grading judge differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GradingDisagreement {
    /// The prompt.
    pub prompt_id: SmolStr,
    /// The repetition of the prompt, from 1.
    pub repetition: u32,
    /// The reference answer.
    pub expected: Option<SmolStr>,
    /// The answer that flexible grading found; `None` where it found none.
    pub answer: Option<SmolStr>,
    /// The rule that found it.
    pub rule: Option<AnswerRule>,
    /// The answer in the form that the prompt asks for; `None` without it.
    #[serde(alias = "answer_line")]
    pub strict_answer: Option<SmolStr>,
}
