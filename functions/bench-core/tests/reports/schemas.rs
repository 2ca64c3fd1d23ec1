//! What the pipeline writes is as its published schemas say, and says nothing more.

use std::{env, fs, path::PathBuf};

use bench_core::{report::artefacts, schema};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{hostile, pages};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// The schema as published, with nothing allowed that it does not name.
fn strict(name: &str) -> Validator {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    closed(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(closed);
            let named = fields.contains_key("properties");
            // What is joined to another schema is closed there.
            let part = fields.contains_key("oneOf") || fields.contains_key("anyOf");
            if named && !fields.contains_key("additionalProperties") && !part {
                fields.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

fn faults(validator: &Validator, instance: &Value) -> Vec<String> {
    let errors = validator.iter_errors(instance).take(5);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, made) in [
        ("report.schema.json", schema::of_report()),
        ("sample.schema.json", schema::of_sample()),
    ] {
        let path = folder().join(name);
        let made = serde_json::to_string_pretty(&made).unwrap() + "\n";
        if env::var_os("HOSTBENCH_WRITE_SCHEMAS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == made,
            "`{}` is not of these types: run the tests with HOSTBENCH_WRITE_SCHEMAS=1, and look at \
             what changed",
            path.display()
        );
    }
}

#[test]
fn every_report_and_every_sample_is_as_its_schema_says() {
    let (report, sample) = (strict("report.schema.json"), strict("sample.schema.json"));
    let mut pages = pages::all();
    pages.push(hostile::page());
    for page in pages {
        for file in artefacts(&page.report(), &page.samples) {
            let text = String::from_utf8(file.body).unwrap();
            let found = match file.name {
                "report.json" => faults(&report, &serde_json::from_str(&text).unwrap()),
                "samples.jsonl" => text
                    .lines()
                    .flat_map(|line| faults(&sample, &serde_json::from_str(line).unwrap()))
                    .take(5)
                    .collect(),
                _ => continue,
            };
            assert!(
                found.is_empty(),
                "{} of {}: {found:#?}",
                file.name,
                page.name
            );
        }
    }
}

#[test]
fn a_report_with_a_field_too_many_too_few_or_of_another_kind_is_not() {
    let validator = strict("report.schema.json");
    let page = pages::demo();
    let whole = serde_json::to_value(page.report()).unwrap();
    assert_eq!(faults(&validator, &whole), Vec::<String>::new());
    let mut more = whole.clone();
    more["targets"][0]["latency_ms"]["p42"] = json!(1.0);
    let mut less = whole.clone();
    less["targets"][0]["latency_ms"]
        .as_object_mut()
        .unwrap()
        .remove("p95");
    let mut other = whole;
    other["run"]["complete"] = json!("yes");
    for broken in [more, less, other] {
        assert!(!faults(&validator, &broken).is_empty());
    }
}
