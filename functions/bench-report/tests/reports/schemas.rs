//! Every file of the pipeline matches its published schema, without further fields.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use bench_core::{
    config::{self, Overrides},
    plan::Plan,
    sample::Sample,
};
use bench_report::Report;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{hostile, node::Node, pages};

/// The schema of a configuration, which lies beside its types.
const CONFIG_SCHEMA: &str = "../../bench-core/schemas/config.schema.json";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// The schema as published, with nothing allowed that it does not name.
fn strict(name: &str, mark: &str) -> PathBuf {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    closed(&mut schema);
    write(&format!("{mark}-{name}"), &schema)
}

fn write(name: &str, value: &Value) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, serde_json::to_vec(value).unwrap()).unwrap();
    path
}

fn closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let named = fields.contains_key("properties");
            let branches = fields.get_mut("oneOf").and_then(Value::as_array_mut);
            // Branches of an object with fields of its own are closed together with it.
            let joined = branches.filter(|_| named).map(std::mem::take);
            fields.values_mut().for_each(closed);
            if let Some(mut branches) = joined {
                let parts = branches.iter_mut().filter_map(Value::as_object_mut);
                parts.for_each(|branch| branch.values_mut().for_each(closed));
                fields.insert("oneOf".to_owned(), branches.into());
            }
            if named && !fields.contains_key("additionalProperties") {
                fields.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

/// The schema of what a type writes, JSON Schema 2020-12.
fn of<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["title"] = title.into();
    schema
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, made) in [
        (
            "report.schema.json",
            of::<Report>("report.json of hostbench"),
        ),
        ("plan.schema.json", of::<Plan>("plan.json of hostbench")),
        (
            "sample.schema.json",
            of::<Sample>("A line of samples.jsonl of hostbench"),
        ),
        (CONFIG_SCHEMA, config::schema().clone()),
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
fn every_plan_every_report_and_every_sample_is_as_its_schema_says() {
    let Some(node) = Node::find() else {
        return;
    };
    let mut pages = pages::all();
    pages.push(hostile::page());
    let folders: Vec<PathBuf> = pages.iter().map(pages::Page::write).collect();
    for (schema, file) in [
        ("plan.schema.json", "plan.json"),
        ("report.schema.json", "report.json"),
        ("sample.schema.json", "samples.jsonl"),
    ] {
        let mut arguments = vec![strict(schema, "whole")];
        arguments.extend(folders.iter().map(|folder| folder.join(file)));
        let faults = node.run("valid.mjs", &arguments);
        assert!(faults.is_empty(), "{faults}");
    }
}

#[test]
fn a_report_with_a_field_too_many_too_few_or_of_another_kind_is_not() {
    let Some(node) = Node::find() else {
        return;
    };
    let whole = serde_json::to_value(pages::demo().report()).unwrap();
    let mut more = whole.clone();
    more["targets"][0]["latency_ms"]["p42"] = json!(1.0);
    let mut less = whole.clone();
    let latency = less["targets"][0]["latency_ms"].as_object_mut().unwrap();
    latency.remove("p95");
    let mut other = whole.clone();
    other["run"]["complete"] = json!("yes");
    let schema = strict("report.schema.json", "broken");
    for (broken, name) in [
        (whole, ""),
        (more, "p42"),
        (less, "p95"),
        (other, "/run/complete"),
    ] {
        let file = write("broken-report.json", &broken);
        let faults = node.run("valid.mjs", &[schema.clone(), file]);
        assert!(
            faults.contains(name) && faults.is_empty() == name.is_empty(),
            "{name}: {faults}"
        );
    }
}

/// A configuration as JSON, from TOML.
fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn configurations_that_are_read_keep_their_schema_and_those_that_are_refused_break_it() {
    let Some(node) = Node::find() else {
        return;
    };
    let schema = folder().join(CONFIG_SCHEMA);
    let faults = |name: &str, text: &str| {
        let file = write(name, &as_json(text));
        node.run("valid.mjs", &[schema.clone(), file])
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/configs");
    let mut read = 0;
    for entry in fs::read_dir(shipped).unwrap().flatten() {
        if entry.path().extension().is_none_or(|kind| kind != "toml") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        config::from_toml(&text, &Overrides::default()).unwrap();
        let found = faults("config-shipped.json", &text);
        assert!(found.is_empty(), "{}: {found}", entry.path().display());
        read += 1;
    }
    assert!(read >= 2);
    let target =
        "[[targets]]\nid = \"a\"\nkind = \"http\"\nurl = \"http://h\"\nrequest = \"tgi\"\n";
    for refused in [
        format!("name = \"Not A Name\"\n{target}"),
        format!("name = \"x\"\n{target}streem = true"),
        format!("name = \"x\"\n{target}concurrency = 41"),
        format!("name = \"x\"\n{target}pricing = {{ kind = \"hourly\" }}"),
        format!("name = \"x\"\n[[use_cases]]\nname = \"u\"\n{target}"),
        "name = \"x\"".to_owned(),
    ] {
        assert!(
            config::from_toml(&refused, &Overrides::default()).is_err(),
            "{refused}"
        );
        assert!(
            !faults("config-refused.json", &refused).is_empty(),
            "{refused}"
        );
    }
}
