//! JSON Schemas of what the pipeline writes, made from the types that write it.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::Report;
use bench_core::sample::Sample;

/// The schema of `report.json`, JSON Schema 2020-12.
#[must_use]
pub fn of_report() -> Value {
    of::<Report>("report.json of hostbench")
}

/// The schema of a line of `samples.jsonl`, JSON Schema 2020-12.
#[must_use]
pub fn of_sample() -> Value {
    of::<Sample>("A line of samples.jsonl of hostbench")
}

fn of<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["title"] = title.into();
    schema
}
