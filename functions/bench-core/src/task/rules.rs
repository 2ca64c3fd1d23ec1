//! The decisions of every task.

use serde_json::{Map, Value};

use super::entry::Entry;
use crate::{
    config::PromptStyle,
    grading::{self, Grade},
};

/// The rules of a task.
pub(super) trait Rules {
    /// Whether a line with these fields is of the task.
    fn is_its(&self, fields: &Map<String, Value>) -> bool;

    /// Reads the fields of a line.
    ///
    /// # Errors
    ///
    /// The fault, as the end of a sentence about the line.
    fn read(&self, fields: &Map<String, Value>) -> Result<Entry, String>;

    /// The style that its prompts are sent in.
    fn style(&self, configured: PromptStyle) -> PromptStyle;

    /// Grades a response against a reference answer.
    fn grade(&self, response: &str, expected: &str) -> Grade {
        grading::grade(response, expected)
    }
}
