//! The word "answer" where it leads to the answer: "answer is", "answer:", a heading
//! "Answer", and the same in other languages.

use memchr::{memmem, memrchr2_iter};

use super::{
    lines::{find_line, without_closing},
    place::{self, begins_with_number},
    plain::plain,
    rules::{MAX_PLACES, Place},
    words::{is_among, words},
};

/// How the word leads to what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// "is", "would be", "equals".
    Verb,
    /// A colon, an equals sign, a line end behind a heading.
    Sign,
}

const WORD: &str = "answer";

/// Words right before "answer" that make it a verb.
const BEFORE_VERB: [&str; 8] = ["can", "i", "must", "should", "to", "we", "will", "you"];
/// Words shortly before "answer" that make it another one than the final one.
const OTHER_ANSWERS: [&str; 23] = [
    "calculate",
    "check",
    "checking",
    "common",
    "compute",
    "confirm",
    "determine",
    "earlier",
    "express",
    "find",
    "get",
    "if",
    "incorrect",
    "initial",
    "obtain",
    "original",
    "previous",
    "short",
    "verify",
    "verifying",
    "what",
    "whether",
    "wrong",
];
/// Words behind "answer is" that judge the answer instead of saying it.
const JUDGMENTS: [&str; 18] = [
    "based",
    "calculated",
    "confirmed",
    "consistent",
    "correct",
    "found",
    "incorrect",
    "not",
    "obtained",
    "plausible",
    "reasonable",
    "right",
    "rounded",
    "sensible",
    "unknown",
    "valid",
    "verified",
    "wrong",
];
/// Words behind "answer" that make it something else.
const OTHER_THINGS: [&str; 4] = ["choices", "key", "options", "questions"];
/// The most words between "answer" and what links it.
const MAX_LINK_WORDS: usize = 7;
/// Decoration around the word and before what follows.
const DECORATION: [char; 13] = [
    ':', '=', '*', '_', ' ', '`', '\n', '\r', '>', '|', '"', '\'', '\t',
];

/// The last "answer" from `from` on that leads to something with digits. Where the
/// text has `committed` itself before that, a sentence that merely speaks of its
/// answer does not replace it.
pub(super) fn answer_is(text: &str, from: usize, committed: bool) -> Option<Place> {
    let bytes = text.as_bytes();
    memrchr2_iter(b'w', b'W', &bytes[from..])
        .filter_map(|at| {
            let start = (from + at).checked_sub(3).filter(|start| *start >= from)?;
            let word = bytes.get(start..start + WORD.len())?;
            word.eq_ignore_ascii_case(WORD.as_bytes()).then_some(start)
        })
        .take(MAX_PLACES)
        .find_map(|start| read_behind(text, start, committed))
}

fn read_behind(text: &str, start: usize, committed: bool) -> Option<Place> {
    let (before, after) = (&text[..start], &text[start + WORD.len()..]);
    if before.ends_with("</") || is_other_answer(before) {
        return None;
    }
    let (joint, at) = link(before, after)?;
    let content = after[at..].trim_start_matches(DECORATION);
    let first = words(content).next()?;
    if joint == Link::Verb && is_among(first, &JUDGMENTS) {
        return None;
    }
    // Lines of LaTeX and of Markdown that say nothing come before the answer's own.
    let line = find_line(text, text.len() - content.len(), 4, |line| {
        line.contains(char::is_alphanumeric)
    })?;
    let bare = plain(&text[line.clone()]);
    let numbered = begins_with_number(&bare);
    let undecided = match joint {
        Link::Verb => committed,
        Link::Sign => introduces(before, without_closing(&text[line.end..])),
    };
    if undecided && !numbered {
        return None;
    }
    Some(Place {
        start,
        end: line.end,
        extracted: place::read(&bare)?,
    })
}

/// Whether "answer" is a verb there, or another answer than the final one.
fn is_other_answer(before: &str) -> bool {
    let Some(before) = before.strip_suffix(' ') else {
        return false;
    };
    let mut words = before
        .rsplit([' ', '\n'])
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .take(3);
    let Some(last) = words.next() else {
        return false;
    };
    is_among(last, &BEFORE_VERB)
        || is_among(last, &OTHER_ANSWERS)
        || words.any(|word| is_among(word, &OTHER_ANSWERS))
}

/// The link from "answer" to the answer, and where in the text behind it that ends.
fn link(before: &str, after: &str) -> Option<(Link, usize)> {
    let mut words = 0;
    let mut rest = after;
    loop {
        let at = after.len() - rest.len();
        let c = rest.chars().next()?;
        let length = match c {
            ':' | '=' | '→' | '|' | '>' | '：' => return Some((Link::Sign, at + c.len_utf8())),
            '-' | '–' | '—'
                if after[..at].ends_with(' ') && rest[c.len_utf8()..].starts_with(' ') =>
            {
                return Some((Link::Sign, at + c.len_utf8()));
            }
            '\n' => return (words == 0 && begins_line(before)).then_some((Link::Sign, at)),
            '*' | '_' | '`' | '"' | '\'' | '(' | ')' | ' ' | '\r' | '-' | '$' => c.len_utf8(),
            c if c.is_alphabetic() => {
                let length = rest
                    .find(|c: char| !c.is_alphabetic())
                    .unwrap_or(rest.len());
                let word = &rest[..length];
                let adjacent = at == 0;
                if adjacent || words == MAX_LINK_WORDS || is_among(word, &OTHER_THINGS) {
                    return None;
                }
                if is_among(word, &["is", "be", "equals"]) {
                    return Some((Link::Verb, at + length));
                }
                words += 1;
                length
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
}

/// Whether nothing but "final" and decoration comes before on the same line.
fn begins_line(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    words(line).all(|word| is_among(word, &["final", "the", "your", "my"]))
}

/// Whether "Answer:" is where the work begins, not where it ends: no number comes
/// before it but those of the question, and more lines of work follow.
fn introduces(before: &str, behind: &str) -> bool {
    let own = before.rfind('?').map_or(before, |at| &before[at..]);
    !own.bytes().any(|byte| byte.is_ascii_digit())
        && behind.bytes().any(|byte| byte.is_ascii_digit())
}

/// The word in other languages.
const IN_OTHER_LANGUAGES: [&str; 18] = [
    "答案",
    "答え",
    "答：",
    "정답",
    "답:",
    "Ответ",
    "ответ",
    "Respuesta",
    "respuesta",
    "Réponse",
    "réponse",
    "Antwort",
    "Risposta",
    "Resposta",
    "resposta",
    "उत्तर",
    "الجواب",
    "Đáp số",
];

/// The same in other languages: the line behind the last such word.
pub(super) fn answer_in_other_languages(text: &str) -> Option<Place> {
    let last = IN_OTHER_LANGUAGES
        .iter()
        .filter_map(|word| {
            let start = memmem::rfind(text.as_bytes(), word.as_bytes())?;
            Some((start, start + word.len()))
        })
        .max()?;
    let content =
        text[last.1..].trim_start_matches(|c| DECORATION.contains(&c) || "：は是为為".contains(c));
    let line = content.lines().next()?;
    Some(Place {
        start: last.0,
        end: text.len() - content.len() + line.len(),
        extracted: place::read(&plain(line))?,
    })
}
