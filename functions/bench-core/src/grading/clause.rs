//! The clauses of a sentence, and which of its numbers it states.

use std::ops::Range;

use super::{
    equation::equated,
    numbers::Written,
    phrase::{is_aside, is_equated},
    words::{is_among, words},
};

/// The part of a clause in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It says when or of what the sentence holds: `After 4 weeks`.
    Condition,
    /// It states something.
    Statement,
    /// It says what follows from the clause before: `so she makes 18`.
    Conclusion,
}

/// First words of conditions, and of remarks behind a statement.
const CONDITIONS: [&str; 36] = [
    "after",
    "although",
    "as",
    "assuming",
    "at",
    "because",
    "before",
    "between",
    "by",
    "considering",
    "during",
    "each",
    "every",
    "for",
    "from",
    "given",
    "if",
    "in",
    "including",
    "not",
    "of",
    "on",
    "out",
    "over",
    "per",
    "since",
    "than",
    "though",
    "to",
    "when",
    "where",
    "which",
    "while",
    "with",
    "within",
    "without",
];
/// Words that begin such a clause without a comma before it.
const CONJUNCTIONS: [&str; 10] = [
    "although", "assuming", "because", "if", "since", "so", "then", "when", "which", "while",
];
/// Conditions that hold their equation back too.
const SUBORDINATE: [&str; 16] = [
    "although",
    "as",
    "assuming",
    "because",
    "considering",
    "given",
    "if",
    "including",
    "not",
    "since",
    "though",
    "when",
    "where",
    "which",
    "while",
    "without",
];
/// Verbs behind `to` that say what an amount is for: `18 minutes to clean 3 rooms`.
const PURPOSES: [&str; 18] = [
    "be", "build", "buy", "clean", "complete", "cover", "do", "earn", "fill", "finish", "get",
    "groom", "have", "make", "paint", "pay", "reach", "travel",
];
/// First words of conclusions.
const CONCLUSIONS: [&str; 22] = [
    "and",
    "bringing",
    "but",
    "earning",
    "giving",
    "he",
    "hence",
    "it",
    "leaving",
    "making",
    "meaning",
    "resulting",
    "she",
    "so",
    "then",
    "there",
    "therefore",
    "they",
    "thus",
    "totaling",
    "totalling",
    "we",
];
/// Verbs behind `which` and `that` that make it a conclusion.
const RESULTS: [&str; 13] = [
    "brings", "comes", "costs", "equals", "gives", "leaves", "left", "makes", "means", "produces",
    "rounds", "totals", "would",
];

/// The number that a sentence, `range` of a text, states. `numbers` are its own.
pub(super) fn claim(text: &str, range: Range<usize>, numbers: &[Written]) -> Option<Written> {
    let outside = outside_parentheses(&text[range.clone()], range.start, numbers);
    let mut numbers = outside.as_slice();
    let mut stated: Option<Written> = None;
    let mut aside: Option<Written> = None;
    let mut start = range.start;
    while start < range.end {
        let end = end_of_clause(text, start, range.end);
        let count = numbers.partition_point(|number| number.start < end);
        let (own, rest) = numbers.split_at(count);
        numbers = rest;
        let clause = &text[start..end];
        let equation = clause.contains('=');
        let role = role_of(clause, equation);
        let found = if equation {
            equated(text, start..end, own)
        } else {
            own.iter()
                .rev()
                .find(|number| number.number.is_some() && !is_aside(text, start..end, own, number))
                .copied()
        };
        match (role, found) {
            (Role::Condition, Some(found)) => aside = aside.or(Some(found)),
            (Role::Statement, Some(found)) => {
                let overrides = equation || is_equated(&text[start..found.start.max(start)]);
                if stated.is_none() || overrides {
                    stated = Some(found);
                }
            }
            (Role::Conclusion, Some(found)) => stated = Some(found),
            _ => {}
        }
        start = end;
    }
    stated
        .or(aside)
        .or_else(|| {
            outside
                .iter()
                .rfind(|number| number.number.is_some())
                .copied()
        })
        .or_else(|| outside.last().copied())
}

fn role_of(clause: &str, equation: bool) -> Role {
    let mut words = words(clause);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let sums_up = |preposition: &str, what: &[&str]| {
        first.eq_ignore_ascii_case(preposition) && is_among(second, what)
    };
    if is_among(first, &CONCLUSIONS)
        || sums_up("which", &RESULTS)
        || sums_up("that", &RESULTS)
        || (equation && sums_up("which", &["is", "are", "was"]))
        || sums_up("in", &["total", "all"])
        || (sums_up("for", &["a"])
            && words
                .next()
                .is_some_and(|third| is_among(third, &["total"])))
    {
        Role::Conclusion
    } else if is_among(first, if equation { &SUBORDINATE } else { &CONDITIONS }) {
        Role::Condition
    } else {
        Role::Statement
    }
}

/// Where the clause that begins at `start` ends: behind a comma or colon with a space
/// behind it, before a conjunction.
fn end_of_clause(text: &str, start: usize, end: usize) -> usize {
    let bytes = &text.as_bytes()[..end];
    let mut at = start;
    // The conjunction that a clause begins with does not end it.
    let mut begun = false;
    while at < end {
        match bytes[at] {
            b',' | b':' if bytes.get(at + 1) == Some(&b' ') => return at + 1,
            b' ' if begun => {
                let (word, rest) = word_at(&text[at + 1..end]);
                let purpose = word == "to"
                    && rest
                        .strip_prefix(' ')
                        .is_some_and(|rest| PURPOSES.contains(&word_at(rest).0));
                let means = word == "by"
                    && rest
                        .strip_prefix(' ')
                        .is_some_and(|rest| word_at(rest).0.ends_with("ing"));
                if purpose || means || CONJUNCTIONS.contains(&word) {
                    return at + 1;
                }
            }
            b' ' => {}
            _ => begun = true,
        }
        at += 1;
    }
    end
}

/// The word that a text begins with, of so many letters at most as the longest word
/// of the lists above has, and the rest.
fn word_at(text: &str) -> (&str, &str) {
    let letters = text.bytes().take(12).take_while(u8::is_ascii_alphabetic);
    text.split_at(letters.count())
}

/// The numbers that are not in parentheses; all where all are. `start` is where the
/// sentence begins in the text to which the numbers belong.
fn outside_parentheses(sentence: &str, start: usize, numbers: &[Written]) -> Vec<Written> {
    let bytes = sentence.as_bytes();
    let mut depth = 0_u32;
    let mut at = 0;
    let mut outside = Vec::with_capacity(numbers.len());
    for number in numbers {
        let until = number.start.saturating_sub(start).min(bytes.len());
        for byte in &bytes[at..until] {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        at = until;
        if depth == 0 {
            outside.push(*number);
        }
    }
    if outside.is_empty() {
        outside.extend_from_slice(numbers);
    }
    outside
}
