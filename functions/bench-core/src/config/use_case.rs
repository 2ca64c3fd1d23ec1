//! Uses of a model, as limits that measurements keep or break.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::formats;

/// The longest time that a limit may set: as long as a call may take, 14 minutes.
const MAX_MS: u32 = 840_000;

/// A use, `[[use_cases]]`: the limits it sets, or why this benchmark does not measure it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = LIMITS.map(|field| serde_json::json!({"required": [field]}))))]
pub struct UseCase {
    /// Unique name: lower-case letters, digits and hyphens.
    #[schemars(regex(pattern = formats::NAME_PATTERN), extend("errorMessage" = formats::NAME))]
    pub name: String,
    /// The name as people read it.
    #[schemars(length(min = 1, max = 300), regex(pattern = formats::NOT_BLANK), extend("errorMessage" = "expected a title of at most 300 characters"))]
    #[serde(default)]
    pub title: String,
    /// The longest 95th percentile of the time to the first token, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    pub ttft_p95_ms: Option<f64>,
    /// The longest 95th percentile of latency, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    pub latency_p95_ms: Option<f64>,
    /// The lowest accuracy, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub accuracy: Option<f64>,
    /// The most a thousand requests may cost, in dollars, at `requests_per_day`.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub cost_per_1k_usd: Option<f64>,
    /// Requests a day, spread evenly, at which cost is counted.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub requests_per_day: Option<u32>,
    /// The lowest success rate, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub success_rate: Option<f64>,
    /// Why questions like these say nothing of this use; then no target is said to
    /// fit it.
    #[schemars(length(min = 1, max = 300), regex(pattern = formats::NOT_BLANK), extend("errorMessage" = "expected a reason of at most 300 characters"))]
    pub not_measured: Option<String>,
}

/// The fields of a use case that one of is needed: a limit, or why there is none.
pub(super) const LIMITS: [&str; 6] = [
    "ttft_p95_ms",
    "latency_p95_ms",
    "accuracy",
    "cost_per_1k_usd",
    "success_rate",
    "not_measured",
];

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
