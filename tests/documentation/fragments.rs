//! Pieces of a configuration in the documentation are read, and its fields exist.

use bench_core::config::{Overrides, from_toml, from_value, schema};
use serde_json::{Value, json};
use support::read;

use crate::markdown::current_pages;

/// A configuration around a fragment: what the fragment leaves out, and nothing that it has.
fn whole(fragment: &str) -> Value {
    let fragment: toml::Table = fragment.parse().expect("TOML");
    let mut config = serde_json::to_value(fragment).expect("JSON");
    let fields = config.as_object_mut().expect("a table");
    fields.entry("name").or_insert("fragment".into());
    fields
        .entry("dataset")
        .or_insert(json!({ "source": "builtin" }));
    let target = json!({
        "id": "a", "kind": "http", "url": "http://127.0.0.1:9", "request": "openai-chat",
    });
    fields.entry("targets").or_insert(json!([target]));
    config
}

#[test]
fn every_piece_of_a_configuration_is_read() {
    let mut seen = 0;
    for page in current_pages() {
        for block in page.blocks.iter().filter(|block| block.language == "toml") {
            seen += 1;
            let config = whole(&block.text);
            if let Err(error) = from_value(config, &Overrides::default()) {
                panic!("{}:{}: {error}", page.path.display(), block.line);
            }
        }
    }
    assert!(seen > 2, "{seen}");
}

/// Whether a configuration may have the field at a path.
fn has(schema: &Value, path: &[&str]) -> bool {
    let [name, rest @ ..] = path else {
        return true;
    };
    let own = schema["properties"].get(name);
    let kinds = schema["oneOf"].as_array().into_iter().flatten();
    let mut inner = schema.get("items").into_iter().chain(kinds);
    own.is_some_and(|field| has(field, rest)) || inner.any(|schema| has(schema, path))
}

#[test]
fn a_field_that_the_documentation_names_by_its_path_exists() {
    let mut unknown = Vec::new();
    for page in current_pages() {
        for code in &page.code {
            let end = |c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c);
            let path: Vec<&str> = code
                .split(end)
                .next()
                .unwrap_or_default()
                .split('.')
                .collect();
            let is_table = |name: &str| schema()["properties"].get(name).is_some();
            let is_file = ["csv", "toml"].contains(path.last().unwrap_or(&""));
            if path.len() > 1 && is_table(path[0]) && !is_file && !has(schema(), &path) {
                unknown.push(format!("{}: `{code}`", page.path.display()));
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn what_the_documentation_sets_can_be_set() {
    let demo = read("infra/configs/demo.toml");
    let mut seen = 0;
    for page in current_pages() {
        let blocks = page.blocks.iter().map(|block| block.text.as_str());
        let blocks = blocks.chain(page.code.iter().map(String::as_str));
        for words in blocks
            .flat_map(|text| text.lines())
            .filter_map(shlex::split)
        {
            let pairs = words.iter().zip(words.iter().skip(1));
            for (_, set) in pairs.filter(|(option, _)| *option == "--set") {
                let is_placeholder = set == "FIELD=VALUE" || set.starts_with("targets=");
                if is_placeholder {
                    continue;
                }
                seen += 1;
                let overrides = Overrides::parse(std::slice::from_ref(set));
                let read = overrides.and_then(|overrides| from_toml(&demo, &overrides));
                if let Err(error) = read {
                    panic!("{}: `--set {set}`: {error}", page.path.display());
                }
            }
        }
    }
    assert!(seen > 2, "{seen}");
}

#[test]
fn a_field_that_does_not_exist_would_be_found() {
    assert!(has(schema(), &["load", "objective", "ttft_p95_ms"]));
    assert!(has(schema(), &["targets", "service_tier"]));
    assert!(!has(schema(), &["method", "repeat"]));
}
