//! The changes that a target wants in its request bodies.

use aws_smithy_types::{Document, Number};
use bench_core::config::Target;
use serde_json::{Map, Value};

/// Fields of request bodies that are renamed, left out and added.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct BodyShape {
    /// Path of the token limit, and its name instead of the last part.
    renamed: Option<(&'static str, String)>,
    /// Dotted paths.
    omitted: Vec<String>,
    extra: Map<String, Value>,
}

impl BodyShape {
    /// The shape of a target's bodies.
    pub(crate) fn of(target: &Target) -> Self {
        let path = target.service.max_tokens_path();
        let name = target.max_tokens_field.clone();
        Self {
            renamed: name.map(|name| (path, name)),
            omitted: target.omit.clone(),
            extra: target.extra.clone(),
        }
    }

    /// Whether bodies stay as they are.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Changes a body: what is added is never left out.
    pub(crate) fn apply(&self, body: &mut Value) {
        if let Some((path, name)) = &self.renamed
            && let Some((table, field)) = parent(body, path)
            && let Some(value) = table.remove(field)
        {
            table.insert(name.clone(), value);
        }
        for path in &self.omitted {
            if let Some((table, field)) = parent(body, path) {
                table.remove(field);
            }
        }
        if let Value::Object(fields) = body {
            merge(fields, &self.extra);
        }
    }

    /// The fields that the Converse operations hand on to the model; `None` where there are
    /// none.
    pub(crate) fn additional_fields(&self) -> Option<Document> {
        let fields = (!self.extra.is_empty()).then(|| self.extra.clone())?;
        Some(document(Value::Object(fields)))
    }
}

/// The table that holds the field at a dotted path, and the field's name.
fn parent<'a, 'p>(
    body: &'a mut Value,
    path: &'p str,
) -> Option<(&'a mut Map<String, Value>, &'p str)> {
    match path.split_once('.') {
        None => Some((body.as_object_mut()?, path)),
        Some((first, rest)) => parent(body.get_mut(first)?, rest),
    }
}

/// Tables are merged by their fields, anything else is replaced.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

fn document(value: Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => Number::PosInt(whole),
            (_, Some(whole)) => Number::NegInt(whole),
            _ => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::String(text) => Document::String(text),
        Value::Array(items) => Document::Array(items.into_iter().map(document).collect()),
        Value::Object(fields) => Document::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, document(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests;
