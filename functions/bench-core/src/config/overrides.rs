//! Changing single fields of a configuration for one run.

use serde_json::{Map, Value};

use super::{ConfigError, Fault};

/// Fields to set before a configuration is read: `dataset.split` → `"train"`.
///
/// A path is the dotted way to a field; `targets.<id>.<field>` reaches into a
/// target. Two short forms serve the commonest wishes: `prompts` stands for
/// `dataset.prompts`, and `targets` with a list of ids keeps only those.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides(Map<String, Value>);

impl Overrides {
    /// Overrides as they stand in a run's input.
    #[must_use]
    pub fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// Whether nothing is overridden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The overrides as they are put in a run's input.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Sets one field; a later setting of the same field wins.
    pub fn set(&mut self, path: &str, value: Value) {
        self.0.insert(path.to_owned(), value);
    }

    /// Reads `key=value` arguments. A value is JSON where it can be and text
    /// otherwise, so `dataset.prompts=5` is a number and `dataset.split=train` a text.
    ///
    /// ```
    /// use bench_core::config::Overrides;
    /// let overrides = Overrides::parse(&["prompts=5".into(), "dataset.split=train".into()])?;
    /// assert_eq!(overrides.to_value()["prompts"], 5);
    /// assert_eq!(overrides.to_value()["dataset.split"], "train");
    /// # Ok::<(), bench_core::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every argument without a key or without `=`.
    pub fn parse(arguments: &[String]) -> Result<Self, ConfigError> {
        let mut fields = Map::new();
        let mut faults = Vec::new();
        for argument in arguments {
            match argument.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => {
                    let value = serde_json::from_str(value)
                        .unwrap_or_else(|_| Value::String(value.to_owned()));
                    fields.insert(key.trim().to_owned(), value);
                }
                _ => faults.push(Fault {
                    field: "--set".to_owned(),
                    value: Some(argument.clone()),
                    remedy: "expected `field=value`, such as `dataset.prompts=5`".to_owned(),
                }),
            }
        }
        if faults.is_empty() {
            Ok(Self(fields))
        } else {
            Err(ConfigError { faults })
        }
    }

    /// Writes the overrides into a raw configuration.
    pub(super) fn apply(&self, configuration: &mut Value, faults: &mut Vec<Fault>) {
        for (path, value) in &self.0 {
            let outcome = match path.as_str() {
                "targets" => keep_targets(configuration, value),
                "prompts" => set(configuration, &["dataset", "prompts"], value),
                _ => set(configuration, &path.split('.').collect::<Vec<_>>(), value),
            };
            if let Err(remedy) = outcome {
                faults.push(Fault::of(path, value, remedy));
            }
        }
    }
}

/// Keeps the named targets, in the order of the configuration.
fn keep_targets(configuration: &mut Value, wanted: &Value) -> Result<(), String> {
    // A list of tables is a configuration's own `targets`, to be taken as it stands.
    if wanted
        .as_array()
        .is_some_and(|list| list.iter().any(Value::is_object))
    {
        return set(configuration, &["targets"], wanted);
    }
    let ids: Option<Vec<&str>> = match wanted {
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        Value::String(text) => Some(text.split(',').map(str::trim).collect()),
        _ => None,
    };
    let ids = ids.ok_or("expected a list of target ids")?;
    let targets = configuration
        .get_mut("targets")
        .and_then(Value::as_array_mut)
        .ok_or("the configuration has no list of targets to choose from")?;
    let known: Vec<String> = targets.iter().filter_map(id_of).collect();
    if let Some(unknown) = ids
        .iter()
        .find(|id| !known.iter().any(|known| known == *id))
    {
        return Err(format!(
            "there is no target `{unknown}`; known are `{}`",
            known.join("`, `")
        ));
    }
    targets.retain(|target| id_of(target).is_some_and(|id| ids.contains(&id.as_str())));
    Ok(())
}

fn set(place: &mut Value, path: &[&str], value: &Value) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        *place = value.clone();
        return Ok(());
    };
    if first.is_empty() {
        return Err("expected a dotted path such as `dataset.prompts`".to_owned());
    }
    match place {
        Value::Object(table) => {
            let next = table.entry((*first).to_owned()).or_insert_with(|| {
                if rest.is_empty() {
                    Value::Null
                } else {
                    Value::Object(Map::new())
                }
            });
            set(next, rest, value)
        }
        Value::Array(list) => {
            let next = list
                .iter_mut()
                .find(|entry| id_of(entry).as_deref() == Some(first))
                .ok_or_else(|| format!("there is no entry with the id `{first}`"))?;
            set(next, rest, value)
        }
        _ => Err(format!("`{first}` lies below a field that is not a table")),
    }
}

fn id_of(entry: &Value) -> Option<String> {
    entry.get("id").and_then(Value::as_str).map(str::to_owned)
}
