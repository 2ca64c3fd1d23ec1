//! The task of a dataset: how its lines are read, in which style its prompts are
//! sent, and how answers are graded.

mod entry;
mod gsm8k;
mod prompts;
mod rules;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{config::RunConfig, grading::Grade};

pub use entry::Entry;
use gsm8k::Gsm8k;
use prompts::Prompts;
use rules::Rules;

/// A task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Problems in the format of GSM8K, whose answers are numbers.
    #[default]
    Gsm8k,
    /// Own prompts, with or without a reference answer.
    Prompts,
}

impl Task {
    const ALL: [Self; 2] = [Self::Gsm8k, Self::Prompts];

    fn rules(self) -> &'static dyn Rules {
        match self {
            Self::Gsm8k => &Gsm8k,
            Self::Prompts => &Prompts,
        }
    }

    /// A line of the task, for people.
    #[must_use]
    pub fn line(self) -> &'static str {
        match self {
            Self::Gsm8k => "`{\"question\": …, \"answer\": …}`",
            Self::Prompts => "`{\"prompt\": …}` or `{\"messages\": …}`",
        }
    }

    /// The task that a line with these fields is of; `None` where it is of none, or of
    /// several.
    #[must_use]
    pub fn of(fields: &Map<String, Value>) -> Option<Self> {
        let mut its = Self::ALL
            .into_iter()
            .filter(|task| task.rules().is_its(fields));
        its.next().filter(|_| its.next().is_none())
    }

    /// Reads the fields of a line.
    ///
    /// # Errors
    ///
    /// The fault, as the end of a sentence about the line.
    pub fn read(self, fields: &Map<String, Value>) -> Result<Entry, String> {
        self.rules().read(fields)
    }

    /// A configuration as a run of the task has it: with the style that its prompts are
    /// sent in.
    #[must_use]
    pub fn resolve(self, mut config: RunConfig) -> RunConfig {
        config.method.prompt_style = self.rules().style(config.method.prompt_style);
        config
    }

    /// Grades a response against a reference answer.
    #[must_use]
    pub fn grade(self, response: &str, expected: &str) -> Grade {
        self.rules().grade(response, expected)
    }

    /// Whether it is the task of files that name none.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
