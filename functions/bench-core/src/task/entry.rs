//! A line of a dataset, read.

use serde_json::Value;
use smol_str::SmolStr;

use crate::message::Message;

/// A line of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its own name, where it states one.
    pub id: Option<SmolStr>,
    /// The question or the text; empty where there are messages.
    pub question: String,
    /// The messages; empty for a text.
    pub messages: Vec<Message>,
    /// The reference answer, where it states one.
    pub expected_answer: Option<SmolStr>,
    /// The longest answer in output tokens, where it states one.
    pub max_tokens: Option<u32>,
}

/// The kind of a value, as JSON names it.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
