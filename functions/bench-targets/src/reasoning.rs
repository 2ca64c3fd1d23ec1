//! The end of inline reasoning: `<think>…</think>` within the visible text, as
//! distilled reasoning models write it, in pieces of any size.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Whether the answer proper has begun with a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerStart {
    /// Not yet: only blanks and reasoning.
    Nothing,
    /// The end of this piece may be the beginning of a tag.
    Undecided,
    /// The answer proper has begun with this piece.
    Now,
    /// The answer proper began with the earliest piece that was undecided.
    Earlier,
}

/// Looks for the first non-blank text that is not reasoning.
///
/// A text is taken to begin as answer: reasoning needs its opening tag.
#[derive(Debug, Default)]
pub(crate) struct ThinkScanner {
    thinking: bool,
    /// The end of the text so far, as far as it may be the beginning of a tag.
    held: String,
}

impl ThinkScanner {
    /// Looks at the next piece.
    pub(crate) fn push(&mut self, piece: &str) -> AnswerStart {
        let carried = self.held.len();
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let mut from = 0;
        loop {
            let rest = &text[from..];
            let tag = if self.thinking { CLOSE } else { OPEN };
            let found = rest.find(tag);
            let until = found.unwrap_or_else(|| rest.len() - open_end(rest, tag));
            if !self.thinking
                && let Some(at) = rest[..until].find(|c: char| !c.is_whitespace())
            {
                return if from + at < carried {
                    AnswerStart::Earlier
                } else {
                    AnswerStart::Now
                };
            }
            if found.is_none() {
                rest[until..].clone_into(&mut self.held);
                let undecided = !self.thinking && !self.held.is_empty();
                return if undecided {
                    AnswerStart::Undecided
                } else {
                    AnswerStart::Nothing
                };
            }
            from += until + tag.len();
            self.thinking = !self.thinking;
        }
    }

    /// Whether the text ends in what might have become a tag and did not.
    pub(crate) fn holds_text(&self) -> bool {
        !self.thinking && !self.held.is_empty()
    }
}

/// How many bytes at the end of `text` are the beginning of `tag`.
fn open_end(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|&length| text.ends_with(&tag[..length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&str], expected: &[AnswerStart]) {
        let mut scanner = ThinkScanner::default();
        let seen: Vec<AnswerStart> = pieces.iter().map(|piece| scanner.push(piece)).collect();
        assert_eq!(seen, expected, "{pieces:?}");
    }

    #[test]
    fn text_without_tags_is_the_answer() {
        check(&["Hello"], &[AnswerStart::Now]);
        check(
            &[" ", "\n", "x"],
            &[AnswerStart::Nothing, AnswerStart::Nothing, AnswerStart::Now],
        );
        check(&["2 < 3"], &[AnswerStart::Now]);
    }

    #[test]
    fn reasoning_and_the_blanks_after_it_are_not_the_answer() {
        check(
            &["<think>\n", "so 18", "</think>", "\n\n", "18"],
            &[
                AnswerStart::Nothing,
                AnswerStart::Nothing,
                AnswerStart::Nothing,
                AnswerStart::Nothing,
                AnswerStart::Now,
            ],
        );
        check(&["<think>a</think> 18"], &[AnswerStart::Now]);
        check(
            &["<think>a</think>", "<think>b</think>"],
            &[AnswerStart::Nothing; 2],
        );
    }

    #[test]
    fn tags_may_be_split_anywhere() {
        let text = "<think>é<b></think>\n18";
        for (first, _) in text.char_indices() {
            for (second, _) in text.char_indices().filter(|&(at, _)| at >= first) {
                let mut scanner = ThinkScanner::default();
                let early = [&text[..first], &text[first..second]].map(|piece| scanner.push(piece));
                let answer = text.len() - 2;
                assert_eq!(
                    early.contains(&AnswerStart::Now),
                    second > answer,
                    "{first} {second}"
                );
                if second <= answer {
                    assert_eq!(
                        scanner.push(&text[second..]),
                        AnswerStart::Now,
                        "{first} {second}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_only_looked_like_a_tag_was_the_answer_all_along() {
        check(
            &["\n<", "th", "is>"],
            &[
                AnswerStart::Undecided,
                AnswerStart::Undecided,
                AnswerStart::Earlier,
            ],
        );
        check(
            &["<", "<think>a"],
            &[AnswerStart::Undecided, AnswerStart::Earlier],
        );
        let mut scanner = ThinkScanner::default();
        scanner.push("<thin");
        assert!(scanner.holds_text());
        scanner.push("k>");
        assert!(!scanner.holds_text());
    }

    #[test]
    fn thinking_is_not_assumed_without_its_opening_tag() {
        check(&["so 18</think>18"], &[AnswerStart::Now]);
    }
}
