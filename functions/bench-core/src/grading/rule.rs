//! The rules that find an answer, by their names.

use serde::{Deserialize, Serialize};

/// The rule that found an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerRule {
    /// The last `\boxed{…}`.
    Boxed,
    /// After `####`.
    AnswerLine,
    /// After "answer is".
    AnswerIs,
    /// The last number of the text.
    LastNumber,
    /// The whole answer, where the reference is not a number.
    WholeAnswer,
    /// The reference among other words, where it is not a number.
    Contained,
}

impl AnswerRule {
    /// The name used in artifacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boxed => "boxed",
            Self::AnswerLine => "answer-line",
            Self::AnswerIs => "answer-is",
            Self::LastNumber => "last-number",
            Self::WholeAnswer => "whole-answer",
            Self::Contained => "contained",
        }
    }
}
