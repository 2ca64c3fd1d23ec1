//! Quotations of the program and of the contracts in the guide are what these say.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use support::{read, root};

use crate::markdown::{code_of, page};

/// The text of all sources of the pipeline and the command, with each string on one line.
fn sources() -> String {
    fn add(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                add(&path, text);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let mut text = String::new();
    for part in ["functions", "infra"] {
        for entry in fs::read_dir(root().join(part)).expect("a folder").flatten() {
            let folder = entry.path().join("src");
            if folder.is_dir() {
                add(&folder, &mut text);
            }
        }
    }
    let lines: Vec<&str> = text.split("\\\n").collect();
    let mut joined = String::new();
    for (index, line) in lines.iter().enumerate() {
        joined.push_str(if index == 0 { line } else { line.trim_start() });
    }
    joined
}

#[test]
fn the_messages_that_the_guide_quotes_are_those_of_the_program() {
    let sources = sources();
    let page = page("infra/guide/troubleshooting.md".as_ref());
    // A symptom in quotation marks is a message.
    let messages = page
        .rows
        .iter()
        .filter_map(|row| row.first.strip_prefix('"'));
    let quoted: Vec<&str> = messages.filter_map(|rest| rest.split('"').next()).collect();
    assert!(quoted.len() > 5, "{quoted:?}");
    // An ellipsis stands for what differs from case to case.
    let parts = quoted.iter().flat_map(|message| message.split('…'));
    let unknown: Vec<&str> = parts
        .map(str::trim)
        .filter(|part| !sources.contains(part))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn the_fields_of_measurements_of_other_programs_are_those_of_a_sample() {
    let schema = read("functions/bench-report/schemas/sample.schema.json");
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let page = page("infra/guide/other-programs.md".as_ref());
    let mut required = BTreeSet::new();
    for row in page.rows.iter().filter(|row| row.first.starts_with('`')) {
        for name in code_of(&row.first) {
            assert!(schema["properties"][name].is_object(), "`{name}`");
            if row.cells.values().any(|cell| cell == "required") {
                required.insert(name);
            }
        }
    }
    let expected = schema["required"].as_array().expect("names").iter();
    assert_eq!(required, expected.filter_map(Value::as_str).collect());

    let outcomes = schema["$defs"]["Outcome"]["oneOf"]
        .as_array()
        .expect("outcomes");
    let missing: Vec<&str> = outcomes
        .iter()
        .filter_map(|outcome| outcome["const"].as_str())
        .filter(|outcome| !page.code.iter().any(|code| code == outcome))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_map_of_the_source_has_every_folder() {
    let page = page("infra/guide/how-it-works.md".as_ref());
    let map = &page.blocks[0].text;
    let mut missing = Vec::new();
    for part in ["functions", "statemachine"] {
        for entry in fs::read_dir(root().join(part)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !map.contains(&format!("  {name}")) {
                missing.push(name);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
