//! Grades of answered calls.

use std::collections::BTreeMap;

use super::{
    prompt_tally::{PromptTally, is_truncated},
    strict::Strictness,
};
use bench_core::{config::PromptStyle, grading::AnswerRule, sample::Sample};

/// The grades of one target's answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grades {
    pub(crate) strictness: Strictness,
    /// Truncated answers: correct ones, all, and those that were graded.
    pub(crate) truncated: (u64, u64, u64),
    pub(crate) rules: BTreeMap<String, u64>,
    /// Answered calls that were not graded, and correct ones of which no rule is known.
    pub(crate) ungraded: (u64, u64),
}

impl Grades {
    /// Adds an answered measured call.
    pub(super) fn add(&mut self, sample: &Sample, style: PromptStyle) {
        let correct = u64::from(sample.correct == Some(true));
        let graded = u64::from(sample.correct.is_some());
        self.ungraded.0 += 1 - graded;
        if correct == 1 && sample.answer_rule.is_none() {
            self.ungraded.1 += 1;
        } else {
            self.strictness.add(sample, style);
        }
        if is_truncated(sample) {
            self.truncated.0 += correct;
            self.truncated.1 += 1;
            self.truncated.2 += graded;
        }
        if graded == 0 {
            return;
        }
        let rule = sample.answer_rule.map_or("none", AnswerRule::as_str);
        match self.rules.get_mut(rule) {
            Some(count) => *count += 1,
            None => {
                self.rules.insert(rule.to_owned(), 1);
            }
        }
    }
}

/// Failures at prompts none of whose answers was graded: they are no incorrect answers
/// either.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FailedUngraded {
    /// Calls of which no attempt was answered.
    pub(crate) calls: u64,
    /// Failed attempts.
    pub(crate) attempts: u64,
}

impl FailedUngraded {
    pub(super) fn of(prompts: &[PromptTally]) -> Self {
        let ungraded = prompts.iter().filter(|prompt| prompt.is_ungraded());
        ungraded.fold(Self::default(), |sum, prompt| {
            let (made, answered) = prompt.calls();
            Self {
                calls: sum.calls + made.saturating_sub(answered),
                attempts: sum.attempts + prompt.failed_attempts,
            }
        })
    }
}
