//! Inputs that a vector takes from another vector of its file.

use serde_json::{Map, Value, json};

/// The input with every `…_ref` replaced by what it names: `groups_ref` with
/// `ID.input.groups` becomes `groups`; `d_ref` with `d_i of ID` becomes `a` and
/// `b` of that vector.
pub(crate) fn resolved(vector: &Value, all: &[Value]) -> Value {
    let mut input = vector["input"].as_object().cloned().unwrap_or_default();
    let references: Vec<(String, String)> = input
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_suffix("_ref")?;
            Some((name.to_owned(), value.as_str()?.to_owned()))
        })
        .collect();
    for (name, place) in references {
        if let Some(id) = place.strip_prefix("d_i of ") {
            let pair = &find(all, id.trim())["input"];
            input.insert("a".into(), pair["a"].clone());
            input.insert("b".into(), pair["b"].clone());
        } else {
            input.insert(name, follow(all, &place));
        }
    }
    if vector["kind"] == "bootstrap_reference" {
        add_reference_data(&mut input, all);
    }
    Value::Object(input)
}

/// This kind names no data: it is about the grouped data and the pair of the
/// same file that the other bootstraps are about.
fn add_reference_data(input: &mut Map<String, Value>, all: &[Value]) {
    let other = |kind: &str| all.iter().find(|vector| vector["kind"] == kind);
    if let Some(vector) = other("bootstrap_within").or_else(|| other("bootstrap_cluster")) {
        let groups = resolved(vector, all)["groups"].clone();
        input.entry("groups").or_insert(groups);
    }
    if let Some(vector) = other("bootstrap_paired") {
        let pair = resolved(vector, all);
        input.entry("a").or_insert(pair["a"].clone());
        input.entry("b").or_insert(pair["b"].clone());
    }
}

fn find<'a>(all: &'a [Value], id: &str) -> &'a Value {
    all.iter()
        .find(|vector| vector["id"] == json!(id))
        .unwrap_or_else(|| panic!("no vector has the id `{id}`"))
}

fn follow(all: &[Value], place: &str) -> Value {
    let mut steps = place.split('.');
    let mut value = find(all, steps.next().unwrap_or_default());
    for step in steps {
        value = &value[step];
    }
    value.clone()
}
