//! Every vector of the file, computed from its input and compared leaf by leaf.
//!
//! The expected values come from numpy and scipy. `HOSTBENCH_STATS_VECTORS=FILE`
//! runs the same test over another file of the same form.

#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::many_single_char_names,
    reason = "a test that fails on a malformed vector; formulas keep their letters"
)]

mod bootstrap;
mod comparison;
mod cost;
mod description;
mod foreign;
mod input;
mod intervals;
mod references;
mod serving;
mod tolerance;
mod trend;

use std::{env, fs, path::PathBuf};

use serde_json::Value;

use tolerance::Tolerance;

/// Where the vectors lie unless another file is named.
const FIXTURE: &str = "tests/fixtures/stats_vectors.json";

#[test]
fn golden_vectors() {
    let path = env::var_os("HOSTBENCH_STATS_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FIXTURE),
        PathBuf::from,
    );
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("cannot read the vectors `{}`: {error}", path.display());
    });
    let file: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let vectors = file["vectors"].as_array().expect("the file has `vectors`");
    assert!(!vectors.is_empty(), "`{}` has no vector", path.display());
    let faults: Vec<String> = vectors
        .iter()
        .flat_map(|vector| {
            let id = &vector["id"];
            check(vector, vectors)
                .into_iter()
                .map(move |fault| format!("{id}: {fault}"))
        })
        .collect();
    eprintln!("{} vectors", vectors.len());
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Every leaf of a vector that differs from the library's results for its input.
fn check(vector: &Value, all: &[Value]) -> Vec<String> {
    let kind = vector["kind"].as_str().unwrap_or_default();
    let input = if kind.starts_with("cost_") {
        cost::input_of(vector, all)
    } else {
        references::resolved(vector, all)
    };
    match compute(kind, &input) {
        Some(found) => Tolerance::of(&vector["tolerance"]).differences(&found, &vector["expected"]),
        None => vec![format!("kind `{kind}` is not known")],
    }
}

/// The library's results for an input, shaped like the vector's `expected`; they
/// may hold more than that. `None` for a kind that is not known.
fn compute(kind: &str, input: &Value) -> Option<Value> {
    if kind.starts_with("cost_") {
        return cost::compute(kind, input);
    }
    [
        description::compute,
        intervals::compute,
        comparison::compute,
        bootstrap::compute,
        serving::compute,
        trend::compute,
        foreign::compute,
    ]
    .into_iter()
    .find_map(|compute| compute(kind, input))
}
