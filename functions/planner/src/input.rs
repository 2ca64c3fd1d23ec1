//! The input of a run, started by hand, by a schedule, or by `hostbench`.

use bench_core::{
    config::{self, Overrides, RunConfig},
    identity::RunId,
    plan::FunctionVersions,
    run_input::RunName,
    text,
};
use bench_store::Store;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;

/// The event that the state machine sends the planner for a run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The execution's own input, as it was given.
    pub input: Value,
    /// The execution.
    pub execution: Execution,
    /// The versions of the functions in the definition that the execution started with.
    pub functions: FunctionVersions,
    /// ARNs of the SageMaker endpoints that runs may create and delete, with commas between
    /// them.
    pub lifecycle_endpoint_arns: String,
}

/// The execution that asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// Its name: the run id unless the input gives one.
    pub name: String,
    /// When it started.
    pub started_at: Timestamp,
}

/// The execution's input, read.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInput {
    config: Source,
    overrides: Overrides,
    name: RunName,
}

/// Where the configuration is.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// Under an S3 key.
    Key(String),
    /// In the input itself.
    Inline(Value),
    /// In the plan of the run that is resumed.
    Plan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    overrides: Map<String, Value>,
    #[serde(default)]
    run_id: Option<String>,
    #[serde(default)]
    resume: Option<String>,
    #[serde(default)]
    event: Option<String>,
}

impl RunInput {
    /// Reads the input of an execution.
    ///
    /// # Errors
    ///
    /// [`Error::Input`], naming the field.
    pub fn read(input: &Value) -> Result<Self, Error> {
        let raw = Raw::deserialize(input).map_err(|error| {
            Error::Input(format!(
                "is not as expected: {error}; write `{{\"config\": \"configs/NAME.toml\"}}`"
            ))
        })?;
        let name = RunName {
            run_id: raw.run_id,
            resume: raw.resume,
            event: raw.event,
        };
        let config = match (raw.config, &name.resume) {
            (None, Some(_)) if raw.overrides.is_empty() && name.run_id.is_none() => Source::Plan,
            (_, Some(run)) => {
                return Err(Error::Input(format!(
                    "has `resume` `{run}` with other fields, expected it alone, since the run has \
                     its plan; remove `config`, `overrides` and `run_id`"
                )));
            }
            (Some(Value::String(key)), None) => Source::Key(key),
            (Some(table @ Value::Object(_)), None) => Source::Inline(table),
            (Some(other), None) => {
                return Err(Error::Input(format!(
                    "has `config` `{other}`, expected an S3 key or the configuration itself"
                )));
            }
            (None, None) => {
                return Err(Error::Input(
                    "has no `config`, expected an S3 key or the configuration itself; write \
                     `{\"config\": \"configs/NAME.toml\"}`"
                        .to_owned(),
                ));
            }
        };
        Ok(Self {
            config,
            overrides: Overrides::new(raw.overrides),
            name,
        })
    }

    /// Whether the run belongs to an event, which may be sent more than once.
    #[must_use]
    pub fn is_of_an_event(&self) -> bool {
        self.name.resume.is_none() && self.name.event().is_some()
    }

    /// Reads and validates the configuration, wherever it is.
    ///
    /// # Errors
    ///
    /// Its faults, all at once, or that there is none.
    pub async fn configuration(&self, store: &Store, run_id: &RunId) -> Result<RunConfig, Error> {
        let key = match &self.config {
            Source::Plan => {
                let plan = store.get_plan(run_id).await?;
                return plan.map(|plan| plan.config).ok_or_else(|| {
                    Error::Input(format!(
                        "has `resume` `{run_id}`, and that run has no plan; start it with \
                         its configuration"
                    ))
                });
            }
            Source::Inline(table) => {
                return Ok(config::from_value(table.clone(), &self.overrides)?);
            }
            Source::Key(key) => key,
        };
        let content = store
            .get_object(key)
            .await?
            .ok_or_else(|| Error::ConfigMissing { key: key.clone() })?;
        let text = decode(key, &content)?;
        let json = key
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extension == "json");
        let read = if json {
            config::from_json
        } else {
            config::from_toml
        };
        Ok(read(text, &self.overrides)?)
    }
}

/// The text of an object of the bucket.
///
/// # Errors
///
/// [`Error::Text`], naming the key.
pub(crate) fn decode<'a>(key: &str, content: &'a [u8]) -> Result<&'a str, Error> {
    text::decode(content).map_err(|fault| Error::Text {
        key: key.to_owned(),
        fault,
    })
}

/// The run id: the input's, else the id of the event that asked, else the
/// execution's name.
///
/// # Errors
///
/// [`Error::Input`] when it could not stand in a key.
pub(crate) fn run_id(input: &RunInput, execution: &Execution) -> Result<RunId, Error> {
    let run_id = input.name.or(&execution.name);
    run_id
        .parse()
        .map_err(|rule| Error::Input(format!("has `run_id` `{run_id}`, {rule}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn execution() -> Execution {
        Execution {
            arn: "arn:execution:nightly-7".into(),
            name: "nightly-7".into(),
            started_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_run_id_is_the_execution_name_unless_given() {
        let input = RunInput::read(&json!({"config": "configs/a.toml"})).unwrap();
        assert_eq!(run_id(&input, &execution()).unwrap(), "nightly-7");
        let input = RunInput::read(&json!({"config": "configs/a.toml", "run_id": "mine"})).unwrap();
        assert_eq!(run_id(&input, &execution()).unwrap(), "mine");
    }

    #[test]
    fn the_run_of_an_event_has_its_id_however_often_it_is_sent() {
        let event = |id: &str| {
            let input = json!({"config": "configs/a.toml", "event": id});
            RunInput::read(&input).unwrap()
        };
        let input = event("d32c5kddcf5bb8c3");
        assert_eq!(run_id(&input, &execution()).unwrap(), "d32c5kddcf5bb8c3");
        assert!(input.is_of_an_event());
        let input = event("<aws.scheduler.execution-id>");
        assert_eq!(run_id(&input, &execution()).unwrap(), "nightly-7");
        assert!(!input.is_of_an_event());
    }

    #[test]
    fn a_run_is_resumed_by_its_id_alone() {
        let input = RunInput::read(&json!({"resume": "mine"})).unwrap();
        assert_eq!(input.config, Source::Plan);
        assert_eq!(run_id(&input, &execution()).unwrap(), "mine");
        assert!(!input.is_of_an_event());
        for more in ["config", "run_id"] {
            let input = json!({"resume": "mine", more: "configs/a.toml"});
            let error = RunInput::read(&input).unwrap_err();
            assert_eq!(error.name(), "InvalidConfig");
            assert!(error.to_string().contains("`resume`"), "{error}");
        }
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = RunInput::read(&json!({"config": "a", "promts": 3})).unwrap_err();
        assert_eq!(error.name(), "InvalidConfig");
        assert!(error.to_string().contains("promts"), "{error}");
        assert!(
            RunInput::read(&json!({}))
                .unwrap_err()
                .to_string()
                .contains("config")
        );
        assert!(RunInput::read(&json!({"config": 3})).is_err());
    }

    #[test]
    fn a_run_id_that_could_not_stand_in_a_key_is_refused() {
        for refused in ["a/b", "..", ""] {
            let input = RunInput::read(&json!({"config": "a", "run_id": refused})).unwrap();
            let error = run_id(&input, &execution()).unwrap_err();
            assert_eq!(error.name(), "InvalidConfig");
        }
    }
}
