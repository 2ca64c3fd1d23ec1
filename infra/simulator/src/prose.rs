//! Writes answers that look like worked solutions, of exactly as many tokens as
//! asked for.
//!
//! A token is a piece of a word or a sign from a small vocabulary; some hold
//! characters of several bytes, which a client that cuts its input at byte
//! boundaries must survive. Nothing in the filler looks like a final answer.

use std::borrow::Cow;

use rand::{Rng, RngExt, seq::IndexedRandom};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `<think>` or `</think>`; protocols with a place for reasoning leave it out.
    Tag,
    /// A piece of the reasoning.
    Reasoning,
    /// A piece of the visible answer.
    Visible,
    /// The end-of-text token: counted, without text.
    End,
}

/// One output token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its text; empty only for [`Kind::End`].
    pub text: Cow<'static, str>,
    /// Its kind.
    pub kind: Kind,
    /// Its number in the vocabulary.
    pub id: u32,
    /// Its log probability.
    pub logprob: f64,
}

/// The line that an answer ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    /// `#### N` on a line of its own.
    AnswerLine,
    /// `\boxed{N}`.
    Boxed,
}

const THINK_ID: u32 = 128_013;
const END_THINK_ID: u32 = 128_014;
const END_OF_TEXT_ID: u32 = 128_001;
const VOCABULARY: u32 = 128_000;

/// The share of an answer that is reasoning, where there is any.
const REASONING_SHARE: f64 = 0.7;

/// The shortest answer that can be written.
pub const MIN_TOKENS: usize = 32;

/// In a sentence, a token that is replaced by a number.
const NUMBER: &str = "#";

const SENTENCES: &[&[&str]] = &[
    &[
        " First", ",", " let", " me", " read", " the", " problem", " once", " more", ".",
    ],
    &[
        " So", " we", " have", " ", NUMBER, " ×", " ", NUMBER, ",", " which", " is", " a",
        " start", ".",
    ],
    &[
        " Let", " me", " write", " x", " for", " the", " un", "known", " number", ".",
    ],
    &[
        " That", " means", " ", NUMBER, " −", " ", NUMBER, " are", " left", " over", ".",
    ],
    &[
        " Wait", ",", " I", " should", " double", "-check", " that", " step", ".",
    ],
    &[
        " Each", " of", " them", " counts", " ", NUMBER, " times", ".",
    ],
    &[
        " Per", " week", " this", " gives", " ", NUMBER, " ÷", " ", NUMBER, ".",
    ],
    &[
        " Adding", " up", " both", " parts", " →", " ", NUMBER, " +", " ", NUMBER, ".",
    ],
    &[
        " Hmm", ",", " does", " the", " first", " amount", " belong", " here", " as", " well", "?",
    ],
    &[
        " Yes", ",", " it", " does", ";", " nothing", " else", " is", " said", ".",
    ],
    &[
        "\n\n", "Step", " ", NUMBER, ":", " multi", "ply", " and", " com", "pare", ".",
    ],
    &[
        "\n\n", "Now", " the", " re", "main", "der", " ≈", " ", NUMBER, ".",
    ],
    &[
        " A", " café", " would", " charge", " ", NUMBER, " €", " for", " that", ",", " so",
        " fine", ".",
    ],
    &[" In", " words", ":", " half", " (½", ")", " of", " it", "."],
    &["\n", "-", " ", NUMBER, " %", " of", " ", NUMBER],
    &[
        " This", " agrees", " with", " what", " we", " found", " before", ".",
    ],
];

/// Writes an answer of exactly `count` tokens, the end token included, at least
/// [`MIN_TOKENS`].
///
/// With `reasoning` it begins with `<think>` … `</think>`. Its last line gives
/// `answer` in the form of `ending`.
pub fn write(
    rng: &mut impl Rng,
    count: usize,
    reasoning: bool,
    answer: &str,
    format: AnswerFormat,
) -> Vec<Token> {
    let count = count.max(MIN_TOKENS + answer.len());
    let tail = final_line(answer, format);
    let free = count - tail.len() - 1;
    let mut tokens = Vec::with_capacity(count);
    if reasoning {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a token count is a token count"
        )]
        let inside = (free as f64 * REASONING_SHARE) as usize;
        tokens.push(Token {
            text: "<think>".into(),
            kind: Kind::Tag,
            id: THINK_ID,
            logprob: 0.0,
        });
        fill(rng, &mut tokens, inside - 2, Kind::Reasoning);
        tokens.push(Token {
            text: "</think>".into(),
            kind: Kind::Tag,
            id: END_THINK_ID,
            logprob: -0.01,
        });
        fill(rng, &mut tokens, free - inside, Kind::Visible);
    } else {
        fill(rng, &mut tokens, free, Kind::Visible);
    }
    tokens.extend(tail.into_iter().map(|text| token(rng, text, Kind::Visible)));
    tokens.push(Token {
        text: "".into(),
        kind: Kind::End,
        id: END_OF_TEXT_ID,
        logprob: -0.02,
    });
    tokens
}

/// Adds exactly `count` tokens, in whole sentences except for the last one.
fn fill(rng: &mut impl Rng, tokens: &mut Vec<Token>, count: usize, kind: Kind) {
    let mut left = count;
    while left > 0 {
        let Some(sentence) = SENTENCES.choose(rng) else {
            return;
        };
        if left == 1 {
            tokens.push(token(rng, ".".into(), kind));
            return;
        }
        let taken = if sentence.len() <= left {
            sentence.len()
        } else {
            left - 1
        };
        for piece in &sentence[..taken] {
            let text = if *piece == NUMBER {
                Cow::Owned(rng.random_range(2..=480_u32).to_string())
            } else {
                Cow::Borrowed(*piece)
            };
            tokens.push(token(rng, text, kind));
        }
        left -= taken;
    }
}

fn final_line(answer: &str, format: AnswerFormat) -> Vec<Cow<'static, str>> {
    let (before, after): (&[&'static str], &[&'static str]) = match format {
        AnswerFormat::AnswerLine => (&["\n\n", "####", " "], &[]),
        AnswerFormat::Boxed => (&["\n\n", "\\", "boxed", "{"], &["}"]),
    };
    let characters: Vec<char> = answer.chars().collect();
    let pieces = characters
        .chunks(3)
        .map(|piece| Cow::Owned(piece.iter().collect()));
    let fixed = |texts: &[&'static str]| texts.iter().map(|text| Cow::Borrowed(*text)).collect();
    let mut line: Vec<Cow<'static, str>> = fixed(before);
    line.extend(pieces);
    line.extend::<Vec<_>>(fixed(after));
    line
}

fn token(rng: &mut impl Rng, text: Cow<'static, str>, kind: Kind) -> Token {
    // FNV-1a: the same piece has the same number everywhere.
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let logprob = -f64::from(rng.random_range(1..=9_000_u32)) / 10_000.0;
    Token {
        text,
        kind,
        id: hash % VOCABULARY,
        logprob,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn written(count: usize, reasoning: bool, format: AnswerFormat) -> (Vec<Token>, String) {
        let mut rng = ChaCha8Rng::seed_from_u64(count as u64);
        let tokens = write(&mut rng, count, reasoning, "70,000", format);
        let text = tokens.iter().map(|token| token.text.as_ref()).collect();
        (tokens, text)
    }

    #[test]
    fn answers_have_exactly_the_tokens_asked_for() {
        for count in 40..400 {
            for (reasoning, format) in [
                (true, AnswerFormat::AnswerLine),
                (false, AnswerFormat::Boxed),
            ] {
                assert_eq!(written(count, reasoning, format).0.len(), count);
            }
        }
    }

    #[test]
    fn only_the_end_token_is_without_text() {
        let (tokens, _) = written(700, true, AnswerFormat::AnswerLine);
        let (last, rest) = tokens.split_last().unwrap();
        assert_eq!(last.kind, Kind::End);
        assert!(
            rest.iter()
                .all(|token| !token.text.is_empty() && token.kind != Kind::End)
        );
    }

    #[test]
    fn answers_end_in_the_asked_line_and_nothing_before_looks_like_one() {
        let (_, text) = written(700, true, AnswerFormat::AnswerLine);
        let (thought, shown) = text
            .strip_prefix("<think>")
            .unwrap()
            .split_once("</think>")
            .unwrap();
        assert!(text.ends_with("\n#### 70,000"));
        assert_eq!(shown.matches("####").count(), 1);
        assert!(!thought.contains("####") && !text.contains("boxed"));

        let (_, text) = written(500, false, AnswerFormat::Boxed);
        assert!(text.ends_with("\n\\boxed{70,000}") && !text.contains("####"));
        assert!(!text.contains("<think>"));
    }

    #[test]
    fn some_tokens_hold_characters_of_several_bytes() {
        let (tokens, _) = written(700, true, AnswerFormat::AnswerLine);
        assert!(tokens.iter().any(|token| !token.text.is_ascii()));
    }
}
