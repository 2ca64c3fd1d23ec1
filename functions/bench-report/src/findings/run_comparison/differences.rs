//! Other differences between two runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::model::{RunDifference, WhichRun};
use bench_core::{identity::TargetId, plan::Plan};

/// Everything that differs; so many prompts are the same.
pub(super) fn of(old: &Plan, new: &Plan, prompts: usize) -> Vec<RunDifference> {
    let mut found = Vec::new();
    for (plan, run) in [(old, WhichRun::First), (new, WhichRun::Second)] {
        let left = plan.prompts.len().saturating_sub(prompts) as u64;
        if left > 0 {
            found.push(RunDifference::PromptsLeftOut { run, prompts: left });
        }
    }
    found.extend(changed(
        "method",
        &value(&old.config.method),
        &value(&new.config.method),
    ));
    found.extend(functions(old, new));
    let by_id = |plan: &Plan| -> BTreeMap<TargetId, Value> {
        let targets = plan.config.targets.iter();
        targets
            .map(|target| (target.id.clone(), value(target)))
            .collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let ids: BTreeSet<&TargetId> = before.keys().chain(after.keys()).collect();
    for id in ids {
        match (before.get(id), after.get(id)) {
            (Some(before), Some(after)) => {
                found.extend(changed(&format!("targets.{id}"), before, after));
            }
            (before, _) => found.push(RunDifference::TargetInOneRun {
                target_id: id.clone(),
                run: if before.is_some() {
                    WhichRun::First
                } else {
                    WhichRun::Second
                },
            }),
        }
    }
    found
}

/// The versions of the functions, where both runs have them.
fn functions(old: &Plan, new: &Plan) -> Vec<RunDifference> {
    let [before, after] = [old, new].map(Plan::function_versions);
    if before.is_empty() || after.is_empty() {
        return Vec::new();
    }
    // A run that was never resumed has one of each, which stands by itself.
    let each = |versions: BTreeMap<String, Vec<String>>| {
        let of_function = versions
            .into_iter()
            .map(|(name, all)| match all.as_slice() {
                [version] => (name, value(version)),
                _ => (name, value(&all)),
            });
        Value::Object(of_function.collect())
    };
    changed("functions", &each(before), &each(after))
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn changed(path: &str, before: &Value, after: &Value) -> Vec<RunDifference> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let each = names.into_iter().flat_map(|name| {
                let of = |fields: &serde_json::Map<String, Value>| {
                    fields.get(name).cloned().unwrap_or_default()
                };
                changed(&format!("{path}.{name}"), &of(before), &of(after))
            });
            each.collect()
        }
        _ if before == after => Vec::new(),
        _ => vec![RunDifference::FieldChanged {
            field: path.to_owned(),
            first: before.clone(),
            second: after.clone(),
        }],
    }
}
