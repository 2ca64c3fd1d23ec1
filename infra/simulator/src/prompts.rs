//! Lookup of the known prompt inside a request, fast enough for the service time.

use std::collections::HashMap;

use bench_core::dataset::Problems;

/// Bytes at the start of a prompt that are indexed.
const KEY: usize = 16;

/// A prompt with its reference answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPrompt {
    /// The text, trimmed.
    pub text: String,
    /// The reference answer.
    pub answer: String,
}

/// The known prompts, indexed by their first bytes.
#[derive(Debug, Default)]
pub struct KnownPrompts {
    all: Vec<KnownPrompt>,
    by_start: HashMap<[u8; KEY], Vec<usize>>,
    /// Prompts shorter than the key; there are hardly any.
    short: Vec<usize>,
}

impl KnownPrompts {
    /// Adds the prompts of a dataset that have a reference answer. Of a conversation the last
    /// message is looked for.
    pub fn add(&mut self, problems: Problems) {
        for prompt in problems.prompts {
            let Some(answer) = prompt.expected_answer else {
                continue;
            };
            let index = self.all.len();
            let last = prompt.messages.last().map(|message| &message.content);
            let text = last.unwrap_or(&prompt.question).trim().to_owned();
            match text.as_bytes().first_chunk::<KEY>() {
                Some(start) => self.by_start.entry(*start).or_default().push(index),
                None => self.short.push(index),
            }
            self.all.push(KnownPrompt {
                text,
                answer: answer.into(),
            });
        }
    }

    /// The number of known prompts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no prompt is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The longest known prompt inside a text: a nonce may precede it and
    /// instructions may follow. `None` when there is none.
    #[must_use]
    pub fn find(&self, prompt: &str) -> Option<&KnownPrompt> {
        let bytes = prompt.as_bytes();
        let long = bytes
            .windows(KEY)
            .enumerate()
            .filter_map(|(offset, window)| {
                let start: &[u8; KEY] = window.try_into().ok()?;
                let places = self.by_start.get(start)?;
                let rest = &bytes[offset..];
                let longest = |index: &usize| self.all[*index].text.len();
                let holds = |index: &&usize| rest.starts_with(self.all[**index].text.as_bytes());
                places
                    .iter()
                    .filter(holds)
                    .max_by_key(|index| longest(index))
            });
        let short = self
            .short
            .iter()
            .filter(|index| prompt.contains(&self.all[**index].text));
        long.chain(short)
            .map(|index| &self.all[*index])
            .max_by_key(|prompt| prompt.text.len())
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{config::PromptStyle, dataset};

    use super::*;

    fn builtin() -> KnownPrompts {
        let mut prompts = KnownPrompts::default();
        prompts.add(dataset::parse("builtin", dataset::BUILTIN).unwrap());
        prompts
    }

    #[test]
    fn every_built_in_question_is_found_in_every_style_and_behind_a_nonce() {
        let prompts = builtin();
        let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
        assert!(!problems.prompts.is_empty());
        for prompt in &problems.prompts {
            for style in [
                PromptStyle::Raw,
                PromptStyle::AnswerLine,
                PromptStyle::Boxed,
            ] {
                let text = format!("[é 81c2]\n\n{}", prompt.text(style));
                let found = prompts.find(&text).unwrap();
                assert_eq!(found.text, prompt.question.trim());
                assert_eq!(
                    Some(found.answer.as_str()),
                    prompt.expected_answer.as_deref()
                );
            }
        }
    }

    #[test]
    fn the_longest_question_wins_and_short_ones_are_known_too() {
        let line = |question: &str, answer: u8| {
            format!("{{\"question\":\"{question}\",\"answer\":\"x\\n#### {answer}\"}}\n")
        };
        let text = line("What is 2 + 2?", 4)
            + &line("A shop sells pens at 2 dollars.", 5)
            + &line("A shop sells pens at 2 dollars. How many?", 6);
        let mut prompts = KnownPrompts::default();
        prompts.add(dataset::parse("own", &text).unwrap());
        let answer = |prompt: &str| prompts.find(prompt).map(|found| found.answer.as_str());
        assert_eq!(answer("What is 2 + 2?"), Some("4"));
        assert_eq!(
            answer("A shop sells pens at 2 dollars. How many? Think."),
            Some("6")
        );
        assert_eq!(
            answer("A shop sells pens at 2 dollars. How many"),
            Some("5")
        );
        assert_eq!(answer("Who are you, and where?"), None);
        assert_eq!(prompts.len(), 3);
    }
}
