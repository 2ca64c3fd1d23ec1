//! Finds which known question a prompt holds, fast enough to be done while the
//! service time runs.

use std::collections::HashMap;

use bench_core::dataset::Problems;

/// Bytes at the start of a question that the index looks for.
const KEY: usize = 16;

/// A known question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question, without white space around it.
    pub text: String,
    /// The right final answer.
    pub answer: String,
}

/// Every known question, indexed by its first bytes.
#[derive(Debug, Default)]
pub struct Questions {
    all: Vec<Question>,
    by_start: HashMap<[u8; KEY], Vec<usize>>,
    /// Questions shorter than the key; there are hardly any.
    short: Vec<usize>,
}

impl Questions {
    /// Makes the questions of a dataset known.
    pub fn add(&mut self, problems: Problems) {
        for prompt in problems.prompts {
            let place = self.all.len();
            let text = prompt.question.trim().to_owned();
            match text.as_bytes().first_chunk::<KEY>() {
                Some(start) => self.by_start.entry(*start).or_default().push(place),
                None => self.short.push(place),
            }
            self.all.push(Question {
                text,
                answer: prompt.expected_answer,
            });
        }
    }

    /// How many questions are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no question is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The longest known question inside the prompt, wherever it stands: a
    /// nonce may lead and instructions may follow. `None` when there is none.
    #[must_use]
    pub fn find(&self, prompt: &str) -> Option<&Question> {
        let bytes = prompt.as_bytes();
        let long = bytes
            .windows(KEY)
            .enumerate()
            .filter_map(|(offset, window)| {
                let start: &[u8; KEY] = window.try_into().ok()?;
                let places = self.by_start.get(start)?;
                let rest = &bytes[offset..];
                let longest = |place: &usize| self.all[*place].text.len();
                let holds = |place: &&usize| rest.starts_with(self.all[**place].text.as_bytes());
                places
                    .iter()
                    .filter(holds)
                    .max_by_key(|place| longest(place))
            });
        let short = self
            .short
            .iter()
            .filter(|place| prompt.contains(&self.all[**place].text));
        long.chain(short)
            .map(|place| &self.all[*place])
            .max_by_key(|question| question.text.len())
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{config::PromptStyle, dataset};

    use super::*;

    fn builtin() -> Questions {
        let mut questions = Questions::default();
        questions.add(dataset::parse("builtin", dataset::BUILTIN).unwrap());
        questions
    }

    #[test]
    fn every_built_in_question_is_found_in_every_style_and_behind_a_nonce() {
        let questions = builtin();
        let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
        assert!(!problems.prompts.is_empty());
        for prompt in &problems.prompts {
            for style in [
                PromptStyle::Raw,
                PromptStyle::AnswerLine,
                PromptStyle::Boxed,
            ] {
                let text = format!("[é 81c2]\n\n{}", prompt.text(style));
                let found = questions.find(&text).unwrap();
                assert_eq!(found.text, prompt.question.trim());
                assert_eq!(found.answer, prompt.expected_answer);
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
        let mut questions = Questions::default();
        questions.add(dataset::parse("own", &text).unwrap());
        let answer = |prompt: &str| questions.find(prompt).map(|found| found.answer.as_str());
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
        assert_eq!(questions.len(), 3);
    }
}
