//! Small configurations of one simulated target, as users write them.

use serde_json::{Value, json};

/// One prompt, two measured calls, as a file.
pub const ONE_TARGET: &str = r#"
name = "small"
dataset = { source = "builtin", prompts = 1 }
method = { warmup = 0, repetitions = 2 }
[[targets]]
id = "only"
kind = "http"
url = "http://simulated"
request = "tgi"
simulated = true
"#;

/// So many built-in prompts, each with calls for warm-up and to be measured, as JSON.
#[must_use]
pub fn one_target(name: &str, prompts: u32, [warmup, repetitions]: [u32; 2]) -> Value {
    json!({
        "name": name,
        "dataset": {"source": "builtin", "prompts": prompts},
        "method": {"warmup": warmup, "repetitions": repetitions},
        "targets": [{
            "id": "only", "kind": "http", "url": "http://simulated", "request": "tgi",
            "simulated": true,
        }],
    })
}
