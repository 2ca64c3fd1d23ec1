//! The fields of request bodies that a target may leave out, rename and add.

use serde_json::Value;

use super::{Fault, entry::Entry, service::max_tokens_path};

/// The fields that carry the prompt.
const PROMPT_FIELDS: [&str; 4] = ["messages", "prompt", "inputs", "input"];

/// Fields that have a setting of their own, which the report and the budget rely on.
const SETTINGS: [(&str, &str); 10] = [
    ("max_tokens", "`max_tokens`"),
    ("max_completion_tokens", "`max_tokens_field`"),
    ("max_new_tokens", "`max_tokens`"),
    ("max_output_tokens", "`max_tokens`"),
    ("parameters.max_new_tokens", "`max_tokens`"),
    ("max_gen_len", "`max_tokens`"),
    ("temperature", "`temperature`"),
    ("parameters.temperature", "`temperature`"),
    ("top_p", "`top_p`"),
    ("parameters.top_p", "`top_p`"),
];

/// Whether a list of omitted paths leaves out the field at `path`, alone or with its table.
pub(super) fn is_left_out<P: AsRef<str>>(omitted: &[P], path: &str) -> bool {
    omitted.iter().any(|omitted| {
        path.strip_prefix(omitted.as_ref())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Every fault of a target's `omit`, `max_tokens_field` and `extra`.
pub(super) fn check(target: &Entry, has_budget: bool, faults: &mut Vec<Fault>) {
    let request = target.text("request");
    let listed = target.fields["omit"].as_array().into_iter().flatten();
    let omitted: Vec<&str> = listed.filter_map(Value::as_str).collect();
    for field in omitted.iter().filter(|field| PROMPT_FIELDS.contains(field)) {
        let remedy = "a request needs its prompt, remove it from the list";
        faults.push(target.fault("omit", &Value::from(*field), remedy));
    }
    let is_unlimited =
        omitted.contains(&"max_tokens") || is_left_out(&omitted, max_tokens_path(request));
    if has_budget && is_unlimited {
        let remedy = "`budget_usd` needs a limit of output tokens, remove one of them; \
                      `max_tokens_field` sends the limit under another name";
        faults.push(target.fault("omit", &target.fields["omit"], remedy));
    }
    let renamed = &target.fields["max_tokens_field"];
    if request == "converse" && !renamed.is_null() {
        let remedy = "`converse` has a name of its own for it, remove it";
        faults.push(target.fault("max_tokens_field", renamed, remedy));
    }
    let extra = &target.fields["extra"];
    for field in PROMPT_FIELDS {
        if !extra[field].is_null() {
            let remedy = "the prompt is that of the dataset, remove it";
            faults.push(target.fault(&format!("extra.{field}"), &extra[field], remedy));
        }
    }
    if !extra["stream"].is_null() {
        let remedy = "set `stream` of the target instead";
        faults.push(target.fault("extra.stream", &extra["stream"], remedy));
    }
    for (field, setting) in SETTINGS {
        let pointer = format!("/{}", field.replace('.', "/"));
        if let Some(value) = extra.pointer(&pointer) {
            let remedy = format!("set {setting} of the target instead");
            faults.push(target.fault(&format!("extra.{field}"), value, remedy));
        }
    }
}
