//! Where the final answer of a response stands.

use std::{iter, ops::Range};

use memchr::{memchr, memrchr};

use super::{
    decimal::Decimal,
    lines::{find_line, without_closing},
    numbers::written,
    place::{self, Extracted, begins_with_number},
    plain::{braced, plain},
};

/// The most places of one kind that are looked at, from the last: one with an answer
/// is among them, and a text of nothing but marks stays cheap.
pub(super) const MAX_PLACES: usize = 64;

/// A place that is meant for the answer, and its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Where its mark begins.
    pub(super) start: usize,
    /// Where what was read ends.
    pub(super) end: usize,
    /// The reading.
    pub(super) extracted: Extracted,
}

/// The last `\boxed{…}` that has digits.
pub(super) fn boxed(text: &str) -> Option<Place> {
    memchr(b'\\', text.as_bytes())?;
    ["\\boxed", "\\fbox"]
        .iter()
        .filter_map(|command| {
            text.rmatch_indices(command)
                .take(MAX_PLACES)
                .find_map(|(start, _)| {
                    let after = text[start + command.len()..].trim_start();
                    let content = braced(after).map_or_else(
                        || {
                            let end = after.find([' ', '\n', '$', '}']);
                            end.map_or(after, |end| &after[..end])
                        },
                        |(content, _)| content,
                    );
                    Some(Place {
                        start,
                        end: text.len() - after.len() + content.len(),
                        extracted: place::read(&plain(content))?,
                    })
                })
        })
        .max_by_key(|place| place.start)
}

const MARK: &str = "####";

/// The text after the last `####` that is not a heading.
pub(super) fn answer_line(text: &str) -> Option<Place> {
    let mut is_last = true;
    marks(text).take(MAX_PLACES).find_map(|start| {
        let was_last = std::mem::take(&mut is_last);
        read_answer_line(text, start, start + MARK.len(), was_last)
    })
}

/// Where each mark of an answer line stands, from the last.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let mut rest = text.as_bytes();
    iter::from_fn(move || {
        loop {
            let last = memrchr(MARK.as_bytes()[0], rest)?;
            let marked = rest[..=last].strip_suffix(MARK.as_bytes());
            rest = marked.unwrap_or(&rest[..last]);
            if let Some(before) = marked {
                return Some(before.len());
            }
        }
    })
}

/// Reads the line behind a mark, or the one below it.
fn read_answer_line(text: &str, start: usize, behind: usize, is_last: bool) -> Option<Place> {
    let after = text[behind..].trim_start();
    let line = find_line(text, text.len() - after.len(), 1, |_| true)?;
    let bare = plain(text[line.clone()].trim());
    if is_heading(&bare) {
        return None;
    }
    let below = || {
        find_line(text, line.end + 1, usize::MAX, |line| {
            !line.trim().is_empty()
        })
    };
    let names_answer = mentions_answer(&bare);
    let sentence = bare.trim_end().ends_with('.');
    if !names_answer && !sentence && !begins_with_number(&bare) {
        // A title has its work below it, up to the next mark.
        let has_work = !is_last || below().is_some_and(|line| has_digits(&text[line]));
        if has_work {
            return None;
        }
    }
    let place = |line: Range<usize>, extracted| Place {
        start,
        end: line.end,
        extracted,
    };
    if let Some(extracted) = place::read(&bare) {
        return Some(place(line, extracted));
    }
    // A heading "Final answer" has the answer below it.
    let below = below().filter(|_| names_answer)?;
    let extracted = place::read(&plain(&text[below.clone()]))?;
    Some(place(below, extracted))
}

fn has_digits(line: &str) -> bool {
    line.bytes().any(|byte| byte.is_ascii_digit())
}

fn mentions_answer(line: &str) -> bool {
    line.as_bytes()
        .windows(6)
        .any(|word| word.eq_ignore_ascii_case(b"answer"))
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

/// The last number of the whole text, closing lines left out where others have one.
pub(super) fn last_number(text: &str) -> Option<Decimal> {
    let last = |text: &str| {
        written(&plain(text))
            .filter_map(|written| written.number)
            .last()
    };
    last(without_closing(text)).or_else(|| last(text))
}
