//! Where the final answer of a response stands.

use memchr::memchr;

use super::{
    decimal::Decimal,
    numbers::{Written, written},
    plain::{braced, plain},
};

/// The text that a rule extracts from a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extracted {
    /// A number.
    Number(Decimal),
    /// Something with digits that is not a number, such as a time of day.
    NoNumber,
}

impl Extracted {
    pub(super) fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            Self::NoNumber => None,
        }
    }
}

/// The content of the last `\boxed{…}` that has digits.
pub(super) fn boxed(text: &str) -> Option<Extracted> {
    memchr(b'\\', text.as_bytes())?;
    ["\\boxed", "\\fbox"].iter().find_map(|command| {
        text.rmatch_indices(command).find_map(|(at, _)| {
            let after = text[at + command.len()..].trim_start();
            let content = braced(after).map_or_else(
                || {
                    after
                        .split([' ', '\n', '$', '}'])
                        .next()
                        .unwrap_or_default()
                },
                |(content, _)| content,
            );
            extracted_number(&plain(content))
        })
    })
}

/// The text after the last `####` that is not a heading.
pub(super) fn answer_line(text: &str) -> Option<Extracted> {
    text.rmatch_indices("####").find_map(|(at, mark)| {
        let after = text[at + mark.len()..].trim_start();
        let mut lines = after.lines();
        let line = plain(lines.next()?.trim());
        if is_heading(&line) {
            return None;
        }
        extracted_number(&line).or_else(|| {
            // A heading "Final answer" has the answer below it.
            let below = lines.find(|line| !line.trim().is_empty())?;
            mentions_answer(&line).then(|| extracted_number(&plain(below)))?
        })
    })
}

fn mentions_answer(line: &str) -> bool {
    line.to_ascii_lowercase().contains("answer")
}

/// `#### Step 1: …` and `#### 1. Count the eggs` are headings of Markdown.
fn is_heading(line: &str) -> bool {
    let line = line.trim_start_matches(['*', '_', ' ']);
    let first = line.split([' ', ':']).next().unwrap_or_default();
    let named = [
        "step", "part", "case", "section", "question", "phase", "stage", "method",
    ]
    .iter()
    .any(|word| first.eq_ignore_ascii_case(word));
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.len() < line.len()
        && rest
            .strip_prefix(['.', ')'])
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|rest| rest.trim_start().starts_with(char::is_alphabetic));
    named || numbered
}

/// The text after the last "answer is", "answer:" or "answer =" with digits.
pub(super) fn answer_is(text: &str) -> Option<Extracted> {
    let lower = text.to_ascii_lowercase();
    lower.rmatch_indices("answer").find_map(|(at, mark)| {
        let decoration = ['*', '_', ' ', '`'];
        let after = text[at + mark.len()..].trim_start_matches(decoration);
        let head = after.get(..2).unwrap_or_default();
        let content = if head.eq_ignore_ascii_case("is") {
            after
                .get(2..)
                .filter(|rest| !rest.starts_with(char::is_alphanumeric))?
        } else {
            after.strip_prefix([':', '='])?
        };
        let content = content.trim_start_matches([':', '=', '*', '_', ' ', '`', '\n', '\r']);
        extracted_number(&plain(content.lines().next()?))
    })
}

/// The last number of the whole text.
pub(super) fn last_number(text: &str) -> Option<Decimal> {
    written(&plain(text))
        .filter_map(|written| written.number)
        .last()
}

/// The reading of a place that is meant for the answer: its first number, or what an
/// equation that begins with it comes to. `None` without digits.
fn extracted_number(content: &str) -> Option<Extracted> {
    if let Some(number) = spaced(content) {
        return Some(Extracted::Number(number));
    }
    let mut all = written(content);
    let first = all.next()?;
    let result =
        equation(content, &first).and_then(|equals| all.find(|written| written.start > equals));
    Some(
        result
            .unwrap_or(first)
            .number
            .map_or(Extracted::NoNumber, Extracted::Number),
    )
}

/// `70 000`: groups of three after spaces, and nothing else.
fn spaced(content: &str) -> Option<Decimal> {
    let bare = content.trim_matches(['$', '*', '.', ' ', '`', '%']);
    let mut groups = bare.split(' ');
    let first = groups.next()?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    let grouped = !rest.is_empty()
        && first.len() <= 3
        && digits(first.trim_start_matches('-'))
        && rest.iter().all(|group| group.len() == 3 && digits(group));
    grouped.then(|| Decimal::digits(&bare.replace(' ', "")))?
}

/// Where the last `=` of an equation that begins with the first number stands:
/// an operator must lead to it, and no clause may end in between.
fn equation(content: &str, first: &Written) -> Option<usize> {
    let tail = &content[first.end..];
    if !tail.contains('=') {
        return None;
    }
    let end = tail.find([';', '\n', '(']).unwrap_or(tail.len());
    let clause = &tail[..end];
    let clause = [", ", ". ", "since", "because"]
        .iter()
        .filter_map(|mark| clause.find(mark))
        .min()
        .map_or(clause, |end| &clause[..end]);
    let equals = clause.rfind('=')?;
    let begins = clause.find('=')?;
    let operator = clause[..begins].contains(['+', '-', '*', '×', '÷', '/', 'x'])
        || clause[..begins].trim().is_empty();
    operator.then_some(first.end + equals)
}
