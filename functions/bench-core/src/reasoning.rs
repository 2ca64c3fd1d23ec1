//! The marks that models put around the reasoning in their text.
//!
//! Whoever separates reasoning from the answer proper uses this table: the clock of
//! a call for the first output token, and grading for the text that is graded. The
//! answer begins behind the last mark that ends reasoning, whether or not a mark
//! began it (chat templates write the first mark into the prompt), and stops at
//! the first mark behind it that begins reasoning or a further turn.

use std::{ops::Range, sync::LazyLock};

use memchr::{memchr3, memmem};

use self::MarkKind::{Begin, End};

/// Which side of reasoning a mark is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// Text behind it is not part of the answer.
    Begin,
    /// Text before it is not part of the answer.
    End,
}

/// A mark that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Which side of reasoning it is on.
    pub kind: MarkKind,
}

/// Each mark, with where it is from.
const MARKS: [(&str, MarkKind); 25] = [
    // DeepSeek, Qwen, GLM and most others.
    ("<think>", Begin),
    ("</think>", End),
    // Claude by prompt, Granite, Nova.
    ("<thinking>", Begin),
    ("</thinking>", End),
    ("<reasoning>", Begin),
    ("</reasoning>", End),
    // Gemma, Gemini behind the OpenAI schema.
    ("<thought>", Begin),
    ("</thought>", End),
    // Magistral.
    ("[THINK]", Begin),
    ("[/THINK]", End),
    // Seed-OSS.
    ("<seed:think>", Begin),
    ("</seed:think>", End),
    // Kimi-VL.
    ("◁think▷", Begin),
    ("◁/think▷", End),
    // OpenThinker, Sky-T1.
    ("<|begin_of_thought|>", Begin),
    ("<|end_of_thought|>", End),
    // Command A.
    ("<|START_THINKING|>", Begin),
    ("<|END_THINKING|>", End),
    // gpt-oss: harmony channels; a turn may end and another begin behind the answer.
    ("<|start|>", Begin),
    ("<|channel|>analysis", Begin),
    ("<|channel|>commentary", Begin),
    ("<|channel|>final<|message|>", End),
    ("<|end|>", Begin),
    ("<|return|>", Begin),
    // The same where a server drops special tokens and keeps the names of channels.
    (HARMONY_WITHOUT_TOKENS, End),
];

const HARMONY_WITHOUT_TOKENS: &str = "assistantfinal";

static WITHOUT_TOKENS: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(HARMONY_WITHOUT_TOKENS));

/// Bytes of the longest mark.
pub const MAX_MARK_BYTES: usize = "<|channel|>final<|message|>".len();

/// The first mark of `text` that begins at byte `from`, a character boundary, or later.
///
/// ```
/// use bench_core::reasoning::{MarkKind, next_mark};
/// let mark = next_mark("2 < 3</think>18", 0).unwrap();
/// assert_eq!((mark.range, mark.kind), (5..13, MarkKind::End));
/// ```
#[must_use]
pub fn next_mark(text: &str, from: usize) -> Option<Mark> {
    let text = text.as_bytes();
    let mut at = from;
    let mut found = None;
    // `<`, `[` and the first byte of `◁`.
    while let Some(skipped) = memchr3(b'<', b'[', 0xe2, &text[at..]) {
        at += skipped;
        found = mark_at(text, at);
        if found.is_some() {
            break;
        }
        at += 1;
    }
    let until = found.as_ref().map_or(text.len(), |mark| mark.range.start);
    WITHOUT_TOKENS
        .find(&text[from..until])
        .map_or(found, |skipped| mark_at(text, from + skipped))
}

fn mark_at(text: &[u8], at: usize) -> Option<Mark> {
    MARKS.iter().find_map(|&(mark, kind)| {
        text[at..].starts_with(mark.as_bytes()).then(|| Mark {
            range: at..at + mark.len(),
            kind,
        })
    })
}

/// The part of a text that is not reasoning; empty where reasoning did not end.
///
/// ```
/// use bench_core::reasoning::visible;
/// assert_eq!(visible("<think>9 * 2</think>18"), "18");
/// assert_eq!(visible("9 * 2</think>18"), "18");
/// assert_eq!(visible("<think>9 * 2"), "");
/// ```
#[must_use]
pub fn visible(text: &str) -> &str {
    let mut answer = 0..text.len();
    let mut is_open = true;
    let mut at = 0;
    while let Some(mark) = next_mark(text, at) {
        at = mark.range.end;
        match mark.kind {
            End => {
                answer = at..text.len();
                is_open = true;
            }
            Begin if is_open => {
                answer.end = mark.range.start;
                is_open = false;
            }
            Begin => {}
        }
    }
    &text[answer]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(visible(text), expected, "{text:?}");
    }

    #[test]
    fn text_without_marks_is_visible_whole() {
        for text in [
            "",
            "18",
            "2 < 3 [a] 4 > 3",
            "it’s <b>18</b>",
            "<<9*2=18>>18\n#### 18",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn every_family_of_marks_is_known() {
        for (begin, end) in MARKS.chunks_exact(2).take(9).map(|pair| (pair[0], pair[1])) {
            assert_eq!((begin.1, end.1), (Begin, End));
            check(&format!("{}5?{}18", begin.0, end.0), "18");
            check(&format!("5?{}18", end.0), "18");
            check(&format!("{}5?", begin.0), "");
        }
        check(
            "<|channel|>analysis<|message|>5?<|end|><|start|>assistant\
             <|channel|>final<|message|>18<|return|>",
            "18",
        );
        check("<|start|>assistant<|channel|>analysis<|message|>5?", "");
        check("analysis9 * 2 it is.assistantfinal18", "18");
    }

    #[test]
    fn the_answer_is_behind_the_last_end_and_before_what_begins_again() {
        check("<think>a</think>b<think>c</think> 18", " 18");
        check("<think>a</think>18<think>or 5?<think>", "18");
        check("It is 18 <thinking>so", "It is 18 ");
        check("a</think>assistantfinal18", "18");
    }

    #[test]
    fn no_mark_is_longer_than_said() {
        let longest = MARKS.iter().map(|(mark, _)| mark.len()).max();
        assert_eq!(longest, Some(MAX_MARK_BYTES));
        for (mark, kind) in MARKS {
            let range = 1..1 + mark.len();
            assert_eq!(
                next_mark(&format!("x{mark}"), 0),
                Some(Mark { range, kind })
            );
        }
    }
}
