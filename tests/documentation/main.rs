//! The documentation leads where it says, and knows every field of a configuration.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use support::root;

const DOCUMENTS: [&str; 4] = [
    "README.md",
    "infra/guide/aws.md",
    "infra/guide/configuration.md",
    "infra/dist/README.md",
];

/// The targets of `](target)`.
fn links(text: &str) -> Vec<&str> {
    let rest = text.split("](").skip(1);
    rest.filter_map(|rest| rest.split(')').next()).collect()
}

/// The anchors that a reader's page makes of the headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| {
        line.starts_with('#')
            .then(|| line.trim_matches(['#', ' ']).to_owned())
    };
    let slug = |heading: String| {
        let kept = heading.to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    text.lines().filter_map(heading).map(slug).collect()
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let path = root().join(document);
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text)
            .into_iter()
            .filter(|link| !link.starts_with("http"))
        {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let has_anchor =
                || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor));
            if !target.exists() || !anchor.is_empty() && !has_anchor() {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// The names of all properties of a schema.
fn properties(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(own) = fields.get("properties").and_then(Value::as_object) {
                names.extend(own.keys().cloned());
            }
            fields.values().for_each(|value| properties(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, names)),
        _ => {}
    }
}

#[test]
fn the_reference_has_every_field_of_the_configuration_and_no_other() {
    let schema = root().join("functions/bench-core/schemas/config.schema.json");
    let mut expected = BTreeSet::new();
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    properties(&schema, &mut expected);

    let text = fs::read_to_string(root().join("infra/guide/configuration.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let mut described: BTreeSet<String> = cells
        .flat_map(|cell| {
            cell.split('`')
                .step_by(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|name| !name.is_empty())
        .collect();
    // A table of the configuration is a heading of the reference.
    let sections = text.lines().filter_map(|line| line.strip_prefix("## "));
    let is_table = |name: &&str| !["Run", "Write one"].contains(name);
    described.extend(sections.filter(is_table).map(str::to_owned));
    assert_eq!(described, expected);
}

#[test]
fn a_broken_link_and_a_missing_anchor_would_be_found() {
    assert_eq!(links("see [a](b.md#c) and [d](#e)"), ["b.md#c", "#e"]);
    let found = anchors("# Prices and budgets\n### `kind = \"http\"`\ntext\n");
    let expected = ["prices-and-budgets", "kind--http"].map(str::to_owned);
    assert_eq!(found, expected.into());
}
