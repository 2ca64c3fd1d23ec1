//! Is the answer right? Found in the text by rule, compared as exact decimals.
//!
//! Reasoning up to the last `</think>` is not looked at. Then the first rule
//! that matches decides: the last `\boxed{}`, a number after `####`, a number
//! after "answer is", the last number of the text. The rule is recorded, since
//! the looser it is, the likelier it is to be wrong about a right answer.

use rust_decimal::Decimal as Exact;

/// A number as an exact decimal, free of `,`, `$`, `%` and trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(Exact);

impl Decimal {
    /// Reads a number the way answers write it.
    ///
    /// ```
    /// use bench_core::grading::Decimal;
    /// assert_eq!(Decimal::parse("$70,000.00"), Decimal::parse("70000"));
    /// assert_eq!(Decimal::parse("−3"), Decimal::parse("-3."));
    /// assert_eq!(Decimal::parse("three"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ',' | '$' | '%' | ' ' | '\u{a0}'))
            .map(|c| if c == '−' { '-' } else { c })
            .collect();
        let plain = plain.strip_suffix('.').unwrap_or(&plain);
        if !plain.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        plain
            .parse::<Exact>()
            .ok()
            .map(|number| Self(number.normalize()))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The rule that found an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The last `\boxed{…}`.
    Boxed,
    /// A number after `####`.
    AnswerLine,
    /// A number after "answer is".
    AnswerIs,
    /// The last number of the text.
    LastNumber,
}

impl Rule {
    /// The name used in artefacts.
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
    pub rule: Rule,
}

/// What grading says of one response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The answer, where one was found.
    pub answer: Option<Answer>,
    /// Whether it is the right one; no answer is wrong.
    pub correct: bool,
}

/// Grades a response against the right answer.
///
/// ```
/// use bench_core::grading::{grade, Rule};
/// let grade = grade("<think>5?</think>9 eggs at $2.\n#### 18", "18");
/// assert!(grade.correct);
/// assert_eq!(grade.answer.unwrap().rule, Rule::AnswerLine);
/// ```
#[must_use]
pub fn grade(response: &str, expected: &str) -> Grade {
    let answer = extract(response);
    let correct = match (answer, Decimal::parse(expected)) {
        (Some(answer), Some(expected)) => answer.number == expected,
        _ => false,
    };
    Grade { answer, correct }
}

/// Finds the final answer of a response.
#[must_use]
pub fn extract(response: &str) -> Option<Answer> {
    let text = response
        .rsplit_once("</think>")
        .map_or(response, |(_, visible)| visible);
    let found = |rule, number: Option<Decimal>| number.map(|number| Answer { number, rule });
    found(Rule::Boxed, boxed(text))
        .or_else(|| found(Rule::AnswerLine, after_last(text, "####")))
        .or_else(|| {
            found(
                Rule::AnswerIs,
                after_last(&text.to_lowercase(), "answer is"),
            )
        })
        .or_else(|| found(Rule::LastNumber, numbers(text).last()))
}

/// The content of the last `\boxed{…}`, as a whole or its last number, so that
/// both `\boxed{18}` and `\boxed{x = 18}` are read.
fn boxed(text: &str) -> Option<Decimal> {
    let (_, rest) = text.rsplit_once("\\boxed{")?;
    let mut depth = 1;
    let end = rest.find(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let content = &rest[..end];
    Decimal::parse(content).or_else(|| numbers(content).last())
}

/// The first number after the last `mark` that has one.
fn after_last(text: &str, mark: &str) -> Option<Decimal> {
    text.rmatch_indices(mark).find_map(|(at, _)| {
        let line = text[at + mark.len()..].trim_start().lines().next()?;
        numbers(line).next()
    })
}

/// Every number of a text in order: digits with thousands commas, a decimal
/// part, a sign that does not follow a digit or a letter.
fn numbers(text: &str) -> impl Iterator<Item = Decimal> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find(|c: char| c.is_ascii_digit())?;
            let end = start + number_length(&text[start..]);
            from = end;
            let before = &text[..start];
            let (before, point) = match before.strip_suffix('.') {
                Some(head) if !ends_in_word(head) => (head, "0."),
                _ => (before, ""),
            };
            let sign = match before.trim_end_matches('$').strip_suffix(['-', '−']) {
                Some(head) if !ends_in_word(head) => "-",
                _ => "",
            };
            let number = Decimal::parse(&format!("{sign}{point}{}", &text[start..end]));
            if number.is_some() {
                return number;
            }
        }
    })
}

/// Whether a sign or a point that follows would join words rather than lead a number.
fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphanumeric)
}

/// How far a number reaches: commas and one point count only between digits.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    let mut pointed = false;
    while at < bytes.len() {
        match bytes[at] {
            b'0'..=b'9' => {}
            b',' if !pointed
                && digit(at + 1)
                && digit(at + 2)
                && digit(at + 3)
                && !digit(at + 4) => {}
            b'.' if !pointed && digit(at + 1) => pointed = true,
            _ => break,
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, Rule)>) {
        let found = extract(text).map(|answer| (answer.number.to_string(), answer.rule));
        assert_eq!(
            found,
            expected.map(|(number, rule)| (number.to_owned(), rule)),
            "{text:?}"
        );
    }

    #[test]
    fn each_rule_finds_its_answer() {
        check("so \\boxed{18}", Some(("18", Rule::Boxed)));
        check(
            "\\boxed{4} no, \\boxed{x = \\frac{a}{b} 1,250}",
            Some(("1250", Rule::Boxed)),
        );
        check("9 * 2\n#### 18", Some(("18", Rule::AnswerLine)));
        check("####\n18", Some(("18", Rule::AnswerLine)));
        check("The answer is: $70,000.", Some(("70000", Rule::AnswerIs)));
        check("The Answer is **18** dollars", Some(("18", Rule::AnswerIs)));
        check("3 + 4 makes 7.", Some(("7", Rule::LastNumber)));
        check("none", None);
        check("", None);
    }

    #[test]
    fn reasoning_is_not_graded() {
        check(
            "<think>#### 3</think>It is 4",
            Some(("4", Rule::LastNumber)),
        );
        check("<think>\\boxed{3}</think>", None);
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        check("it fell to -10 degrees", Some(("-10", Rule::LastNumber)));
        check("it fell to −10 degrees", Some(("-10", Rule::LastNumber)));
        check("10-3", Some(("3", Rule::LastNumber)));
        check("#### -$1,234.50", Some(("-1234.5", Rule::AnswerLine)));
        check("lists 1,2,3", Some(("3", Rule::LastNumber)));
        check("costs .5", Some(("0.5", Rule::LastNumber)));
        check("version 1.2.", Some(("1.2", Rule::LastNumber)));
        check("#### 18 eggs, 3 boxes", Some(("18", Rule::AnswerLine)));
    }

    #[test]
    fn a_number_too_long_for_exact_decimals_is_passed_over() {
        check(
            &format!("5 and {}", "9".repeat(60)),
            Some(("5", Rule::LastNumber)),
        );
    }

    #[test]
    fn comparison_is_exact_and_forgives_notation() {
        assert!(grade("#### 70,000.00", "70000").correct);
        assert!(grade("#### 18%", "18").correct);
        assert!(!grade("#### 18.0001", "18").correct);
        assert!(!grade("no idea", "18").correct);
    }
}
