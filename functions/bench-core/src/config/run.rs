//! A run configuration: the fields that hold for every target.

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::{
    Cache, Load, MAX_INPUT_TOKENS, MAX_OUTPUT_TOKENS, MAX_PROMPTS, MAX_TARGETS, OnOverlap,
    PromptStyle, Split, Target, UseCase, default_use_cases, formats,
};
use crate::{
    money::{self, Currency, Money},
    objective::Limits,
};

/// A run configuration. Its targets are [`Target`]s once it is read, with every
/// default in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig<T = Target> {
    /// Name under which runs of this configuration are listed together.
    #[schemars(
        regex(pattern = formats::NAME_PATTERN),
        extend("errorMessage" = formats::NAME)
    )]
    pub name: String,
    /// The prompts.
    #[serde(default)]
    pub dataset: Dataset,
    /// How each prompt is sent and measured.
    #[serde(default)]
    pub method: Method,
    /// The limits that a good call keeps; none unless they are set.
    #[serde(default)]
    pub limits: Limits,
    /// The uses that targets are judged for; those of the published guide unless
    /// others are set.
    #[serde(default = "default_use_cases")]
    #[schemars(
        length(max = 20),
        extend("errorMessage" = "expected a list of at most 20 uses, `[[use_cases]]`")
    )]
    pub use_cases: Vec<UseCase>,
    /// Whether the run fails or waits while an earlier one of its configuration is running.
    #[serde(default)]
    pub on_overlap: OnOverlap,
    /// The most the run may cost, in dollars; once so much may have been spent, no
    /// further call is made. No limit unless it is set.
    #[serde(default, deserialize_with = "decimal")]
    #[schemars(schema_with = "dollars_schema")]
    pub budget_usd: Option<Decimal>,
    /// Requests an hour, spread evenly, for which the report states the cost of one.
    #[serde(default, deserialize_with = "decimal")]
    #[schemars(schema_with = "rate_schema")]
    pub requests_per_hour: Option<Decimal>,
    /// The load that targets are put under after their sequential calls; none unless it is
    /// set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,
    /// How simulated targets behave; meaningless for real ones.
    #[serde(default)]
    pub simulation: Simulation,
    /// The targets that are compared, each with an id of its own.
    #[schemars(
        length(min = 1, max = MAX_TARGETS),
        extend("errorMessage" = format!("expected a list of 1 to {MAX_TARGETS} targets, `[[targets]]`"))
    )]
    pub targets: Vec<T>,
}

impl RunConfig {
    /// The most the run may cost; `None` sets no limit.
    #[must_use]
    pub fn budget(&self) -> Option<Money> {
        let amount = self.budget_usd?;
        Some(Money::new(amount, Currency::USD))
    }
}

/// The prompts of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dataset {
    /// `gsm8k`, `builtin`, or a file of JSON Lines: its path from the folder of the configuration,
    /// which is its S3 key as well.
    #[schemars(extend(
        "format" = formats::DATASET,
        "pattern" = r"^(gsm8k|builtin|[^/\\][^\\]*\.jsonl)$",
        "errorMessage" = "expected `gsm8k`, `builtin`, or a file that ends in `.jsonl` in or below \
                          the folder of the configuration, such as `prompts/mine.jsonl`"
    ))]
    pub source: String,
    /// The part of GSM8K that is used; ignored for other sources.
    pub split: Split,
    /// Number of prompts, from the first on.
    #[schemars(range(min = 1, max = MAX_PROMPTS))]
    pub prompts: u32,
    /// Input tokens that every prompt is cut or padded to, as the target counts them; as they
    /// are unless it is set. Such prompts are not graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAX_INPUT_TOKENS))]
    pub input_tokens: Option<u32>,
}

impl Default for Dataset {
    fn default() -> Self {
        Self {
            source: Self::GSM8K.to_owned(),
            split: Split::Test,
            prompts: 20,
            input_tokens: None,
        }
    }
}

impl Dataset {
    /// The source that needs no file: the problems inside this crate.
    pub const BUILTIN: &'static str = "builtin";
    /// The source that names the published GSM8K dataset.
    pub const GSM8K: &'static str = "gsm8k";

    /// Whether the prompts are the built-in ones.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.source == Self::BUILTIN
    }

    /// The head of every prompt id: `gsm8k/test`, `builtin`, or the S3 key.
    #[must_use]
    pub fn label(&self) -> String {
        if self.source == Self::GSM8K {
            format!("{}/{}", self.source, self.split.as_str())
        } else {
            self.source.clone()
        }
    }
}

/// How each prompt is sent and measured. The defaults are the published benchmark's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Method {
    /// Warm-up calls per prompt, which are stored and never summarized.
    #[schemars(range(min = 0, max = 100))]
    pub warmup: u32,
    /// Measured calls per prompt.
    #[schemars(range(min = 1, max = 100))]
    pub repetitions: u32,
    /// The longest response that is requested, in output tokens.
    #[schemars(range(min = 1, max = MAX_OUTPUT_TOKENS))]
    pub max_tokens: u32,
    /// The shortest response that is requested, in output tokens, of servers with such a field;
    /// none unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAX_OUTPUT_TOKENS))]
    pub min_tokens: Option<u32>,
    /// Whether servers with such a field are asked to go on to `max_tokens` whatever the model
    /// says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub ignore_eos: bool,
    /// Sampling temperature.
    #[schemars(range(min = 0, max = 2))]
    pub temperature: f64,
    /// Nucleus sampling threshold.
    #[schemars(range(min = 0, max = 1))]
    pub top_p: f64,
    /// The text around the problem.
    pub prompt_style: PromptStyle,
    /// Whether prefix caches are left to work or are defeated.
    pub cache: Cache,
    /// Seconds after which a call is given up and recorded as `timeout`. A call must
    /// fit into one Lambda invocation of 15 minutes.
    #[schemars(range(min = 1, max = 840))]
    pub timeout_s: u32,
}

impl Default for Method {
    fn default() -> Self {
        Self {
            warmup: 3,
            repetitions: 5,
            max_tokens: 4_096,
            min_tokens: None,
            ignore_eos: false,
            temperature: 0.3,
            top_p: 0.9,
            prompt_style: PromptStyle::AnswerLine,
            cache: Cache::Warm,
            timeout_s: 300,
        }
    }
}

/// How simulated targets behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Simulation {
    /// How many times faster than the services that they stand for simulated targets answer.
    /// Samples are in measured time; the report multiplies every time by it.
    #[schemars(range(min = 1, max = 10_000))]
    pub time_scale: f64,
    /// The share of correct responses.
    #[schemars(range(min = 0, max = 1))]
    pub accuracy: f64,
    /// The seed of all draws.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: u64,
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            time_scale: 100.0,
            accuracy: 0.9,
            seed: 7,
        }
    }
}

/// A decimal, quoted or plain, exactly as it is written.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    // A whole number that TOML takes for a float is written `5.0`.
    let found = money::decimal(&text).map(|decimal| decimal.normalize());
    let invalid = || D::Error::custom(format!("`{text}` is not a decimal above 0"));
    found.map(Some).ok_or_else(invalid)
}

fn dollars_schema(_: &mut SchemaGenerator) -> Schema {
    decimal_schema("25")
}

fn rate_schema(_: &mut SchemaGenerator) -> Schema {
    decimal_schema("120")
}

fn decimal_schema(example: &str) -> Schema {
    json_schema!({
        "type": ["string", "number", "null"],
        "format": formats::DECIMAL,
        "pattern": r"^[0-9]*\.?[0-9]*$",
        "minimum": 0,
        "maximum": 1_000_000,
        "errorMessage": format!(
            "expected a decimal above 0, below 1,000,000 and with at most 12 decimals, such as \
             `{example}`"
        ),
    })
}
