//! The fields in which two configurations differ.

use std::collections::BTreeSet;

use serde_json::Value;

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its path, such as `targets.a.concurrency`.
    pub field: String,
    /// Its value before; null where there is none.
    pub before: Value,
    /// Its value now; null where there is none.
    pub now: Value,
}

/// Every field that differs, in order. Elements with an `id`, as targets have, are compared
/// by it.
#[must_use]
pub fn between(before: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, now, &mut found);
    found
}

fn compare(path: &str, before: &Value, now: &Value, found: &mut Vec<Difference>) {
    if before == now {
        return;
    }
    let names: Option<BTreeSet<String>> = fields(before)
        .zip(fields(now))
        .map(|(before, now)| before.into_iter().chain(now).collect());
    let Some(names) = names else {
        found.push(Difference {
            field: path.to_owned(),
            before: before.clone(),
            now: now.clone(),
        });
        return;
    };
    for name in names {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let (before, now) = (field(before, &name), field(now, &name));
        compare(&path, before, now, found);
    }
}

/// The names of the fields of a value; `None` of one that is whole.
fn fields(value: &Value) -> Option<Vec<String>> {
    let id = |element: &Value| Some(element.get("id")?.as_str()?.to_owned());
    match value {
        Value::Object(fields) => Some(fields.keys().cloned().collect()),
        Value::Array(elements) if !elements.is_empty() => elements.iter().map(id).collect(),
        _ => None,
    }
}

fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let named = |element: &&Value| element["id"] == name;
    let found = match value {
        Value::Array(elements) => elements.iter().find(named),
        _ => value.get(name),
    };
    found.unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, now: &Value) -> Vec<String> {
        let differences = between(before, now);
        let told = differences
            .iter()
            .map(|found| format!("{} {} {}", found.field, found.before, found.now));
        told.collect()
    }

    #[test]
    fn every_field_that_differs_is_named_and_targets_by_their_ids() {
        let before = json!({
            "name": "a", "dataset": {"prompts": 20, "split": "test"}, "steps": [1, 2],
            "targets": [{"id": "x", "concurrency": 1}, {"id": "gone", "url": "u"}],
        });
        let now = json!({
            "name": "a", "dataset": {"prompts": 5, "split": "test"}, "steps": [1],
            "targets": [{"id": "x", "concurrency": 4, "region": "r"}],
        });
        assert_eq!(
            told(&before, &now),
            [
                "dataset.prompts 20 5",
                "steps [1,2] [1]",
                r#"targets.gone {"id":"gone","url":"u"} null"#,
                "targets.x.concurrency 1 4",
                r#"targets.x.region null "r""#,
            ]
        );
        assert!(told(&now, &now).is_empty());
    }
}
