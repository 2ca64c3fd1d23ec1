//! Which fields go together with the OpenAI-compatible APIs of AWS.

use serde_json::Value;

use super::{Fault, entry::Entry};

/// Every fault of a target's `api`, and of the fields that depend on it.
pub(super) fn check(target: &Entry, faults: &mut Vec<Fault>) {
    match target.text("kind") {
        "bedrock" => bedrock(target, faults),
        "sagemaker" => sagemaker(target, faults),
        _ => {}
    }
}

fn bedrock(target: &Entry, faults: &mut Vec<Fault>) {
    let request = target.text("request");
    if is_native(target) {
        let remedy = "the operations of Bedrock have no such body; set `api = \"openai\"` or \
                      `api = \"mantle\"`";
        if request == "openai-responses" {
            faults.push(target.fault("request", &Value::from(request), remedy));
        }
        let remedy = "calls of the operations of Bedrock are signed, remove it; it is for `api`";
        faults.extend(present(target, "auth", remedy));
        return;
    }
    let takes = ["openai-chat", "openai-responses"];
    only(target, &takes, faults);
    let remedy = "the OpenAI-compatible APIs have no latency mode, remove it";
    faults.extend(present(target, "latency", remedy));
    let remedy = "the OpenAI-compatible APIs take it in the body; set it in `extra` as the model's \
                  documentation says, and its own prices in `pricing`";
    faults.extend(present(target, "service_tier", remedy));
}

fn sagemaker(target: &Entry, faults: &mut Vec<Fault>) {
    if is_native(target) {
        return;
    }
    only(target, &["openai-chat"], faults);
    let remedy = "the OpenAI-compatible API of an endpoint chooses no variant, remove it";
    faults.extend(present(target, "target_variant", remedy));
}

fn is_native(target: &Entry) -> bool {
    matches!(target.text("api"), "" | "native")
}

/// A fault of `request` where the API does not take it; one that is missing or unknown is a
/// fault of its own.
fn only(target: &Entry, takes: &[&str], faults: &mut Vec<Fault>) {
    let request = target.text("request");
    let foreign = ["converse", "llama", "openai-completion", "tgi", "lmi"];
    if foreign.contains(&request) {
        let takes: Vec<_> = takes.iter().map(|name| format!("`{name}`")).collect();
        let remedy = format!(
            "`api = \"{}\"` takes {}",
            target.text("api"),
            takes.join(" or ")
        );
        faults.push(target.fault("request", &Value::from(request), remedy));
    }
}

fn present(target: &Entry, field: &str, remedy: &str) -> Option<Fault> {
    let value = &target.fields[field];
    (!value.is_null()).then(|| target.fault(field, value, remedy))
}
