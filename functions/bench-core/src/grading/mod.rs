//! Is the answer correct? Found in the text by rule, compared as exact decimals.
//!
//! Reasoning is not looked at, nor is what comes behind the first answer of a model
//! that goes on to ask itself further questions. Then the last place decides that is
//! meant for the answer: a `\boxed{}`, what stands after `####`, what stands after
//! "answer is"; without one, the last number of the text. The rule is recorded, since
//! the looser it is, the likelier it is to be wrong about a correct answer. A place
//! that is meant for the answer and holds a time of day or a date holds no number,
//! and no other is looked for.
//!
//! A reference answer that is not a number is compared as text.

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
mod reference_text;
mod rule;
mod rules;
mod sentence;
mod spaced;
mod words;

use std::fmt;

use smol_str::SmolStr;

use self::{
    answer_marks::{answer_in_other_languages, answer_is},
    follow_up::first_exchange,
    rules::Place,
};
use crate::{config::PromptStyle, reasoning::visible};

pub use decimal::Decimal;
pub use rule::AnswerRule;

/// The value of an answer: a number where the reference is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerValue {
    /// A number.
    Number(Decimal),
    /// Any other text.
    Text(SmolStr),
}

impl fmt::Display for AnswerValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// An answer that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its value.
    pub value: AnswerValue,
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
    /// The number in the last `\boxed{}`, whether or not the answer was found there.
    pub boxed: Option<Decimal>,
    expected: Option<Decimal>,
}

impl Grade {
    /// The number in the form that prompts of a style ask for; after `####` where they ask
    /// for none.
    #[must_use]
    pub fn in_form_of(&self, style: PromptStyle) -> Option<Decimal> {
        match style {
            PromptStyle::Raw | PromptStyle::AnswerLine => self.answer_line,
            PromptStyle::Boxed => self.boxed,
        }
    }

    /// Whether that number is the right one; none is wrong.
    #[must_use]
    pub fn is_strictly_correct(&self, style: PromptStyle) -> bool {
        let number = self.in_form_of(style);
        number.is_some() && number == self.expected
    }
}

/// Grades a response against the correct answer.
///
/// ```
/// use bench_core::{config::PromptStyle, grading::{grade, AnswerRule}};
/// let grade = grade("<think>5?</think>9 eggs at $2.\n#### 18", "18");
/// assert!(grade.correct && grade.is_strictly_correct(PromptStyle::AnswerLine));
/// assert_eq!(grade.answer.unwrap().rule, AnswerRule::AnswerLine);
/// ```
#[must_use]
pub fn grade(response: &str, expected: &str) -> Grade {
    let Some(number) = Decimal::parse(expected) else {
        return grade_text(visible(response), expected);
    };
    let text = first_exchange(visible(response));
    let line = rules::answer_line(text);
    let boxed = rules::boxed(text);
    let answer = find(text, line, boxed);
    let of_place = |place: Option<Place>| place.and_then(|place| place.extracted.number());
    let expected = AnswerValue::Number(number);
    Grade {
        correct: answer
            .as_ref()
            .is_some_and(|answer| answer.value == expected),
        answer,
        answer_line: of_place(line),
        boxed: of_place(boxed),
        expected: Some(number),
    }
}

fn grade_text(text: &str, expected: &str) -> Grade {
    let found = reference_text::find(text, expected);
    Grade {
        correct: found.as_ref().is_some_and(|found| found.correct),
        answer: found.map(|found| Answer {
            value: AnswerValue::Text(found.text),
            rule: found.rule,
        }),
        answer_line: None,
        boxed: None,
        expected: None,
    }
}

/// The answer in a text whose last answer line and box are known.
fn find(text: &str, line: Option<Place>, boxed: Option<Place>) -> Option<Answer> {
    let line = line.map(|place| (AnswerRule::AnswerLine, place));
    let boxed = boxed.map(|place| (AnswerRule::Boxed, place));
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
        return Some(Answer {
            value: AnswerValue::Number(number),
            rule,
        });
    }
    rules::last_number(text).map(|number| Answer {
        value: AnswerValue::Number(number),
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
            .map(|answer| (answer.value.to_string(), answer.rule));
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
    fn a_reference_that_is_not_a_number_is_compared_as_text() {
        let found = grade("<think>London?</think>It is Paris.", "Paris");
        let answer = found.answer.clone().unwrap();
        assert_eq!(
            (answer.value, answer.rule),
            (AnswerValue::Text("Paris".into()), AnswerRule::Contained)
        );
        assert!(found.correct && !found.is_strictly_correct(PromptStyle::Raw));
        assert!(!grade("It is London.", "Paris").correct);
    }

    #[test]
    fn comparison_is_exact_and_forgives_notation() {
        assert!(grade("#### 70,000.00", "70000").correct);
        assert!(grade("#### 18%", "18").correct);
        assert!(!grade("#### 18.0001", "18").correct);
        assert!(!grade("no idea", "18").correct);
    }

    #[test]
    fn strictly_right_is_right_in_the_form_that_the_prompt_asks_for() {
        let strictly = |text: &str| {
            let grade = grade(text, "18");
            let styles = [PromptStyle::AnswerLine, PromptStyle::Boxed];
            (
                grade.correct,
                styles.map(|style| grade.is_strictly_correct(style)),
            )
        };
        assert_eq!(strictly("\\boxed{17}\n#### 18"), (true, [true, false]));
        assert_eq!(
            strictly("#### 17\nWait. \\boxed{18}"),
            (true, [false, true])
        );
        assert_eq!(strictly("It is 18."), (true, [false, false]));
        let later = grade("#### 17\nWait. \\boxed{18}", "18");
        assert_eq!(later.in_form_of(PromptStyle::Raw), Decimal::parse("17"));
    }
}
