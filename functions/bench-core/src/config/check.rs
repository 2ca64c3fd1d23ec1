//! Holds a value against the schema of its type and collects every fault.
//!
//! serde stops at the first fault. The schema that is generated from the types says
//! the same as they do, so a walk through both finds all of them. It knows the part
//! of JSON Schema that these types use.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::{Fault, format_check};

/// Every fault of `value`, whose place in the configuration is `path`.
pub(super) fn check(schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let is_map = schema["additionalProperties"].is_object();
    let is_open = schema["additionalProperties"] == true;
    match value {
        Value::Object(_) if is_open => {}
        Value::Object(table) if is_map => check_map(schema, table, path, faults),
        Value::Object(table) if is_table(schema) => check_table(schema, table, path, faults),
        Value::Array(list) if is_list(schema) && fits(schema, list.len(), "Items") => {
            for (position, item) in list.iter().enumerate() {
                check(
                    &schema["items"],
                    item,
                    &format!("{path}[{position}]"),
                    faults,
                );
            }
        }
        _ if accepts(schema, value) => {}
        _ => {
            let field = if path.is_empty() {
                "configuration"
            } else {
                path
            };
            faults.push(fault(schema, field, value, expectation(schema)));
        }
    }
}

/// A table of fields that are known by name. Where its kind is not known, neither
/// are the fields of that kind: then the kind alone is a fault.
fn check_table(schema: &Value, table: &Map<String, Value>, path: &str, faults: &mut Vec<Fault>) {
    let mut fields: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut required: Vec<&str> = Vec::new();
    let mut is_known_kind = true;
    let mut parts = vec![schema];
    if let Some(variants) = schema["oneOf"].as_array() {
        match variant(variants, table) {
            Ok(variant) => parts.push(variant),
            Err((tag, names)) => {
                is_known_kind = false;
                let remedy = format!("expected {}", one_of(&names));
                faults.push(match table.get(tag) {
                    Some(value) => Fault::of(join(path, tag), value, remedy),
                    None => Fault::missing(join(path, tag), remedy),
                });
            }
        }
    }
    for part in parts {
        let named = part["properties"].as_object().into_iter().flatten();
        fields.extend(named.map(|(name, field)| (name.as_str(), field)));
        let needed = part["required"].as_array().into_iter().flatten();
        required.extend(needed.filter_map(Value::as_str));
    }
    for (name, field) in &fields {
        match table.get(*name) {
            Some(value) => check(field, value, &join(path, name), faults),
            None if required.contains(name) => {
                faults.push(Fault::missing(join(path, name), expectation(field)));
            }
            None => {}
        }
    }
    if !is_known_kind {
        return;
    }
    let known: Vec<&str> = fields.into_keys().collect();
    for (name, value) in table {
        if !known.contains(&name.as_str()) {
            faults.push(Fault::of(join(path, name), value, unknown(name, &known)));
        }
    }
}

/// A table whose names are values themselves, such as prices by unit.
fn check_map(schema: &Value, table: &Map<String, Value>, path: &str, faults: &mut Vec<Fault>) {
    let names = &schema["propertyNames"];
    for (name, value) in table {
        let field = join(path, name);
        if !names.is_null() && !accepts(names, &Value::from(name.as_str())) {
            faults.push(fault(schema, &field, value, expectation(names)));
        } else {
            check(&schema["additionalProperties"], value, &field, faults);
        }
    }
}

/// The part of a schema for the kind that a table is of; else the name of the field
/// that says so, and its values.
fn variant<'a>(
    variants: &'a [Value],
    table: &Map<String, Value>,
) -> Result<&'a Value, (&'a str, Vec<&'a str>)> {
    let tag_of = |variant: &'a Value| {
        let mut fields = variant["properties"].as_object().into_iter().flatten();
        fields.find_map(|(name, field)| Some((name.as_str(), field["const"].as_str()?)))
    };
    let tags: Vec<_> = variants.iter().filter_map(tag_of).collect();
    let tag = tags.first().map_or("", |(tag, _)| *tag);
    let kind = table.get(tag).and_then(Value::as_str);
    variants
        .iter()
        .find(|variant| kind.is_some() && tag_of(variant).map(|(_, name)| name) == kind)
        .ok_or_else(|| (tag, tags.into_iter().map(|(_, name)| name).collect()))
}

fn accepts(schema: &Value, value: &Value) -> bool {
    if let Some(choices) = choices(schema) {
        return value.as_str().is_some_and(|text| choices.contains(&text));
    }
    let format = |text: &str| format_check::accepts(schema["format"].as_str(), text);
    match value {
        Value::String(text) => {
            has_type(schema, "string")
                && fits(schema, text.chars().count(), "Length")
                && matches(schema["pattern"].as_str(), text)
                && format(text)
        }
        Value::Number(number) if has_type(schema, "integer") => {
            number.as_u64().is_some_and(|_| in_range(schema, value))
        }
        Value::Number(number) => {
            has_type(schema, "number") && in_range(schema, value) && format(&number.to_string())
        }
        Value::Bool(_) => has_type(schema, "boolean"),
        _ => false,
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn is_table(schema: &Value) -> bool {
    has_type(schema, "object")
}

fn is_list(schema: &Value) -> bool {
    has_type(schema, "array")
}

/// Whether a size is within `minItems` and `maxItems`, or `minLength` and `maxLength`.
fn fits(schema: &Value, size: usize, of: &str) -> bool {
    let limit = |end: &str| schema[format!("{end}{of}")].as_u64();
    let size = size as u64;
    limit("min").is_none_or(|min| size >= min) && limit("max").is_none_or(|max| size <= max)
}

fn in_range(schema: &Value, value: &Value) -> bool {
    let number = value.as_f64().unwrap_or(f64::NAN);
    let min = schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY);
    let max = schema["maximum"].as_f64().unwrap_or(f64::INFINITY);
    (min..=max).contains(&number)
}

fn matches(pattern: Option<&str>, text: &str) -> bool {
    pattern.is_none_or(|pattern| Regex::new(pattern).is_ok_and(|regex| regex.is_match(text)))
}

/// The names that a field takes, where it takes one of a few.
fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(only) = schema["const"].as_str() {
        return Some(vec![only]);
    }
    let listed = schema["enum"].as_array().map(|names| names.iter());
    if let Some(names) = listed {
        return names.map(Value::as_str).collect();
    }
    let described = schema["oneOf"].as_array()?;
    described.iter().map(|one| one["const"].as_str()).collect()
}

/// The words for what a field takes: the type's own, or those that its limits make.
fn expectation(schema: &Value) -> String {
    if let Some(own) = schema["errorMessage"].as_str() {
        return own.to_owned();
    }
    if let Some(choices) = choices(schema) {
        return format!("expected {}", one_of(&choices));
    }
    let limits = || format!("from {} to {}", schema["minimum"], schema["maximum"]);
    match &schema["type"] {
        kind if kind == "integer" => format!("expected a whole number {}", limits()),
        kind if kind == "number" => format!("expected a number {}", limits()),
        kind if kind == "boolean" => "expected `true` or `false`".to_owned(),
        kind if kind == "array" => "expected a list".to_owned(),
        kind if kind == "object" => "expected a table of fields".to_owned(),
        _ => "expected text".to_owned(),
    }
}

/// A value that may be a secret by mistake is not shown.
fn fault(schema: &Value, field: &str, value: &Value, remedy: String) -> Fault {
    if schema["writeOnly"] == true {
        return Fault {
            field: field.to_owned(),
            value: Some("(not shown)".to_owned()),
            remedy,
        };
    }
    Fault::of(field, value, remedy)
}

fn unknown(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(known) => format!("unknown field, did you mean `{known}`?"),
        None => format!("unknown field, remove it; known are {}", quoted(known)),
    }
}

/// The known name that a misspelled one was meant to be: at most a third of its
/// letters away.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .map(|(_, candidate)| candidate)
}

fn one_of(names: &[&str]) -> String {
    match names {
        [only] => format!("`{only}`"),
        _ => format!("one of {}", quoted(names)),
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
