//! Lengths that are asked for: whether every target knows the fields, and whether the limits
//! leave room for them.

use serde_json::Value;

use super::{Fault, Method, entry::Entry};

/// Every fault of `method.min_tokens` and `method.ignore_eos`.
pub(super) fn check(configuration: &Value, targets: &[Entry], faults: &mut Vec<Fault>) {
    let method = &configuration["method"];
    let least = &method["min_tokens"];
    let asked = [
        (!least.is_null()).then_some("min_tokens"),
        (method["ignore_eos"] == true).then_some("ignore_eos"),
    ];
    let asked: Vec<&str> = asked.into_iter().flatten().collect();
    for target in targets {
        for field in asked.iter().filter(|_| !knows(target)) {
            let request = target.text("request");
            let remedy = format!(
                "`{request}` of a target of kind `{}` has no field for `method.{field}`; remove \
                 that, or measure this target in a run of its own",
                target.text("kind")
            );
            faults.push(target.fault("request", &Value::from(request), remedy));
        }
        faults.extend(has_room(least, method, target));
    }
}

/// Whether a target is of a server with the OpenAI schemas, to which servers such as vLLM
/// have added these fields. Bedrock has the schemas without them.
fn knows(target: &Entry) -> bool {
    match target.text("request") {
        "openai-chat" | "openai-completion" => target.text("kind") != "bedrock",
        // A fault of its own.
        "" => true,
        _ => false,
    }
}

fn has_room(least: &Value, method: &Value, target: &Entry) -> Option<Fault> {
    let of_method = method["max_tokens"].as_u64();
    let most = target.fields["max_tokens"].as_u64().or(of_method);
    let most = most.unwrap_or_else(|| Method::default().max_tokens.into());
    let is_above = least.as_u64()? > most;
    let remedy = format!(
        "`{}` has at most {most} output tokens (`max_tokens`), lower it to {most} or less",
        target.text("id")
    );
    is_above.then(|| Fault::of("method.min_tokens", least, remedy))
}
