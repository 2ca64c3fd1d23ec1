//! Answers that strict and flexible grading judge differently.

use crate::{
    model::{MAX_DISAGREEMENTS, Report},
    render::format::{DASH, folded},
};
use bench_core::{config::PromptStyle, grading::AnswerRule};

/// The most targets that a sentence names.
const MAX_NAMED: usize = 8;

/// Whether the two judge any answer differently.
pub(crate) fn disagree(report: &Report) -> bool {
    report
        .targets
        .iter()
        .any(|target| target.accuracy.disagreements > 0)
}

/// How many answers of which target they judge differently.
pub(crate) fn disagreements(report: &Report) -> String {
    let disagreeing = report.targets.iter();
    let disagreeing = disagreeing.filter(|target| target.accuracy.disagreements > 0);
    let counts = disagreeing.map(|target| {
        format!(
            "{} of {} of {}",
            target.accuracy.disagreements, target.accuracy.graded, target.id
        )
    });
    let counts = folded(counts, MAX_NAMED);
    format!(
        "Answers that are correct by one grading and not by the other: {}. Strict grading reads \
         {} alone, flexible grading the last answer that the response commits itself to. At most \
         {} examples of each target follow.",
        counts.join(", "),
        match style(report) {
            PromptStyle::Boxed => "\\boxed{}",
            PromptStyle::Raw | PromptStyle::AnswerLine => "the #### line",
        },
        MAX_DISAGREEMENTS
    )
}

/// The form of an answer that strict grading reads.
pub(crate) fn form(report: &Report) -> &'static str {
    rule(Some(match style(report) {
        PromptStyle::Boxed => AnswerRule::Boxed,
        PromptStyle::Raw | PromptStyle::AnswerLine => AnswerRule::AnswerLine,
    }))
}

fn style(report: &Report) -> PromptStyle {
    report.method.configured.prompt_style
}

/// The rule that found an answer.
pub(crate) fn rule(rule: Option<AnswerRule>) -> &'static str {
    match rule {
        Some(AnswerRule::Boxed) => "\\boxed{}",
        Some(AnswerRule::AnswerLine) => "#### line",
        Some(AnswerRule::AnswerIs) => "“answer is”",
        Some(AnswerRule::LastNumber) => "last number",
        Some(AnswerRule::WholeAnswer) => "whole answer",
        Some(AnswerRule::Contained) => "contained",
        None => DASH,
    }
}
