//! What a model is wanted for, as limits that measurements can keep or break.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{Fault, Fields};

/// The most use cases of one configuration.
const MOST: usize = 20;

/// A use, `[[use_cases]]`: the limits it sets, or why this benchmark says nothing of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UseCase {
    /// Unique name: lower-case letters, digits and hyphens.
    pub name: String,
    /// The name as people read it.
    pub title: String,
    /// The longest 95th percentile of the time to the first token, in milliseconds.
    pub ttft_p95_ms: Option<f64>,
    /// The longest 95th percentile of latency, in milliseconds.
    pub latency_p95_ms: Option<f64>,
    /// The lowest share of correct answers, 0 to 1.
    pub accuracy: Option<f64>,
    /// The most that a thousand requests may cost, in dollars, at `requests_per_day`.
    pub cost_per_1k_usd: Option<f64>,
    /// Requests a day, spread evenly, at which cost is counted.
    pub requests_per_day: Option<u32>,
    /// The least share of answered calls, 0 to 1.
    pub success_rate: Option<f64>,
    /// Why questions like these say nothing of this use; then no target is said to
    /// fit it.
    pub not_measured: Option<String>,
}

impl UseCase {
    fn is_empty(&self) -> bool {
        let limits = [
            self.ttft_p95_ms,
            self.latency_p95_ms,
            self.accuracy,
            self.cost_per_1k_usd,
            self.success_rate,
        ];
        limits.iter().all(Option::is_none)
    }
}

/// The five uses that the published guide names. Its criteria are words; these
/// numbers are ours, to be replaced by one's own.
#[must_use]
pub fn default_use_cases() -> Vec<UseCase> {
    let named = |name: &str, title: &str| UseCase {
        name: name.to_owned(),
        title: title.to_owned(),
        ..UseCase::default()
    };
    let not_measured = |name, title, why: &str| UseCase {
        not_measured: Some(why.to_owned()),
        ..named(name, title)
    };
    vec![
        UseCase {
            latency_p95_ms: Some(30_000.0),
            accuracy: Some(0.8),
            cost_per_1k_usd: Some(20.0),
            requests_per_day: Some(10_000),
            success_rate: Some(0.99),
            ..named("enterprise", "Enterprise applications")
        },
        UseCase {
            accuracy: Some(0.9),
            cost_per_1k_usd: Some(50.0),
            requests_per_day: Some(1_000),
            success_rate: Some(0.95),
            ..named("research", "Research and scientific computing")
        },
        UseCase {
            ttft_p95_ms: Some(2_000.0),
            latency_p95_ms: Some(15_000.0),
            accuracy: Some(0.7),
            requests_per_day: Some(5_000),
            success_rate: Some(0.99),
            ..named("conversation", "Conversational AI")
        },
        not_measured(
            "content",
            "Content generation",
            "arithmetic problems with one correct answer do not measure creative writing",
        ),
        not_measured(
            "multimodal",
            "Multimodal",
            "every question is text alone; no image or sound was sent",
        ),
    ]
}

pub(super) fn read(value: Option<&Value>, fields: &mut Fields) -> Vec<UseCase> {
    let list = match value {
        None => return default_use_cases(),
        Some(Value::Array(list)) if list.len() <= MOST => list,
        other => {
            let remedy = format!("expected a list of at most {MOST} uses, `[[use_cases]]`");
            fields.fault("use_cases", other, remedy);
            return Vec::new();
        }
    };
    let mut names = HashSet::new();
    let mut uses = Vec::new();
    for (position, value) in list.iter().enumerate() {
        let path = format!("use_cases[{position}]");
        let found = read_one(Fields::new(&path, Some(value), fields.faults()));
        if !found.name.is_empty() && !names.insert(found.name.clone()) {
            fields.faults().push(Fault {
                field: format!("{path}.name"),
                value: Some(found.name.clone()),
                remedy: "another use has this name, give each its own".to_owned(),
            });
        }
        uses.push(found);
    }
    uses
}

fn read_one(mut fields: Fields) -> UseCase {
    let longest = 840_000.0;
    let words = |text: &str| !text.trim().is_empty() && text.chars().count() <= 300;
    let name = fields.required_text("name", super::read::NAME, crate::identity::is_name);
    let name = name.unwrap_or_default();
    let found = UseCase {
        title: fields
            .text("title", "expected a title of at most 300 characters", words)
            .unwrap_or_else(|| name.clone()),
        name,
        ttft_p95_ms: fields.number("ttft_p95_ms", 0.0, longest),
        latency_p95_ms: fields.number("latency_p95_ms", 0.0, longest),
        accuracy: fields.number("accuracy", 0.0, 1.0),
        cost_per_1k_usd: fields.number("cost_per_1k_usd", 0.0, 1e6),
        requests_per_day: fields.whole("requests_per_day", 1, 1_000_000_000),
        success_rate: fields.number("success_rate", 0.0, 1.0),
        not_measured: fields.text(
            "not_measured",
            "expected a reason of at most 300 characters",
            words,
        ),
    };
    if found.is_empty() && found.not_measured.is_none() {
        let remedy = "set a limit such as `latency_p95_ms`, or say in `not_measured` why these \
                      questions say nothing of it";
        fields.fault("limits", None, remedy);
    }
    fields.finish();
    found
}
