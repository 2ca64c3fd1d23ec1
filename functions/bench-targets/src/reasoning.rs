//! The first piece of the answer proper within text that may hold reasoning, as models
//! write it inline, in pieces of any size.

use bench_core::reasoning::{MAX_MARK_BYTES, MarkKind, next_mark};

/// Looks for the first non-blank text that is not reasoning, and remembers something of
/// the piece that it came with.
///
/// A text is taken to begin as answer. Where reasoning ends of which no mark began, the
/// text before was reasoning after all; see [`bench_core::reasoning`].
#[derive(Debug)]
pub(crate) struct AnswerScanner<T> {
    in_reasoning: bool,
    /// Where the answer proper begins, in bytes of all text, and its piece.
    answer: Option<(usize, T)>,
    /// The end of the text so far, in which a mark may have begun.
    tail: String,
    /// Bytes before the tail.
    before: usize,
}

impl<T> Default for AnswerScanner<T> {
    fn default() -> Self {
        Self {
            in_reasoning: false,
            answer: None,
            tail: String::new(),
            before: 0,
        }
    }
}

impl<T: Copy> AnswerScanner<T> {
    /// Looks at the next piece.
    pub(crate) fn push(&mut self, piece: &str, of: T) {
        let mut read = self.tail.len();
        self.tail.push_str(piece);
        let text = std::mem::take(&mut self.tail);
        let mut from = 0;
        while let Some(mark) = next_mark(&text, from) {
            from = mark.range.end;
            if mark.range.end <= read {
                continue;
            }
            self.look(&text, read..mark.range.start, of);
            read = mark.range.end;
            match mark.kind {
                MarkKind::End => {
                    self.in_reasoning = false;
                    self.answer = None;
                }
                MarkKind::Begin => {
                    // What looked like text was the beginning of the mark.
                    let start = self.before + mark.range.start;
                    self.answer = self.answer.filter(|(at, _)| *at < start);
                    self.in_reasoning = true;
                }
            }
        }
        self.look(&text, read..text.len(), of);
        self.keep_end(text);
    }

    /// The facts of the piece that the answer proper began with.
    pub(crate) fn answer(&self) -> Option<T> {
        self.answer.map(|(_, of)| of)
    }

    fn look(&mut self, text: &str, range: std::ops::Range<usize>, of: T) {
        if self.in_reasoning || self.answer.is_some() || range.is_empty() {
            return;
        }
        let found = text[range.clone()].find(|c: char| !c.is_whitespace());
        self.answer = found.map(|at| (self.before + range.start + at, of));
    }

    /// Keeps what a mark that ends later may begin with.
    fn keep_end(&mut self, mut text: String) {
        let mut from = (text.len() + 1).saturating_sub(MAX_MARK_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text.drain(..from);
        self.before += from;
        self.tail = text;
    }
}

#[cfg(test)]
mod tests {
    use bench_core::reasoning::visible;
    use proptest::prelude::*;

    use super::*;

    /// The piece that the answer began with, by its index.
    fn answer(pieces: &[&str]) -> Option<usize> {
        let mut scanner = AnswerScanner::default();
        for (index, piece) in pieces.iter().enumerate() {
            scanner.push(piece, index);
        }
        scanner.answer()
    }

    #[track_caller]
    fn check(pieces: &[&str], expected: Option<usize>) {
        assert_eq!(answer(pieces), expected, "{pieces:?}");
    }

    #[test]
    fn text_without_marks_is_the_answer() {
        check(&["Hello"], Some(0));
        check(&[" ", "\n", "x"], Some(2));
        check(&["2 < 3", " [", "THINK"], Some(0));
        check(&["  "], None);
    }

    #[test]
    fn reasoning_and_the_blanks_after_it_are_not_the_answer() {
        check(&["<think>\n", "so 18", "</think>", "\n\n", "18"], Some(4));
        check(&["<thinking>", "a", "</thinking>", "b"], Some(3));
        check(&["[THINK]", "a", "[/THINK]", "b"], Some(3));
        check(&["<think>a</think> 18"], Some(0));
        check(&["<think>a</think>", "<think>b</think>"], None);
        check(&["<think>", "a"], None);
        check(
            &[
                "<|channel|>analysis<|message|>",
                "a",
                "<|end|><|start|>assistant",
                "<|channel|>final<|message|>",
                "18",
            ],
            Some(4),
        );
        check(&["analysis", "a", "assistant", "final", "18"], Some(4));
    }

    #[test]
    fn marks_may_be_split_anywhere() {
        let text = "<think>é<b></think>\n18";
        for (first, _) in text.char_indices() {
            for (second, _) in text.char_indices().filter(|&(at, _)| at >= first) {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                let begins = text.len() - 2;
                let expected = [first, second].iter().filter(|at| **at <= begins).count();
                check(&pieces, Some(expected));
            }
        }
    }

    #[test]
    fn what_only_looked_like_a_mark_was_the_answer_all_along() {
        check(&["\n<", "th", "is>"], Some(0));
        check(&["<", "<think>a"], Some(0));
        check(&["<thin"], Some(0));
        check(&["<thin", "k>"], None);
    }

    #[test]
    fn an_end_without_a_beginning_shows_that_all_before_was_reasoning() {
        check(&["so 18", "</think>", "18"], Some(2));
        check(&["so 18", "</thi", "nk>"], None);
    }

    proptest! {
        #[test]
        fn the_clock_and_grading_see_the_same_answer(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "<think>", "</think>", "<", "/think>", "[THINK]", "[/THINK", "]", "a", " ",
                    "é", "assistant", "final", "<|channel|>", "analysis", "◁", "/think▷",
                ]),
                0..24,
            ),
        ) {
            let text = pieces.concat();
            let begins = answer(&pieces).is_some();
            prop_assert_eq!(begins, !visible(&text).trim().is_empty(), "{}", text);
        }
    }
}
