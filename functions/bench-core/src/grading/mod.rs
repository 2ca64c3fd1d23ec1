//! Is the answer right? Found in the text by rule, compared as exact decimals.
//!
//! Reasoning up to the last `</think>` is not looked at, nor is reasoning that
//! never ended. Then the first rule that finds something decides: the last
//! `\boxed{}`, what stands after `####`, what stands after "answer is", the last
//! number of the text. The rule is recorded, since the looser it is, the likelier
//! it is to be wrong about a correct answer. A place that is meant for the answer
//! and holds a time of day or a date holds no number, and no other is looked for.

mod decimal;
mod numbers;
mod plain;
mod rules;

use memchr::memchr;
use serde::{Deserialize, Serialize};

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
    let text = visible(response);
    let answer = find(text);
    let expected = Decimal::parse(expected);
    let is_right = |number: Option<Decimal>| number.is_some() && number == expected;
    let line = match answer {
        Some(answer) if answer.rule == AnswerRule::AnswerLine => Some(answer.number),
        Some(answer) if answer.rule == AnswerRule::Boxed => {
            rules::answer_line(text).and_then(rules::Extracted::number)
        }
        _ => None,
    };
    Grade {
        answer,
        correct: is_right(answer.map(|answer| answer.number)),
        strictly_correct: is_right(line),
    }
}

/// The part of a response that is not reasoning; nothing where reasoning did not end.
fn visible(response: &str) -> &str {
    if memchr(b'<', response.as_bytes()).is_none() {
        return response;
    }
    let after = response
        .rsplit_once("</think>")
        .map_or(response, |(_, visible)| visible);
    after
        .split_once("<think>")
        .map_or(after, |(before, _)| before)
}

fn find(text: &str) -> Option<Answer> {
    let marked = [
        (AnswerRule::Boxed, rules::boxed as fn(&str) -> _),
        (AnswerRule::AnswerLine, rules::answer_line),
        (AnswerRule::AnswerIs, rules::answer_is),
    ];
    for (rule, find) in marked {
        if let Some(extracted) = find(text) {
            return extracted.number().map(|number| Answer { number, rule });
        }
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
        let found = find(visible(text)).map(|answer| (answer.number.to_string(), answer.rule));
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
        assert!(!both.correct && both.strictly_correct);
        let loose = grade("It is 18.", "18");
        assert!(loose.correct && !loose.strictly_correct);
    }
}
