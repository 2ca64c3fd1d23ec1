//! The configuration reference has every field of the schema and no other, and agrees with
//! its types, ranges and defaults.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use support::read;

use crate::markdown::{Page, Row, code_of, page};

const PAGE: &str = "infra/guide/configuration.md";
const SCHEMA: &str = "functions/bench-core/schemas/config.schema.json";

/// The columns that agree with the schema.
const RANGE: &str = "type, range";
const DEFAULT: &str = "default";
/// The column with the kinds of pricing that have a field.
const KINDS: &str = "kind of pricing";

/// A field of the schema.
#[derive(Debug, Clone)]
struct Field {
    schema: Value,
    is_required: bool,
}

/// The fields by the section that describes them and their name.
type Fields = BTreeMap<(String, String), Field>;

fn add(fields: &mut Fields, section: &str, schema: &Value, skip: &[&str]) {
    let own = schema["properties"].as_object().expect("properties");
    for (name, field) in own
        .iter()
        .filter(|(name, _)| !skip.contains(&name.as_str()))
    {
        let required = schema["required"].as_array();
        let is_required = required.is_some_and(|names| names.contains(&name.as_str().into()));
        let field = Field {
            schema: field.clone(),
            is_required,
        };
        fields.insert((section.to_owned(), name.clone()), field);
    }
}

/// A property that each variant fixes or restricts, with the values of all.
fn over_variants(variants: &[Value], name: &str) -> Field {
    let values = variants.iter().flat_map(|variant| {
        let own = &variant["properties"][name];
        choices(own).expect("choices")
    });
    let choice = |value: String| serde_json::json!({ "const": value });
    let mut values: Vec<String> = values.collect();
    values.dedup();
    let schema = serde_json::json!({ "oneOf": values.into_iter().map(choice).collect::<Vec<_>>() });
    Field {
        schema,
        is_required: true,
    }
}

/// All fields, each under the heading of the reference that describes it. Those of
/// [`KINDS`] have the kind behind the heading.
fn expected(schema: &Value) -> Fields {
    let mut fields = Fields::new();
    let root = &schema["properties"];
    let tables: Vec<&str> = root
        .as_object()
        .expect("properties")
        .iter()
        .filter(|(_, field)| field["properties"].is_object() || field["items"].is_object())
        .map(|(name, _)| name.as_str())
        .collect();
    add(&mut fields, "Run", schema, &tables);
    for name in tables.iter().filter(|name| **name != "targets") {
        let table = &root[*name];
        let fields_of = if table["items"].is_object() {
            &table["items"]
        } else {
            table
        };
        add(&mut fields, name, fields_of, &[]);
    }
    add(
        &mut fields,
        "objective",
        &root["load"]["properties"]["objective"],
        &[],
    );

    let target = &root["targets"]["items"];
    let common = &target["properties"];
    add(&mut fields, "Every kind", target, &[]);
    add(&mut fields, "lifecycle", &common["lifecycle"], &[]);
    let kinds = target["oneOf"].as_array().expect("kinds");
    for name in ["kind", "request"] {
        let key = ("Every kind".to_owned(), name.to_owned());
        fields.insert(key, over_variants(kinds, name));
    }
    for kind in kinds {
        let name = kind["properties"]["kind"]["const"]
            .as_str()
            .expect("a kind");
        add(
            &mut fields,
            &format!("`kind = \"{name}\"`"),
            kind,
            &["kind"],
        );
    }

    let pricing = common["pricing"]["oneOf"].as_array().expect("kinds");
    let key = ("pricing all".to_owned(), "kind".to_owned());
    fields.insert(key, over_variants(pricing, "kind"));
    for kind in pricing {
        let name = kind["properties"]["kind"]["const"]
            .as_str()
            .expect("a kind");
        add(&mut fields, &format!("pricing {name}"), kind, &["kind"]);
    }
    add(&mut fields, "pricing all but free", &common["pricing"], &[]);
    fields
}

/// The sections that a row describes its fields for.
fn sections(row: &Row) -> Vec<String> {
    let section = row.section.last().expect("a heading");
    match row.cells.get(KINDS) {
        None => vec![section.clone()],
        Some(kinds) if kinds.starts_with("all") => {
            vec![format!("{section} {}", kinds.replace('`', ""))]
        }
        Some(kinds) => {
            let kinds = code_of(kinds).into_iter();
            kinds.map(|kind| format!("{section} {kind}")).collect()
        }
    }
}

/// The values of a field that has a choice of some.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if let Some(value) = schema["const"].as_str() {
        return Some(vec![value.to_owned()]);
    }
    let values = schema["oneOf"].as_array()?.iter();
    values
        .map(|value| value["const"].as_str().map(str::to_owned))
        .collect()
}

/// A number as people write it: `1,000,000`.
fn number(value: &Value) -> String {
    let text = value.to_string();
    let text = text.strip_suffix(".0").unwrap_or(&text);
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    let digits: Vec<char> = whole.chars().collect();
    let groups = digits.rchunks(3).rev().map(|group| group.iter().collect());
    let whole = groups.collect::<Vec<String>>().join(",");
    fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}"))
}

/// Parts that the cell with type and range has to have.
fn range(field: &Map<String, Value>) -> Vec<String> {
    let between = |field: &Value| {
        let ends = field.get("minimum").zip(field.get("maximum"));
        ends.map(|(min, max)| format!("{} to {}", number(min), number(max)))
    };
    let schema = Value::Object(field.clone());
    if let Some(choices) = choices(&schema) {
        return choices
            .into_iter()
            .map(|value| format!("`{value}`"))
            .collect();
    }
    if field
        .get("format")
        .is_some_and(|format| format == "decimal")
    {
        return vec![format!("decimal below {}", number(&schema["maximum"]))];
    }
    let kind = schema["type"].as_str().unwrap_or_default();
    let length = schema
        .get("maxLength")
        .map(|max| format!("at most {}", number(max)));
    match kind {
        "boolean" => vec!["boolean".to_owned()],
        "array" => {
            let items = between(&schema["items"]).into_iter();
            ["list of".to_owned()].into_iter().chain(items).collect()
        }
        "string" => length.into_iter().collect(),
        _ => between(&schema).into_iter().collect(),
    }
}

/// The cell of a default, where the schema has one.
fn default(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        Value::String(text) => Some(format!("`{text}`")),
        Value::Bool(value) => Some(format!("`{value}`")),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(number).collect();
            Some(format!("`[{}]`", items.join(", ")))
        }
        value => Some(number(value)),
    }
}

/// Whether a cell has a part, and not within a longer number.
fn has_part(cell: &str, part: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let continues = |c: Option<char>| is_digit(c) || matches!(c, Some('.' | ','));
    cell.match_indices(part).any(|(start, _)| {
        let before = cell[..start].chars().next_back();
        let after = cell[start + part.len()..].chars().next();
        let is_longer = is_digit(part.chars().next()) && continues(before)
            || is_digit(part.chars().next_back()) && continues(after);
        !is_longer
    })
}

/// The differences between a row and the schema.
fn faults(row: &Row, field: &Field) -> Vec<String> {
    let cell = |name: &str| row.cells.get(name).cloned().unwrap_or_default();
    let schema = field.schema.as_object().expect("a schema");
    let mut faults = Vec::new();
    let stated = cell(RANGE);
    // Where another table has the values, this one says so.
    if !stated.starts_with("see ") {
        for part in range(schema).iter().filter(|part| !has_part(&stated, part)) {
            faults.push(format!("{RANGE} is {stated}, expected {part}"));
        }
        if let Some(choices) = choices(&field.schema) {
            let others = code_of(&stated).into_iter();
            let others = others.filter(|value| !choices.contains(&(*value).to_owned()));
            faults.extend(others.map(|value| format!("`{value}` is not a value")));
        }
    }
    let stated = cell(DEFAULT);
    let expected = match default(field.schema.get("default").unwrap_or(&Value::Null)) {
        Some(value) => Some(value),
        None if field.is_required => Some("required".to_owned()),
        None => None,
    };
    let is_value = stated == "required"
        || stated.starts_with(|c: char| c.is_ascii_digit() || "`[".contains(c));
    let same = |a: &str| a.replace(',', "") == stated.replace(',', "");
    match expected {
        Some(value) if !same(&value) => {
            faults.push(format!("{DEFAULT} is {stated}, expected {value}"));
        }
        None if is_value || stated.is_empty() => {
            faults.push(format!("{DEFAULT} is {stated}, and the schema has none"));
        }
        _ => {}
    }
    faults
}

/// Every way in which the reference and the schema disagree.
fn disagreements(page: &Page, schema: &Value) -> Vec<String> {
    let mut missing = expected(schema);
    let mut found = Vec::new();
    for row in page
        .rows
        .iter()
        .filter(|row| row.cells.contains_key("field"))
    {
        for section in sections(row) {
            for name in code_of(&row.first) {
                let key = (section.clone(), name.to_owned());
                match missing.remove(&key) {
                    Some(field) => {
                        let faults = faults(row, &field).into_iter();
                        found.extend(faults.map(|fault| format!("{section}: `{name}`: {fault}")));
                    }
                    None => found.push(format!(
                        "{section}: `{name}` is not a field, or is there twice"
                    )),
                }
            }
        }
    }
    let missing = missing.into_keys();
    found.extend(missing.map(|(section, name)| format!("{section}: `{name}` is not described")));
    found
}

fn schema() -> Value {
    serde_json::from_str(&read(SCHEMA)).expect("a schema")
}

#[test]
fn the_reference_has_every_field_of_the_configuration_with_its_type_range_and_default() {
    let found = disagreements(&page(PAGE.as_ref()), &schema());
    assert!(found.is_empty(), "{PAGE}:\n{}", found.join("\n"));
}

#[test]
fn every_change_of_the_schema_is_one_that_the_reference_has_to_follow() {
    let page = page(PAGE.as_ref());
    let changes: [(&str, Value); 6] = [
        ("/properties/method/properties/warmup/maximum", 99.into()),
        ("/properties/method/properties/cache/default", "cold".into()),
        ("/properties/name/default", "x".into()),
        ("/properties/load/properties/steps/items/minimum", 1.into()),
        (
            "/properties/dataset/properties/split/oneOf/0/const",
            "dev".into(),
        ),
        (
            "/properties/targets/items/required",
            Value::Array(Vec::new()),
        ),
    ];
    for (pointer, value) in changes {
        let mut schema = schema();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        schema.pointer_mut(parent).expect(parent)[name] = value;
        let found = disagreements(&page, &schema);
        assert!(!found.is_empty(), "{pointer}");
    }
    let mut schema = schema();
    schema["properties"]["method"]["properties"]["new"] = serde_json::json!({ "type": "string" });
    assert_eq!(
        disagreements(&page, &schema),
        ["method: `new` is not described"]
    );
}
