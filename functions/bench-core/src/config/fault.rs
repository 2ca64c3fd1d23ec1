//! The faults of a configuration, all of them at once.

use std::fmt;

use serde_json::Value;

use super::excerpt;

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field: `method.repetitions`, `targets[1].url`; empty for the file
    /// as a whole.
    pub field: String,
    /// Its value as JSON, so that a string keeps its quotation marks; `None` when
    /// the field is missing.
    pub value: Option<String>,
    /// The expectation, and what to do.
    pub remedy: String,
}

impl Fault {
    /// A fault of a field that has a value.
    pub fn of(field: impl Into<String>, value: &Value, remedy: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            value: Some(display(value)),
            remedy: remedy.into(),
        }
    }

    /// A field that has to be there and is not.
    pub fn missing(field: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            value: None,
            remedy: remedy.into(),
        }
    }

    /// A text that is not TOML, with the line and a mark below the place.
    #[must_use]
    pub fn not_toml(error: &toml::de::Error, text: &str) -> Self {
        let message = error.message().trim();
        let Some(span) = error.span() else {
            return Self::whole(format!("TOML parse error: {message}"));
        };
        let (line, column) = excerpt::place(text, span.start);
        let shown = excerpt::marked(text, line, column);
        Self::whole(format!(
            "TOML parse error at line {line}, column {column}\n{shown}\n{message}"
        ))
    }

    /// A text that is not JSON, with the line and a mark below the place.
    #[must_use]
    pub fn not_json(error: &serde_json::Error, text: &str) -> Self {
        let line = error.line();
        // The column of the error counts bytes.
        let bytes = excerpt::line(text, line).as_bytes();
        let before = bytes
            .get(..error.column().saturating_sub(1))
            .unwrap_or(bytes);
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        let shown = excerpt::marked(text, line, column);
        Self::whole(format!("JSON parse error: {error}\n{shown}"))
    }

    /// A fault of the file as a whole.
    pub(super) fn whole(remedy: String) -> Self {
        Self {
            field: String::new(),
            value: None,
            remedy,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            _ if self.field.is_empty() => f.write_str(&self.remedy),
            Some(value) => write!(f, "`{}` is `{value}`: {}", self.field, self.remedy),
            None => write!(f, "`{}` is missing: {}", self.field, self.remedy),
        }
    }
}

/// Every fault of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// At least one: first those of single fields by their paths, then those of
    /// fields that do not go together.
    pub faults: Vec<Fault>,
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self {
            faults: vec![fault],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(f, "the configuration has {count} {noun}")?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

/// A value as JSON, cut when long.
fn display(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > excerpt::MAX_CHARS {
        return text.chars().take(excerpt::MAX_CHARS).chain(['…']).collect();
    }
    text
}
