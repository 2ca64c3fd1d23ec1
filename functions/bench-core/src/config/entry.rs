//! A table in a list of a configuration as it is written.

use serde_json::Value;

use super::Fault;

/// A table in a list of the configuration.
pub(super) struct Entry<'a> {
    /// Its path, such as `targets[0]`.
    pub(super) path: String,
    /// Its value as it is written.
    pub(super) fields: &'a Value,
}

impl<'a> Entry<'a> {
    /// Every table of the list of that name.
    pub(super) fn list(configuration: &'a Value, name: &str) -> Vec<Self> {
        let list = configuration[name].as_array().into_iter().flatten();
        let entry = |(position, fields)| Self {
            path: format!("{name}[{position}]"),
            fields,
        };
        list.enumerate().map(entry).collect()
    }

    /// A field that is text; empty where it is not.
    pub(super) fn text(&self, field: &str) -> &'a str {
        self.fields[field].as_str().unwrap_or_default()
    }

    /// A fault of one of its fields.
    pub(super) fn fault(&self, field: &str, value: &Value, remedy: impl Into<String>) -> Fault {
        Fault::of(format!("{}.{field}", self.path), value, remedy)
    }
}
