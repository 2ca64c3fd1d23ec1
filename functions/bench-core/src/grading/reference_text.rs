//! Reference answers that are texts: whether a response gives one.
//!
//! Case, white space, emphasis, quotation marks and final punctuation do not matter. What
//! stands in a `\boxed{}` or after `####` is the answer; without either the whole response
//! is, and a response that holds the reference among other words gives it as well.

use smol_str::SmolStr;

use super::{plain::braced, rule::AnswerRule};

/// The longest answer that is recorded, in bytes.
const MAX_ANSWER: usize = 200;

/// An answer that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextAnswer {
    /// The text as it stands in the response, or the reference where that was found in it.
    pub(super) text: SmolStr,
    /// The rule that found it.
    pub(super) rule: AnswerRule,
    /// Whether it is the reference.
    pub(super) correct: bool,
}

/// The answer of a response, and whether it is the reference; `None` where it has no
/// place for one and is too long to be one itself.
pub(super) fn find(response: &str, reference: &str) -> Option<TextAnswer> {
    let expected = normal(reference);
    if expected.is_empty() {
        return None;
    }
    let answer = |text: &str, rule| TextAnswer {
        text: text.into(),
        rule,
        correct: normal(text) == expected,
    };
    if let Some((text, rule)) = marked(response) {
        return Some(answer(text, rule));
    }
    let whole = response.trim();
    if normal(whole) == expected {
        return Some(answer(whole, AnswerRule::WholeAnswer));
    }
    if holds(&normal(whole), &expected) {
        return Some(TextAnswer {
            text: reference.trim().into(),
            rule: AnswerRule::Contained,
            correct: true,
        });
    }
    (!whole.is_empty() && whole.len() <= MAX_ANSWER && !whole.contains('\n'))
        .then(|| answer(whole, AnswerRule::WholeAnswer))
}

/// The answer behind the last mark for one.
fn marked(text: &str) -> Option<(&str, AnswerRule)> {
    let line = text.rfind("####").and_then(|start| {
        let content = text[start..].trim_start_matches('#').lines().next()?.trim();
        (!content.is_empty()).then_some((start, content, AnswerRule::AnswerLine))
    });
    let boxed = text.rfind("\\boxed").and_then(|start| {
        let (content, _) = braced(text[start + "\\boxed".len()..].trim_start())?;
        Some((start, text_command(content.trim()), AnswerRule::Boxed))
    });
    let last = line.into_iter().chain(boxed).max_by_key(|found| found.0)?;
    let (_, content, rule) = last;
    (content.len() <= MAX_ANSWER).then_some((content, rule))
}

/// The content of a `\text{}`, which is how a box holds words.
fn text_command(content: &str) -> &str {
    let inner = content.strip_prefix("\\text").and_then(braced);
    inner.map_or(content, |(inner, _)| inner.trim())
}

/// The text that is compared: what readers take for the same is the same.
fn normal(text: &str) -> String {
    let bare: String = text
        .chars()
        .filter(|letter| !matches!(letter, '*' | '`' | '_'))
        .collect();
    let words: Vec<String> = bare.split_whitespace().map(str::to_lowercase).collect();
    let joined = words.join(" ");
    let is_outer = |letter: char| {
        letter.is_whitespace() || matches!(letter, '"' | '\'' | '“' | '”' | '‘' | '’' | '«' | '»')
    };
    let is_final =
        |letter: char| is_outer(letter) || matches!(letter, '.' | '!' | '?' | ',' | ';' | ':');
    let kept = joined
        .trim_start_matches(is_outer)
        .trim_end_matches(is_final);
    if kept.is_empty() {
        joined
    } else {
        kept.to_owned()
    }
}

/// Whether whole words of a text are these.
fn holds(text: &str, words: &str) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(words).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        let goes_before = is_word(before) && is_word(words.chars().next());
        let goes_on = is_word(after) && is_word(words.chars().next_back());
        !goes_before && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: &str, reference: &str, expected: Option<(&str, AnswerRule, bool)>) {
        let found = find(response, reference);
        let found = found
            .as_ref()
            .map(|found| (found.text.as_str(), found.rule, found.correct));
        assert_eq!(found, expected, "{response:?} for {reference:?}");
    }

    #[test]
    fn notation_is_forgiven_and_words_are_not() {
        check(
            "Paris",
            "Paris",
            Some(("Paris", AnswerRule::WholeAnswer, true)),
        );
        check(
            " **paris**.\n",
            "Paris",
            Some(("**paris**.", AnswerRule::WholeAnswer, true)),
        );
        check(
            "“New  York”",
            "new york",
            Some(("“New  York”", AnswerRule::WholeAnswer, true)),
        );
        check(
            "London",
            "Paris",
            Some(("London", AnswerRule::WholeAnswer, false)),
        );
        check("", "Paris", None);
    }

    #[test]
    fn a_reference_among_other_words_is_found_as_whole_words() {
        let contained = |text| Some((text, AnswerRule::Contained, true));
        check(
            "The capital is Paris, of course.",
            "Paris",
            contained("Paris"),
        );
        check("It is *New York*.", "New York", contained("New York"));
        check("C++ and Rust", "c++", contained("c++"));
        let not = |text| Some((text, AnswerRule::WholeAnswer, false));
        check("Parisian", "Paris", not("Parisian"));
        check("Yesterday", "yes", not("Yesterday"));
    }

    #[test]
    fn a_mark_for_the_answer_decides() {
        check(
            "Paris? No.\n#### London",
            "Paris",
            Some(("London", AnswerRule::AnswerLine, false)),
        );
        check(
            "So \\boxed{\\text{Paris}}.",
            "Paris",
            Some(("Paris", AnswerRule::Boxed, true)),
        );
        check(
            "\\boxed{a}\n#### b",
            "b",
            Some(("b", AnswerRule::AnswerLine, true)),
        );
    }

    #[test]
    fn a_long_response_without_the_reference_has_no_answer() {
        check(&"word ".repeat(100), "Paris", None);
        check("one\ntwo", "Paris", None);
    }
}
