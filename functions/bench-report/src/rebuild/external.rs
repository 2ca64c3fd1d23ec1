//! Samples of other programs: lines that state what was measured, and no more.

use std::collections::HashMap;

use bench_core::{
    config::{self, Method, Overrides, RunConfig, Service, Target},
    identity::{RunId, TargetId},
    sample::{Phase, REQUIRED_FIELDS, Sample},
};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

/// The calls of which lines are counted: the measured ones of a prompt, for instance.
type Calls = (RunId, TargetId, Phase, u32);

/// Completes lines by what the lines before them were.
#[derive(Debug, Clone, Default)]
pub(super) struct External {
    positions: HashMap<SmolStr, u32>,
    repetitions: HashMap<Calls, u32>,
}

impl External {
    /// The sample of a line that leaves out fields; `None` where it is not a JSON
    /// object, or a field has another type than it should.
    ///
    /// `position` finds the position of a prompt by its id.
    ///
    /// # Errors
    ///
    /// The fault of a line that lacks one of [`REQUIRED_FIELDS`], and those of `position`.
    pub(super) fn complete(
        &mut self,
        text: &str,
        position: impl FnOnce(&str) -> Result<u32, String>,
    ) -> Option<Result<Sample, String>> {
        let mut fields: Map<String, Value> = serde_json::from_str(text).ok()?;
        fields.retain(|_, value| !value.is_null());
        let required = REQUIRED_FIELDS.iter();
        let missing = |name: &&&str| !fields.contains_key(**name);
        if let Some(missing) = required.clone().find(missing) {
            let all: Vec<_> = required.map(|name| format!("`{name}`")).collect();
            return Some(Err(format!(
                "has no `{missing}`; every line needs {}",
                all.join(", ")
            )));
        }
        let has = |name: &str| fields.contains_key(name);
        let (is_placed, is_counted) = (has("prompt_index"), has("repetition"));
        for (name, default) in [
            ("run_id", json!("external")),
            ("prompt_index", json!(0)),
            ("phase", json!(Phase::Measured)),
            ("repetition", json!(1)),
            ("attempt", json!(1)),
        ] {
            fields.entry(name).or_insert(default);
        }
        let mut sample: Sample = serde_json::from_value(Value::Object(fields)).ok()?;
        if !is_placed && sample.phase != Phase::Probe {
            match self.position(&sample.prompt_id, position) {
                Ok(index) => sample.prompt_index = index,
                Err(fault) => return Some(Err(fault)),
            }
        }
        if !is_counted {
            sample.repetition = self.repetition(&sample);
        }
        if sample.response_chars.is_none() {
            let text = sample.response_text.as_ref();
            sample.response_chars = text.map(|text| text.chars().count() as u64);
        }
        Some(Ok(sample))
    }

    fn position(
        &mut self,
        prompt_id: &SmolStr,
        position: impl FnOnce(&str) -> Result<u32, String>,
    ) -> Result<u32, String> {
        if let Some(known) = self.positions.get(prompt_id) {
            return Ok(*known);
        }
        let found = position(prompt_id)?;
        self.positions.insert(prompt_id.clone(), found);
        Ok(found)
    }

    /// The next repetition of the prompt, or the last one for a further attempt at it.
    fn repetition(&mut self, sample: &Sample) -> u32 {
        let calls = (
            sample.run_id.clone(),
            sample.target_id.clone(),
            sample.phase,
            sample.prompt_index,
        );
        let last = self.repetitions.entry(calls).or_insert(0);
        if sample.attempt <= 1 || *last == 0 {
            *last += 1;
        }
        *last
    }
}

/// A configuration without targets, for samples that came without one.
pub(super) fn configuration() -> RunConfig {
    let mut config = template();
    config.targets.clear();
    // No call was given up that samples could tell of.
    config.method = Method {
        warmup: 0,
        timeout_s: u32::MAX,
        ..config.method
    };
    config
}

/// The target of that id, of which nothing else is known.
pub(super) fn target(id: &TargetId) -> Target {
    let mut target = template().targets.remove(0);
    target.id = id.clone();
    target
}

fn template() -> RunConfig {
    let value = json!({
        "name": "external",
        "dataset": {"source": "external.jsonl"},
        "targets": [
            {
                "id": "external", "kind": "http", "url": Service::EXTERNAL_URL,
                "request": "openai-chat",
            },
        ],
    });
    config::from_value(value, &Overrides::default()).expect("the configuration is valid")
}
