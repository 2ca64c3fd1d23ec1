//! Is the answer right? Found in the text by rule, compared as exact decimals.
//!
//! Reasoning is not looked at, nor is what comes behind the first answer of a model
//! that goes on to ask itself further questions. Then the last place decides that is
//! meant for the answer: a `\boxed{}`, what stands after `####`, what stands after
//! "answer is"; without one, the last number of the text. The rule is recorded, since
//! the looser it is, the likelier it is to be wrong about a correct answer. A place
//! that is meant for the answer and holds a time of day or a date holds no number,
//! and no other is looked for.

mod answer_marks;
mod clause;
mod decimal;
mod equation;
mod follow_up;
mod lines;
mod numbers;
mod phrase;
mod place;
mod plain;
mod rules;
mod sentence;
mod words;

use serde::{Deserialize, Serialize};

use self::{
    answer_marks::{answer_in_other_languages, answer_is},
    follow_up::first_exchange,
    rules::Place,
};
use crate::reasoning::visible;

pub use decimal::Decimal;

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
        }
    }
}

/// An answer that was found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The number.
    pub number: Decimal,
    /// The rule that found it.
    pub rule: AnswerRule,
}

/// The grade of one response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The answer, where one was found.
    pub answer: Option<Answer>,
    /// Whether it is the right one, by whatever rule; no answer is wrong.
    pub correct: bool,
    /// The number after the last `####`, whether or not the answer was found there.
    pub answer_line: Option<Decimal>,
    /// Whether the number after `####` is the right one; no such line is wrong.
    pub strictly_correct: bool,
}

/// Grades a response against the correct answer.
///
/// ```
/// use bench_core::grading::{grade, AnswerRule};
/// let grade = grade("<think>5?</think>9 eggs at $2.\n#### 18", "18");
/// assert!(grade.correct && grade.strictly_correct);
/// assert_eq!(grade.answer.unwrap().rule, AnswerRule::AnswerLine);
/// ```
#[must_use]
pub fn grade(response: &str, expected: &str) -> Grade {
    let text = first_exchange(visible(response));
    let line = rules::answer_line(text);
    let answer = find(text, line);
    let answer_line = line.and_then(|line| line.extracted.number());
    let expected = Decimal::parse(expected);
    let is_right = |number: Option<Decimal>| number.is_some() && number == expected;
    Grade {
        answer,
        correct: is_right(answer.map(|answer| answer.number)),
        answer_line,
        strictly_correct: is_right(answer_line),
    }
}

/// The answer in a text whose last answer line is known.
fn find(text: &str, line: Option<Place>) -> Option<Answer> {
    let line = line.map(|place| (AnswerRule::AnswerLine, place));
    let boxed = rules::boxed(text).map(|place| (AnswerRule::Boxed, place));
    let marked = [line, boxed]
        .into_iter()
        .flatten()
        .max_by_key(|(_, place)| place.start);
    let behind = marked.map_or(0, |(_, place)| place.end);
    let worded = answer_is(text, behind, marked.is_some());
    let placed = worded
        .map(|place| (AnswerRule::AnswerIs, place))
        .or(marked)
        .or_else(|| Some((AnswerRule::AnswerIs, answer_in_other_languages(text)?)));
    if let Some((rule, place)) = placed {
        let number = place.extracted.number()?;
        return Some(Answer { number, rule });
    }
    rules::last_number(text).map(|number| Answer {
        number,
        rule: AnswerRule::LastNumber,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, AnswerRule)>) {
        let found = grade(text, "0")
            .answer
            .map(|answer| (answer.number.to_string(), answer.rule));
        assert_eq!(
            found,
            expected.map(|(number, rule)| (number.to_owned(), rule)),
            "{text:?}"
        );
    }

    #[test]
    fn each_rule_finds_its_answer() {
        check("so \\boxed{18}", Some(("18", AnswerRule::Boxed)));
        check(
            "\\boxed{4} no, \\boxed{x = \\frac{a}{b} 1,250}",
            Some(("1250", AnswerRule::Boxed)),
        );
        check("9 * 2\n#### 18", Some(("18", AnswerRule::AnswerLine)));
        check("####\n18", Some(("18", AnswerRule::AnswerLine)));
        check(
            "The answer is: $70,000.",
            Some(("70000", AnswerRule::AnswerIs)),
        );
        check(
            "The Answer is **18** dollars",
            Some(("18", AnswerRule::AnswerIs)),
        );
        check("3 + 4 makes 7.", Some(("7", AnswerRule::LastNumber)));
        check("none", None);
        check("", None);
    }

    #[test]
    fn reasoning_is_not_graded() {
        check(
            "<think>#### 3</think>It is 4",
            Some(("4", AnswerRule::LastNumber)),
        );
        check("<think>\\boxed{3}</think>", None);
        check("<think>9 * 2 = 18, so #### 18", None);
    }

    #[test]
    fn a_place_for_the_answer_that_holds_a_time_ends_the_search() {
        check("5:00 less 3 hours.\n#### 2:00 pm", None);
        check(
            "\\boxed{\\text{yes}}, 5 in all",
            Some(("5", AnswerRule::LastNumber)),
        );
    }

    #[test]
    fn a_number_too_long_for_exact_decimals_is_passed_over() {
        check(
            &format!("5 and {}", "9".repeat(60)),
            Some(("5", AnswerRule::LastNumber)),
        );
    }

    #[test]
    fn comparison_is_exact_and_forgives_notation() {
        assert!(grade("#### 70,000.00", "70000").correct);
        assert!(grade("#### 18%", "18").correct);
        assert!(!grade("#### 18.0001", "18").correct);
        assert!(!grade("no idea", "18").correct);
    }

    #[test]
    fn strictly_right_is_right_on_the_answer_line() {
        let both = grade("\\boxed{17}\n#### 18", "18");
        assert!(both.correct && both.strictly_correct);
        let later = grade("#### 17\nWait. \\boxed{18}", "18");
        assert!(later.correct && !later.strictly_correct);
        assert_eq!(later.answer_line, Decimal::parse("17"));
        let loose = grade("It is 18.", "18");
        assert!(loose.correct && !loose.strictly_correct);
    }
}
