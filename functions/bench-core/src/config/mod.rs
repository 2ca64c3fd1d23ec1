//! The configuration of a run.
//!
//! A configuration is written as TOML or as the same fields in JSON. Reading it
//! either gives a [`RunConfig`], which everything after it trusts without checking
//! again, or a [`ConfigError`] with *every* fault it has. The types are the schema:
//! limits and formats stand on their fields, the published JSON Schema is generated
//! from them, and the same schema finds the faults. Rules about fields that have to
//! go together are in one module of their own.

mod address;
mod api_rules;
mod bounds;
mod check;
mod entry;
mod excerpt;
mod fault;
mod file;
mod format_check;
mod formats;
mod key_variables;
mod lengths;
mod lifecycle;
mod load;
mod load_rules;
mod names;
mod overrides;
mod pricing;
mod remedy;
mod request_body;
mod rules;
mod run;
mod schema;
mod secret;
mod service;
mod started;
mod target;
#[cfg(test)]
mod tests;
mod time_scale;
mod use_case;

use serde_json::Value;

pub use self::{
    bounds::{MAX_ATTEMPTS, MAX_INPUT_TOKENS, MAX_OUTPUT_TOKENS, MAX_PROMPTS, MAX_TARGETS},
    fault::{ConfigError, Fault},
    key_variables::KeyVariables,
    lifecycle::Lifecycle,
    load::{
        Load, MAX_LEVEL, MAX_STEPS, MAX_WORKERS, Objective, REQUESTS_PER_WORKER, STREAMS_PER_WORKER,
    },
    names::{
        Arrival, ArrivalProcess, AwsAuth, BedrockApi, BedrockRequest, Cache, HttpRequest,
        LatencyMode, LoadOrder, Network, OnOverlap, PromptStyle, SageMakerApi, SageMakerRequest,
        ServiceTier, Split, Tier,
    },
    overrides::Overrides,
    pricing::{Pricing, PricingKind},
    remedy::Remedy,
    run::{Dataset, Method, RunConfig, Simulation},
    schema::schema,
    secret::{InvalidSecretRef, SecretRef},
    service::{BedrockTarget, HttpTarget, SageMakerTarget, Service},
    target::Target,
    use_case::{UseCase, default_use_cases},
};

/// Reads a configuration written as TOML.
///
/// # Errors
///
/// Every fault at once; a file that is not TOML is a single fault with its line.
pub fn from_toml(text: &str, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let table: toml::Table = text
        .parse()
        .map_err(|error| ConfigError::from(Fault::not_toml(&error, text)))?;
    let value = serde_json::to_value(table).map_err(unreadable)?;
    from_value(value, overrides)
}

/// Reads a configuration written as JSON.
///
/// # Errors
///
/// Every fault at once; a file that is not JSON is a single fault with its place.
pub fn from_json(text: &str, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let value = serde_json::from_str(text)
        .map_err(|error| ConfigError::from(Fault::not_json(&error, text)))?;
    from_value(value, overrides)
}

/// Reads a configuration that is already a value, as in a run's input.
///
/// # Errors
///
/// Every fault at once.
pub fn from_value(mut value: Value, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let mut faults = Vec::new();
    overrides.apply(&mut value, &mut faults);
    file::without_empty_lifecycles(&mut value);
    check::check(schema(), &value, "", &mut faults);
    rules::check(&value, &mut faults);
    if !faults.is_empty() {
        return Err(ConfigError { faults });
    }
    // The schema is that of the type: what keeps to the one is read as the other.
    serde_json::from_value(value)
        .map(file::resolve)
        .map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn unreadable(error: serde_json::Error) -> ConfigError {
    Fault::whole(error.to_string()).into()
}
