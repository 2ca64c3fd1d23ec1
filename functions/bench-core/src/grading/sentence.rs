//! The number that a sentence is about: `After 4 weeks, she has 18 dollars in 3 jars`
//! is about 18.

use super::{
    clause,
    numbers::Written,
    phrase::is_equated,
    words::{is_among, words},
};

/// One sentence of a text, with its numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence<'a> {
    /// The whole text, to which the numbers belong.
    text: &'a str,
    start: usize,
    end: usize,
    numbers: &'a [Written],
}

/// First words of sentences that say no answer after one that does.
const REMARKS: [&str; 24] = [
    "assuming",
    "because",
    "check",
    "feel",
    "here",
    "hope",
    "i",
    "if",
    "is",
    "it",
    "let",
    "note",
    "please",
    "remember",
    "since",
    "that",
    "these",
    "this",
    "to",
    "verification",
    "verify",
    "we",
    "would",
    "you",
];

/// Words behind a number that make it a comparison.
const COMPARING: [&str; 5] = ["fewer", "less", "more", "of", "times"];
/// The most words behind the number that a sentence ends in.
const MAX_UNIT_WORDS: usize = 4;

impl<'a> Sentence<'a> {
    /// The first sentence of a text.
    pub(super) fn first(text: &'a str, numbers: &'a [Written]) -> Self {
        Self::at(text, 0, numbers)
    }

    /// The sentence that begins at `start`; `numbers` are those from there on.
    fn at(text: &'a str, start: usize, numbers: &'a [Written]) -> Self {
        let end = end_of_sentence(text, start);
        let count = numbers.partition_point(|number| number.start < end);
        Self {
            text,
            start,
            end,
            numbers: &numbers[..count],
        }
    }

    fn is_remark(&self) -> bool {
        let first = words(&self.text[self.start..self.end]).next();
        first.is_some_and(|first| is_among(first, &REMARKS))
    }

    /// Whether it is no more than an amount behind a semicolon: `; 6 miles a day`.
    fn is_detail(&self) -> bool {
        let text = &self.text[self.start..self.end];
        self.text[..self.start].ends_with(';')
            && text
                .trim_start()
                .starts_with(|c: char| c.is_ascii_digit() || c == '$')
            && !text.contains('=')
    }

    /// The number that the sentence is about.
    fn claim(&self) -> Option<Written> {
        clause::claim(self.text, self.start..self.end, self.numbers)
    }

    /// The number that a sentence with an equation is about.
    pub(super) fn calculates(&self) -> Option<Written> {
        let equation = self.text[self.start..self.end].contains('=');
        equation.then(|| self.claim())?
    }

    /// The last number of a sentence that begins with a number, where a verb equates
    /// the two: `4 weeks later she has 18 dollars`, `3/4 of 24 is 18`.
    pub(super) fn ends_in(&self) -> Option<Written> {
        let [.., before, last] = self.numbers else {
            return None;
        };
        last.number?;
        let between = &self.text[before.end..last.start];
        if between.contains(['(', ';']) || between.contains(", which") || !is_equated(between) {
            return None;
        }
        let mut unit = words(&self.text[last.end..self.end]);
        let compares = unit
            .by_ref()
            .take(MAX_UNIT_WORDS)
            .any(|word| is_among(word, &COMPARING));
        let states = !compares && unit.next().is_none();
        states.then_some(*last)
    }
}

/// The number that the last sentence of a text is about, remarks behind an answer
/// left out. `numbers` are all of the text.
pub(super) fn last_claim(text: &str, numbers: &[Written]) -> Option<Written> {
    let mut chosen: Option<Written> = None;
    let mut rest = numbers;
    let mut start = 0;
    while start < text.len() && !rest.is_empty() {
        let sentence = Sentence::at(text, start, rest);
        rest = &rest[sentence.numbers.len()..];
        start = sentence.end;
        if sentence.numbers.is_empty() {
            continue;
        }
        let adds_nothing = sentence.is_remark() || sentence.is_detail();
        if chosen.is_some_and(|chosen| chosen.number.is_some()) && adds_nothing {
            break;
        }
        chosen = sentence.claim().or(chosen);
    }
    chosen
}

/// Where the sentence that begins at `start` ends: behind a full stop, question or
/// exclamation mark with a space behind it, a semicolon or a line end.
fn end_of_sentence(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let spaced = |at: usize| bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
    (start..bytes.len())
        .find(|at| match bytes[*at] {
            b'\n' | b';' => true,
            b'.' => spaced(*at) && !is_abbreviation(&text[start..*at]),
            b'?' | b'!' => spaced(*at),
            _ => false,
        })
        .map_or(text.len(), |at| at + 1)
}

/// Whether a word before a full stop is cut short rather than a sentence: `Rs.`,
/// `a.m.`, `approx.`
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit([' ', '.', '(']).next().unwrap_or_default();
    let known = ["approx", "dr", "eq", "mr", "mrs", "ms", "no", "rs", "vs"];
    let letter = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    letter || known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::numbers::written;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let numbers: Vec<Written> = written(text).collect();
        let number = last_claim(text, &numbers).and_then(|claim| claim.number);
        assert_eq!(
            number.map(|number| number.to_string()).as_deref(),
            Some(expected),
            "{text}"
        );
    }

    #[test]
    fn a_sentence_is_about_the_number_that_it_states() {
        check("After 4 weeks, she has 18 dollars", "18");
        check("In 1 day Janet earns 18", "18");
        check("Janet earns 18 in 1 day", "18");
        check("She makes $18 for every 9 eggs.", "18");
        check("She needs 18 eggs, which is 2 more than 16", "18");
        check("She sells 9 eggs at $2 each, so she makes 18", "18");
        check("If x = 4, then she has 18", "18");
        check("Of the 24 students, 18 are girls", "18");
        check("Tom bought 3 apples for $18.", "18");
        check("Each of the 3 friends gets 18 of the 54 sweets", "18");
        check("It rose from 10 to 18", "18");
    }

    #[test]
    fn the_last_sentence_counts_but_for_remarks() {
        check("She sells 9 eggs. She makes 18 dollars.", "18");
        check("She makes 18 dollars. This is 3 more than Tom has.", "18");
        check("She pays Rs. 18 for 3 pens.", "18");
    }
}
