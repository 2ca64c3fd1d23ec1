//! Prompts cut or padded to a number of input tokens.
//!
//! How many tokens a text has only the target knows: characters per token are those that it
//! counted of another text of the same dataset, and what really came is reported.

use crate::{
    config::{Method, Target},
    message::Role,
    prompt::Prompt,
    sample::{Phase, Sample},
};

/// Characters per token where the target counted none yet.
pub const ASSUMED_CHARS_PER_TOKEN: f64 = 4.0;

/// The most characters per token that are believed.
const MAX_CHARS_PER_TOKEN: f64 = 16.0;

/// Characters per token of the prompts that a target has counted: the last answered probe
/// decides, since it has the wanted length. `None` where it counts no input tokens.
#[must_use]
pub fn chars_per_token<'a>(probes: impl IntoIterator<Item = &'a Sample>) -> Option<f64> {
    let counted = probes.into_iter().filter(|probe| probe.answers_probe());
    let ratios = counted.filter_map(|probe| {
        let (chars, tokens) = probe.prompt_chars.zip(probe.input_tokens)?;
        let ratio = ratio(chars, tokens)?;
        Some(ratio.min(MAX_CHARS_PER_TOKEN))
    });
    ratios.last()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lengths of texts are far below 2^52"
)]
fn ratio(chars: u64, tokens: u64) -> Option<f64> {
    (chars > 0 && tokens > 0).then(|| chars as f64 / tokens as f64)
}

/// The characters of so many tokens.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a product of a length of at most 2^20 and a ratio of at most 16"
)]
pub fn chars_of(tokens: u32, chars_per_token: f64) -> usize {
    (f64::from(tokens) * chars_per_token).round() as usize
}

/// A prompt whose request has about so many characters: its text, of a conversation that of
/// the last message of a user, is cut at the end of a word, or goes on with the texts of the
/// prompts that follow it in `all`. Instructions and other messages count and stay.
#[must_use]
pub fn fitted(
    prompt: &Prompt,
    all: &[Prompt],
    chars: usize,
    method: &Method,
    target: &Target,
) -> Prompt {
    let rendered = prompt.rendered(method, target, Phase::Measured, 1);
    let mut fitted = prompt.clone();
    let last = fitted
        .messages
        .iter_mut()
        .rfind(|message| message.role == Role::User);
    let text = match last {
        Some(message) => &mut message.content,
        None => &mut fitted.question,
    };
    let around = rendered
        .text
        .chars()
        .count()
        .saturating_sub(text.chars().count());
    let wanted = chars.saturating_sub(around).max(1);
    lengthen(text, prompt, all, wanted);
    cut(text, wanted);
    fitted
}

/// Adds the texts of the other prompts until the text is long enough.
fn lengthen(text: &mut String, prompt: &Prompt, all: &[Prompt], wanted: usize) {
    let place = all.iter().position(|other| other.index == prompt.index);
    let next = place.map_or(0, |place| place + 1);
    let others = all.iter().cycle().skip(next);
    let mut length = text.chars().count();
    for other in others {
        if length >= wanted {
            return;
        }
        let more = other.plain();
        length += more.chars().count() + 2;
        text.push_str("\n\n");
        text.push_str(&more);
    }
}

/// Cuts a text to at most so many characters, at the end of a word where it has several.
fn cut(text: &mut String, most: usize) {
    let Some((end, next)) = text.char_indices().nth(most) else {
        return;
    };
    let end = if next.is_whitespace() {
        end
    } else {
        let word = text[..end].rfind(char::is_whitespace);
        word.filter(|start| *start > 0).unwrap_or(end)
    };
    text.truncate(text[..end].trim_end().len().max(first_char(text)));
}

/// The bytes of the first character.
fn first_char(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{self, Overrides, PromptStyle},
        message::Message,
        sample::Outcome,
    };

    fn target() -> Target {
        let text = "name = 'a'\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\n\
                    request = 'openai-chat'";
        let run = config::from_toml(text, &Overrides::default()).unwrap();
        run.targets.into_iter().next().unwrap()
    }

    fn prompts() -> Vec<Prompt> {
        ["one two three", "four five", "sechs süß sieben"]
            .into_iter()
            .zip(0..)
            .map(|(text, index)| Prompt {
                index,
                question: text.to_owned(),
                ..Prompt::default()
            })
            .collect()
    }

    fn raw() -> Method {
        Method {
            prompt_style: PromptStyle::Raw,
            ..Method::default()
        }
    }

    fn text(index: usize, chars: usize) -> String {
        let all = prompts();
        fitted(&all[index], &all, chars, &raw(), &target()).question
    }

    #[test]
    fn a_text_is_cut_at_the_end_of_a_word() {
        assert_eq!(text(0, 12), "one two");
        assert_eq!(text(0, 13), "one two three");
        assert_eq!(text(0, 7), "one two");
        assert_eq!(text(0, 2), "on");
        assert_eq!(text(2, 9), "sechs süß");
        assert_eq!(text(0, 0), "o");
    }

    #[test]
    fn a_text_goes_on_with_those_of_the_other_prompts() {
        assert_eq!(text(0, 24), "one two three\n\nfour five");
        assert_eq!(text(2, 40), "sechs süß sieben\n\none two three\n\nfour");
        let long = text(1, 10_000);
        assert!((9_990..=10_000).contains(&long.chars().count()));
        let alone = &prompts()[..1];
        let repeated = fitted(&alone[0], alone, 28, &raw(), &target());
        assert_eq!(repeated.question, "one two three\n\none two three");
    }

    #[test]
    fn instructions_and_other_messages_count_and_stay() {
        let all = prompts();
        let styled = fitted(&all[0], &all, 400, &Method::default(), &target());
        let sent = styled.text(PromptStyle::AnswerLine);
        assert!((390..=400).contains(&sent.chars().count()), "{sent}");
        let conversation = Prompt {
            messages: vec![
                Message::new(Role::System, "Be brief."),
                Message::new(Role::User, "one two three"),
            ],
            ..Prompt::default()
        };
        let fitted = fitted(&conversation, &all, 200, &raw(), &target());
        assert_eq!(fitted.messages[0], conversation.messages[0]);
        let sent = fitted.text(PromptStyle::Raw);
        assert!((190..=200).contains(&sent.chars().count()), "{sent}");
    }

    #[test]
    fn characters_per_token_are_those_of_the_last_probe_that_was_counted() {
        let probe = |outcome, chars, tokens| Sample {
            outcome,
            phase: Phase::Probe,
            prompt_chars: Some(chars),
            input_tokens: tokens,
            ..Sample::default()
        };
        let probes = [
            probe(Outcome::Ok, 100, Some(50)),
            probe(Outcome::Ok, 400, Some(100)),
            probe(Outcome::NotReady, 400, None),
        ];
        assert_eq!(chars_per_token(&probes), Some(4.0));
        assert_eq!(chars_per_token(&[probe(Outcome::Ok, 400, None)]), None);
        assert_eq!(
            chars_per_token(&[probe(Outcome::Ok, 400, Some(1))]),
            Some(16.0)
        );
        assert_eq!(chars_of(100, 3.506), 351);
    }
}
