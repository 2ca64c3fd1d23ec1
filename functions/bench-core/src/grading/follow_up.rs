//! Models that go on: behind their answer they ask themselves a further question, or
//! begin a turn of the user's, and answer that.

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::{
    answer_marks::answer_is,
    rules::{answer_line, boxed},
    words::is_among,
};

/// Words that lead to a question at the beginning of a line.
const QUESTIONS: [&str; 11] = [
    "example",
    "exercise",
    "human",
    "input",
    "instruction",
    "problem",
    "q",
    "query",
    "question",
    "task",
    "user",
];
/// Words before them that speak of the question at hand.
const SAME_QUESTION: [&str; 14] = [
    "a", "answer", "final", "given", "main", "original", "our", "restate", "solve", "solving",
    "the", "this", "to", "your",
];
/// Marks of chat templates that end a turn.
const TURNS: [&str; 9] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|user|>",
    "<end_of_turn>",
    "</s>",
    "[INST]",
];
/// Words before a colon that lead to one in the middle of a line.
const WITHIN_LINE: [&str; 2] = [" Question", " Q"];
/// The most words of a heading before its question word.
const MAX_LEADING_WORDS: usize = 4;

/// How sure it is that a text has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Commitment {
    /// It has not.
    None,
    /// Its last line has a number.
    Loose,
    /// It has a place for the answer.
    Firm,
}

/// A heading that begins a question.
#[derive(Debug, Clone, Copy)]
struct Heading {
    start: usize,
    end: usize,
    /// Its number, of `Question 2:`.
    number: Option<u32>,
}

/// A text up to the first further question behind an answer. Questions that come
/// before any answer, or that are steps to one, stay.
pub(super) fn first_exchange(text: &str) -> &str {
    let text = first_turn(text);
    let mut segment = 0;
    let mut asked = false;
    let mut counted = false;
    let mut firm_later = None;
    let mut from = 0;
    while let Some(heading) = next_heading(text, from) {
        from = heading.end;
        let commitment = commitment(&text[segment..heading.start], asked);
        let further = match commitment {
            Commitment::None => false,
            Commitment::Firm => true,
            Commitment::Loose => {
                // Numbered questions, or some with one answer behind all, are steps.
                let steps = heading.number == Some(1) || counted;
                let firm_later =
                    *firm_later.get_or_insert_with(|| last_firm_mark(text).unwrap_or(0));
                !(steps || asked && firm_later > heading.start)
            }
        };
        if further {
            return &text[..heading.start];
        }
        asked = true;
        counted |= heading.number.is_some();
        segment = heading.start;
    }
    text
}

/// A text up to the first end of a turn that has digits before it.
fn first_turn(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut has_digits = false;
    while let Some(skipped) = memchr2(b'<', b'[', &bytes[at..]) {
        has_digits |= bytes[at..at + skipped].iter().any(u8::is_ascii_digit);
        at += skipped;
        if has_digits && TURNS.iter().any(|turn| text[at..].starts_with(turn)) {
            return &text[..at];
        }
        at += 1;
    }
    text
}

/// Whether a part of a text, behind a question or not, answers.
fn commitment(segment: &str, asked: bool) -> Commitment {
    if answer_line(segment).is_some() || boxed(segment).is_some() {
        return Commitment::Firm;
    }
    if answer_is(segment, 0, false).is_some() {
        // "Answer:" behind "Question:" may be that of a step.
        let firm = !asked || last_firm_mark(segment).is_some();
        return if firm {
            Commitment::Firm
        } else {
            Commitment::Loose
        };
    }
    let last = segment.trim_end().rsplit('\n').next().unwrap_or_default();
    let states = last.bytes().any(|byte| byte.is_ascii_digit())
        && !last.ends_with([':', '?'])
        && heading_at(segment, segment.trim_end().len() - last.len()).is_none();
    if states {
        Commitment::Loose
    } else {
        Commitment::None
    }
}

/// Where the last mark of a final answer stands.
fn last_firm_mark(text: &str) -> Option<usize> {
    ["####", "\\boxed", "inal answer", "inal Answer", "nswer is"]
        .iter()
        .filter_map(|mark| memmem::rfind(text.as_bytes(), mark.as_bytes()))
        .max()
}

/// The first heading of a question from byte `from` on.
fn next_heading(text: &str, from: usize) -> Option<Heading> {
    let bytes = text.as_bytes();
    let mut start = from;
    loop {
        let length = memchr(b'\n', &bytes[start..]);
        let end = length.map_or(text.len(), |length| start + length);
        let line = &text[start..end];
        let has_colon = memchr(b':', line.as_bytes()).is_some();
        let begins_line = start == 0 || bytes[start - 1] == b'\n';
        // Most lines are none, and are seen to be none at once.
        let may_begin = begins_line && (has_colon || line.starts_with(['#', '*', 'Q', 'P']));
        let heading = may_begin
            .then(|| heading_at(text, start))
            .flatten()
            .or_else(|| has_colon.then(|| heading_within(start, line)).flatten());
        if heading.is_some() || length.is_none() {
            return heading;
        }
        start = end + 1;
    }
}

fn heading_within(start: usize, line: &str) -> Option<Heading> {
    memchr_iter(b':', line.as_bytes())
        .filter(|at| line[at + 1..].starts_with(' '))
        .find_map(|at| {
            let mark = WITHIN_LINE
                .iter()
                .find(|mark| line[..at].ends_with(*mark))?;
            Some(Heading {
                start: start + at - mark.len(),
                end: start + at + 1,
                number: None,
            })
        })
}

/// The heading of a question that begins the line there: `Question:`, `**Q2:**`,
/// `### Problem 3`, `Here is another problem:`.
fn heading_at(text: &str, start: usize) -> Option<Heading> {
    let line = text[start..].trim_start_matches(['#', '*', '_', '>', ' ', '-', '\t']);
    let is_heading = text[start..].starts_with(['#', '*']);
    let mut rest = line;
    for _ in 0..=MAX_LEADING_WORDS {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'\'')
            .count();
        let (word, behind) = rest.split_at(length);
        if is_among(word, &QUESTIONS) {
            return question(text, start, behind, is_heading);
        }
        if word.is_empty() || is_among(word, &SAME_QUESTION) {
            return None;
        }
        rest = behind.strip_prefix([' ', '-'])?;
    }
    None
}

/// The heading whose question word ends before `behind`: with a colon behind it, its
/// number between or not, or in a Markdown heading nothing but its number.
fn question(text: &str, start: usize, behind: &str, is_heading: bool) -> Option<Heading> {
    let bare = behind.trim_start_matches(['*', '_', ' ', '#']);
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    let number = bare[..digits].parse().ok();
    let rest = bare[digits..].trim_start_matches(['*', '_', ' ']);
    let titled = is_heading && number.is_some() && (rest.is_empty() || rest.starts_with('\n'));
    let follows = rest.starts_with(':') || (number.is_some() && rest.starts_with(['.', ')']));
    (follows || titled).then_some(Heading {
        start,
        end: text.len() - rest.len(),
        number,
    })
}
