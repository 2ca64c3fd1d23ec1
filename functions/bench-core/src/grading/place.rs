//! The number that a place which is meant for the answer gives.

use super::{
    decimal::Decimal,
    equation::{equated, is_expression},
    numbers::{Written, written},
    sentence::{Sentence, last_claim},
    words::is_among,
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

impl From<Written> for Extracted {
    fn from(written: Written) -> Self {
        written.number.map_or(Self::NoNumber, Self::Number)
    }
}

/// The reading of such a place, a plain text: the one number that is there; where it
/// begins with a number, that one or what it comes to; else the number that its
/// sentence ends in. `None` without digits.
pub(super) fn read(content: &str) -> Option<Extracted> {
    if let Some(number) = spaced(content) {
        return Some(Extracted::Number(number));
    }
    let mut all = written(content);
    let first = all.next()?;
    let Some(second) = all.next() else {
        return Some(first.into());
    };
    let numbers: Vec<Written> = [first, second].into_iter().chain(all).collect();
    let chosen = if begins_with_number(content) {
        behind_number(content, &numbers)
    } else {
        last_claim(content, &numbers)
    };
    Some(chosen.unwrap_or(first).into())
}

/// Words that may stand before a number that a place begins with.
const LEADING: [&str; 16] = [
    "a",
    "about",
    "approximately",
    "around",
    "aud",
    "cad",
    "eur",
    "exactly",
    "gbp",
    "inr",
    "just",
    "only",
    "roughly",
    "rs",
    "us",
    "usd",
];

/// Whether no word comes before the first number.
pub(super) fn begins_with_number(content: &str) -> bool {
    let head = content
        .find(|c: char| c.is_ascii_digit())
        .map_or(content, |at| &content[..at]);
    head.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .all(|word| {
            is_among(word, &LEADING) || word.eq_ignore_ascii_case("x") && head.contains('=')
        })
}

/// Where the clause that a number begins goes no further.
const CLAUSE_ENDS: [&str; 7] = [" (", ";", "\n", ", ", ". ", "since", "because"];
/// Where a calculation goes no further: it may have several steps.
const CALCULATION_ENDS: [&str; 4] = [" (", "\n", "since", "because"];

/// The most words behind a number that are its unit.
const MAX_UNIT_WORDS: usize = 2;

/// The number that a place which begins with one comes to: `9 * 2 = 18` and `18 = 9 * 2`,
/// `4 weeks later she has 18`, `18 eggs, 3 boxes`.
fn behind_number(content: &str, numbers: &[Written]) -> Option<Written> {
    let first = numbers.first()?;
    let tail = &content[first.end..];
    let until = |ends: &[&str]| {
        let end = ends.iter().filter_map(|end| tail.find(end)).min();
        first.end + end.unwrap_or(tail.len())
    };
    let clause = until(&CLAUSE_ENDS);
    let equals = content[first.end..clause].find('=');
    let Some(equals) = equals else {
        let sentence = Sentence::first(content, numbers);
        let is_bare = content[first.end..clause].split_whitespace().count() <= MAX_UNIT_WORDS;
        return sentence
            .calculates()
            .filter(|_| !is_bare)
            .or_else(|| sentence.ends_in())
            .or(Some(*first));
    };
    let end = if is_expression(&content[first.start..first.end + equals]) {
        until(&CALCULATION_ENDS)
    } else {
        clause
    };
    let count = numbers.partition_point(|number| number.start < end);
    equated(content, 0..end, &numbers[..count]).or(Some(*first))
}

/// `70 000`: groups of three after spaces, and nothing else.
fn spaced(content: &str) -> Option<Decimal> {
    let bare = content.trim_matches(['$', '*', '.', ' ', '`', '%']);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = bare.split_once(' ')?;
    let grouped = first.len() <= 3
        && digits(first.trim_start_matches('-'))
        && rest
            .split(' ')
            .all(|group| group.len() == 3 && digits(group));
    grouped.then(|| Decimal::digits(&bare.replace(' ', "")))?
}
