//! How much of its prompts a page shows: all of a short run, of a long one what
//! still opens on a phone.

use crate::{
    model::{PromptAtTarget, PromptReport, Report},
    render::display,
};

/// The most prompts × targets that are shown each with a table of its own.
const MAX_DETAILED: usize = 400;
/// The most characters of all responses together, escaped.
const MAX_TEXT: usize = 400_000;
/// Pieces of responses shorter than this say little.
const MIN_TEXT: usize = 400;
/// Prompts of one table of a long run.
const GROUP: usize = 200;

/// How the prompts of a report are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// Whether each prompt has a table of its own, with its question.
    pub(crate) detailed: bool,
    /// Whether responses are in the page.
    pub(crate) texts: bool,
    /// The most of one response.
    most: usize,
}

/// Prompts in one table.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) title: String,
    pub(crate) prompts: Vec<&'a PromptReport>,
}

impl Listing {
    pub(crate) fn of(report: &Report) -> Self {
        let responses = report.prompts.iter().flat_map(|prompt| &prompt.targets);
        let texts: Vec<&str> = responses.filter_map(|at| at.example.as_deref()).collect();
        let cells = report.prompts.len() * report.targets.len();
        let whole = texts.iter().map(|text| escaped_len(text)).sum::<usize>() <= MAX_TEXT;
        let most = if whole {
            usize::MAX
        } else {
            MAX_TEXT / texts.len().max(1)
        };
        let detailed = cells <= MAX_DETAILED;
        Self {
            detailed,
            texts: detailed && most >= MIN_TEXT && !texts.is_empty(),
            most,
        }
    }

    /// The response that is shown of a prompt at a target.
    pub(crate) fn text(&self, at: &PromptAtTarget) -> Option<String> {
        let text = at.example.as_deref().filter(|_| self.texts)?;
        let mut length = 0;
        let end = text.char_indices().find(|(_, letter)| {
            length += escaped(*letter);
            length > self.most
        });
        Some(match end {
            None => display::plain(text),
            Some((end, _)) => format!(
                "{}… [truncated; samples.jsonl has all of it]",
                display::plain(&text[..end])
            ),
        })
    }

    /// All prompts in tables, those with incorrect or failed responses first.
    pub(crate) fn groups(report: &Report) -> Vec<Group<'_>> {
        let wrong = |prompt: &&PromptReport| {
            let mut targets = prompt.targets.iter();
            targets.any(|at| at.failed > 0 || at.correct < at.graded)
        };
        let incorrect: Vec<&PromptReport> = report.prompts.iter().filter(wrong).collect();
        let mut groups = vec![Group {
            title: "Prompts with incorrect or failed responses".to_owned(),
            prompts: incorrect,
        }];
        groups.retain(|group| !group.prompts.is_empty());
        groups.extend(report.prompts.chunks(GROUP).map(|prompts| {
            let id = |prompt: Option<&PromptReport>| {
                prompt.map_or_else(String::new, |prompt| display::foreign(&prompt.id))
            };
            Group {
                title: format!("{} to {}", id(prompts.first()), id(prompts.last())),
                prompts: prompts.iter().collect(),
            }
        }));
        groups
    }
}

/// The length of a letter as the page has it.
fn escaped(letter: char) -> usize {
    match letter {
        '<' | '>' | '&' | '"' | '\'' => 5,
        letter => letter.len_utf8(),
    }
}

fn escaped_len(text: &str) -> usize {
    text.chars().map(escaped).sum()
}
