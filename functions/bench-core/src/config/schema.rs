//! The JSON Schema of a configuration, made from its types.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::{RunConfig, file::TargetFile};

/// What a configuration is held against, and what editors are given.
static SCHEMA: LazyLock<Value> = LazyLock::new(generate);

/// The schema of a configuration, JSON Schema 2020-12. Its `errorMessage`s are the
/// expectations that faults name.
#[must_use]
pub fn schema() -> &'static Value {
    &SCHEMA
}

fn generate() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings
        .into_generator()
        .into_root_schema_for::<RunConfig<TargetFile>>();
    let mut schema = schema.to_value();
    without_null(&mut schema);
    schema["title"] = "Run configuration of hostbench".into();
    schema
}

/// A field that is not wanted is left out: no field takes `null`.
fn without_null(schema: &mut Value) {
    let is_null = |schema: &Value| schema["type"] == "null";
    match schema {
        Value::Object(fields) => {
            if let Some(mut default) = fields.remove("default") {
                drop_nulls(&mut default);
                if !default.is_null() {
                    fields.insert("default".to_owned(), default);
                }
            }
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".to_owned(), only);
                }
            }
            let nullable = fields
                .get("anyOf")
                .and_then(Value::as_array)
                .is_some_and(|any| any.len() == 2 && any.iter().any(is_null));
            if nullable && let Some(Value::Array(any)) = fields.remove("anyOf") {
                let other = any.into_iter().find(|one| !is_null(one));
                merge(fields, other);
            }
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Adds what a schema does not say itself.
fn merge(fields: &mut Map<String, Value>, other: Option<Value>) {
    if let Some(Value::Object(other)) = other {
        for (name, value) in other {
            fields.entry(name).or_insert(value);
        }
    }
}
