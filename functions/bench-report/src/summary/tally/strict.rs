//! Answers in the form that prompts ask for alone, and where they differ from the answer that the
//! loosest rule found.

use std::collections::BTreeMap;

use smol_str::{SmolStr, ToSmolStr};

use crate::model::{GradingDisagreement, MAX_DISAGREEMENTS};
use bench_core::{
    config::PromptStyle,
    grading::{self, AnswerRule},
    identity::RunId,
    sample::Sample,
};

/// Where a sample stands among those of its prompt.
type Order = (u32, u32, i128, RunId);

/// Answers that are correct by the one reading and not by the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strictness {
    /// Answers that are correct in the form that their prompt asks for.
    pub(crate) correct: u64,
    /// Answers of which the two readings judge differently.
    pub(crate) disagreements: u64,
    /// The first of the first prompts that have any.
    examples: BTreeMap<u32, (Order, GradingDisagreement)>,
}

impl Strictness {
    /// Adds an answered measured call.
    pub(super) fn add(&mut self, sample: &Sample, style: PromptStyle) {
        let flexible = sample.correct == Some(true);
        let strict = Strict::of(sample, style);
        self.correct += u64::from(strict.correct);
        // A prompt that asks for no form is answered as well without one.
        let is_asked = style != PromptStyle::Raw || strict.answer.is_some();
        if is_asked && strict.correct != flexible {
            self.disagreements += 1;
            self.keep_example(sample, strict);
        }
    }

    /// Examples by prompt.
    pub(crate) fn examples(&self) -> Vec<GradingDisagreement> {
        let examples = self.examples.values();
        examples.map(|(_, example)| example.clone()).collect()
    }

    fn keep_example(&mut self, sample: &Sample, strict: Strict) {
        let prompt = sample.prompt_index;
        let started = sample.started_at.as_nanosecond();
        let place = (sample.repetition, sample.attempt, started);
        let is_later = if let Some(((r, a, s, run), _)) = self.examples.get(&prompt) {
            (place, sample.run_id.as_str()) >= ((*r, *a, *s), run.as_str())
        } else {
            let last = self.examples.last_key_value();
            self.examples.len() >= MAX_DISAGREEMENTS && last.is_some_and(|(last, _)| prompt > *last)
        };
        if is_later {
            return;
        }
        let (repetition, attempt, started) = place;
        let order = (repetition, attempt, started, sample.run_id.clone());
        let example = GradingDisagreement {
            prompt_id: sample.prompt_id.clone(),
            repetition: sample.repetition,
            expected: sample.expected_answer.clone(),
            answer: sample.answer.clone(),
            rule: sample.answer_rule,
            strict_answer: strict.answer,
        };
        self.examples.insert(prompt, (order, example));
        if self.examples.len() > MAX_DISAGREEMENTS {
            self.examples.pop_last();
        }
    }
}

/// The reading of the form that a prompt asks for.
struct Strict {
    answer: Option<SmolStr>,
    correct: bool,
}

impl Strict {
    /// The text is only looked at where another rule found a later answer.
    fn of(sample: &Sample, style: PromptStyle) -> Self {
        let (rule, marks): (_, &[&str]) = match style {
            PromptStyle::Raw | PromptStyle::AnswerLine => (AnswerRule::AnswerLine, &["####"]),
            PromptStyle::Boxed => (AnswerRule::Boxed, &["\\boxed", "\\fbox"]),
        };
        match (
            sample.answer_rule,
            &sample.response_text,
            &sample.expected_answer,
        ) {
            (Some(found), ..) if found == rule || found == AnswerRule::WholeAnswer => Self {
                answer: sample.answer.clone(),
                correct: sample.correct == Some(true),
            },
            (Some(found), Some(text), Some(expected))
                if found != AnswerRule::LastNumber
                    && marks.iter().any(|mark| text.contains(mark)) =>
            {
                let grade = grading::grade(text, expected);
                Self {
                    answer: grade.in_form_of(style).map(|answer| answer.to_smolstr()),
                    correct: grade.is_strictly_correct(style),
                }
            }
            _ => Self {
                answer: None,
                correct: false,
            },
        }
    }
}
