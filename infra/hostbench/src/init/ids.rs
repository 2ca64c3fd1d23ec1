//! The ids of candidates: readable, valid and unique.

use std::collections::BTreeSet;

use bench_core::identity::{MAX_NAME, TargetId};

use super::candidate::{Candidate, Draft};

/// Gives every draft an id, made of what it is and of its name; of equal ones the later
/// have a number.
#[must_use]
pub fn assign(drafts: Vec<Draft>) -> Vec<Candidate> {
    let mut taken = BTreeSet::new();
    let candidate = |draft: Draft| Candidate {
        id: unique(&base(&draft), &mut taken),
        draft,
    };
    drafts.into_iter().map(candidate).collect()
}

fn base(draft: &Draft) -> String {
    // Of a path or a name with its owner, the end tells models apart.
    let name = draft.name.trim_end_matches(['/', '\\']);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".gguf").unwrap_or(name);
    match slug(name) {
        name if name.is_empty() => draft.prefix().to_owned(),
        name => format!("{}-{name}", draft.prefix()),
    }
}

fn unique(base: &str, taken: &mut BTreeSet<String>) -> TargetId {
    let numbered = |number: usize| {
        let end = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let start: String = base.chars().take(MAX_NAME - end.len()).collect();
        format!("{}{end}", start.trim_end_matches('-'))
    };
    let id = (1..=taken.len() + 1)
        .map(numbered)
        .find(|id| taken.insert(id.clone()));
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// The text as lower-case letters, digits and single hyphens between them.
#[must_use]
pub fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use bench_core::config::HttpRequest;

    use super::*;
    use crate::init::candidate::{ServerKind, Source, http};

    fn ids(names: &[&str]) -> Vec<String> {
        let draft = |name: &&str| {
            let source = Source::Server {
                server: ServerKind::Ollama,
                version: None,
                recognized_by: None,
            };
            let service = http("http://127.0.0.1:1", HttpRequest::OpenAiChat, None);
            Draft::new(source, *name, service)
        };
        let candidates = assign(names.iter().map(draft).collect());
        let ids = candidates.iter();
        ids.map(|candidate| candidate.id.to_string()).collect()
    }

    #[test]
    fn an_id_is_made_of_the_end_of_a_name() {
        assert_eq!(
            ids(&[
                "llama3.2:1b",
                "deepseek-ai/DeepSeek-R1",
                "/m/a.Q4_K.gguf",
                "C:\\m\\b.gguf"
            ]),
            [
                "ollama-llama3-2-1b",
                "ollama-deepseek-r1",
                "ollama-a-q4-k",
                "ollama-b"
            ]
        );
    }

    #[test]
    fn equal_names_get_numbers_also_where_they_are_long_or_numbered_already() {
        let equal = ids(&["a", "a", "A", "a-2", "x/a"]);
        assert_eq!(
            equal,
            [
                "ollama-a",
                "ollama-a-2",
                "ollama-a-3",
                "ollama-a-2-2",
                "ollama-a-4"
            ]
        );
        let long = "x".repeat(80);
        let long = ids(&[&long, &long]);
        assert_eq!((long[0].len(), long[1].len()), (64, 64));
        assert!(long[1].ends_with("x-2"), "{long:?}");
    }

    #[test]
    fn a_name_without_a_letter_still_has_an_id() {
        assert_eq!(
            ids(&["模型", "///", "\u{202e}"]),
            ["ollama", "ollama-2", "ollama-3"]
        );
    }
}
