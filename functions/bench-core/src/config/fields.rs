//! Reading fields one by one, so that every fault is found and not just the first.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `method.repetitions`, `targets[1].url`.
    pub field: String,
    /// What stands there, as JSON; `None` when nothing does.
    pub value: Option<String>,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "`{}` is `{value}`: {}", self.field, self.remedy),
            None => write!(f, "`{}` is missing: {}", self.field, self.remedy),
        }
    }
}

/// Every fault of a configuration, in the order of its fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    /// A configuration that could not be read far enough to look at its fields.
    pub(super) fn single(field: &str, value: Option<String>, remedy: impl Into<String>) -> Self {
        Self {
            faults: vec![Fault {
                field: field.to_owned(),
                value,
                remedy: remedy.into(),
            }],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(f, "the configuration has {count} {noun}")?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

/// A table of the configuration that is being read. Whatever is not asked for
/// is an unknown field when [`Fields::finish`] is called.
pub(super) struct Fields<'a> {
    path: String,
    table: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Fields<'a> {
    /// Begins reading the table at `path`; the root has the empty path.
    pub(super) fn new(path: &str, value: Option<&'a Value>, faults: &'a mut Vec<Fault>) -> Self {
        let table = match value {
            Some(Value::Object(table)) => Some(table),
            Some(other) => {
                faults.push(Fault {
                    field: if path.is_empty() {
                        "configuration"
                    } else {
                        path
                    }
                    .to_owned(),
                    value: Some(shown(other)),
                    remedy: "expected a table of fields".to_owned(),
                });
                None
            }
            None => None,
        };
        Self {
            path: path.to_owned(),
            table,
            known: Vec::new(),
            faults,
        }
    }

    /// The raw value of a field, which is then known.
    pub(super) fn raw(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.table.and_then(|table| table.get(name))
    }

    /// Records a fault of one field.
    pub(super) fn fault(&mut self, name: &str, value: Option<&Value>, remedy: impl Into<String>) {
        let field = self.path_of(name);
        self.faults.push(Fault {
            field,
            value: value.map(shown),
            remedy: remedy.into(),
        });
    }

    /// The list of faults, for reading what is nested in this table.
    pub(super) fn faults(&mut self) -> &mut Vec<Fault> {
        self.faults
    }

    /// The full path of a field of this table.
    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A text that satisfies `valid`; absent when the field is.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        remedy: &str,
        valid: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let value = self.raw(name)?;
        match value.as_str() {
            Some(text) if valid(text) => Some(text.to_owned()),
            _ => {
                self.fault(name, Some(value), remedy);
                None
            }
        }
    }

    /// What `parse` makes of a text that may be a secret by mistake, so that a
    /// fault does not show it.
    pub(super) fn hidden<T, E>(
        &mut self,
        name: &'static str,
        remedy: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.raw(name)?;
        let parsed = value.as_str().and_then(|text| parse(text).ok());
        if parsed.is_none() {
            self.fault(name, Some(&Value::from("(not shown)")), remedy);
        }
        parsed
    }

    /// A text that must be there.
    pub(super) fn required_text(
        &mut self,
        name: &'static str,
        remedy: &str,
        valid: impl Fn(&str) -> bool,
    ) -> Option<String> {
        if self.table.is_some_and(|table| table.contains_key(name)) {
            return self.text(name, remedy, valid);
        }
        self.known.push(name);
        self.fault(name, None, remedy);
        None
    }

    /// A whole number within bounds.
    pub(super) fn whole(&mut self, name: &'static str, least: u32, most: u32) -> Option<u32> {
        let value = self.raw(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                let remedy = format!("expected a whole number from {least} to {most}");
                self.fault(name, Some(value), remedy);
                None
            }
        }
    }

    /// A number within bounds.
    pub(super) fn number(&mut self, name: &'static str, least: f64, most: f64) -> Option<f64> {
        let value = self.raw(name)?;
        match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                let remedy = format!("expected a number from {least} to {most}");
                self.fault(name, Some(value), remedy);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.raw(name)?;
        if value.as_bool().is_none() {
            self.fault(name, Some(value), "expected `true` or `false`");
        }
        value.as_bool()
    }

    /// One of a few names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.raw(name)?;
        let text = value.as_str().unwrap_or_default();
        let found = choices
            .iter()
            .find(|(choice, _)| *choice == text)
            .map(|(_, choice)| *choice);
        if found.is_none() {
            self.fault(name, Some(value), format!("expected {}", listed(choices)));
        }
        found
    }

    /// A list of a few names; empty when the field is absent.
    pub(super) fn choices<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Vec<T> {
        let Some(value) = self.raw(name) else {
            return Vec::new();
        };
        let find = |item: &Value| {
            let text = item.as_str()?;
            let (_, found) = choices.iter().find(|(choice, _)| *choice == text)?;
            Some(*found)
        };
        let found: Option<Vec<T>> = value
            .as_array()
            .and_then(|items| items.iter().map(find).collect());
        found.unwrap_or_else(|| {
            let remedy = format!("expected a list of {}", listed(choices));
            self.fault(name, Some(value), remedy);
            Vec::new()
        })
    }

    /// Texts by name, each satisfying `valid`; empty when the field is absent.
    pub(super) fn texts(
        &mut self,
        name: &'static str,
        remedy: &str,
        valid: impl Fn(&str, &str) -> bool,
    ) -> BTreeMap<String, String> {
        let Some(value) = self.raw(name) else {
            return BTreeMap::new();
        };
        let pair = |(key, item): (&String, &Value)| {
            let text = item.as_str().filter(|text| valid(key, text))?;
            Some((key.clone(), text.to_owned()))
        };
        let found: Option<BTreeMap<_, _>> = value
            .as_object()
            .and_then(|table| table.iter().map(pair).collect());
        found.unwrap_or_else(|| {
            self.fault(name, Some(value), remedy);
            BTreeMap::new()
        })
    }

    /// One of a few names, which must be there.
    pub(super) fn required_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        if self.table.is_some_and(|table| table.contains_key(name)) {
            return self.choice(name, choices);
        }
        self.known.push(name);
        self.fault(name, None, format!("expected {}", listed(choices)));
        None
    }

    /// Ends the table: whatever was not asked for is a fault.
    pub(super) fn finish(mut self) {
        let Some(table) = self.table else { return };
        for (name, value) in table {
            if !self.known.contains(&name.as_str()) {
                let remedy = match nearest(name, &self.known) {
                    Some(known) => format!("unknown field, did you mean `{known}`?"),
                    None => format!(
                        "unknown field, remove it; known are {}",
                        quoted(&self.known)
                    ),
                };
                self.fault(name, Some(value), remedy);
            }
        }
    }
}

/// A value as it is shown in a fault: JSON, cut when long.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > LONGEST {
        return text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

fn listed<T>(choices: &[(&'static str, T)]) -> String {
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    match names.as_slice() {
        [only] => format!("`{only}`"),
        _ => format!("one of {}", quoted(&names)),
    }
}

fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The known name that a misspelled one was meant to be: at most a third of its
/// letters away.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .map(|(_, candidate)| candidate)
}
