//! The environment of a Lambda, read once and faulted all at once.

/// Reads environment variables and remembers the faults of all.
#[derive(Debug)]
pub struct Variables<F> {
    read: F,
    faults: Vec<VariableFault>,
}

/// The fault of one variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableFault {
    /// It is absent or empty.
    #[error("`{0}` is not set")]
    Missing(&'static str),
    /// It is not of the kind that is expected.
    #[error("`{name}` is \"{value}\", expected {expected}")]
    Unreadable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// The kind that is expected, such as `a whole number`.
        expected: &'static str,
    },
}

/// The faults of an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variables: {}; deploy the template again, which sets them", listed(.0))]
pub struct InvalidEnvironment(pub Vec<VariableFault>);

fn listed(faults: &[VariableFault]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join(", ")
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Begins reading; an empty variable counts as missing.
    pub fn new(read: F) -> Self {
        Self {
            read,
            faults: Vec::new(),
        }
    }

    /// A variable that must be there; empty when it is not, which
    /// [`Variables::finish`] reports.
    pub fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.faults.push(VariableFault::Missing(name));
            String::new()
        })
    }

    /// A variable that may be absent.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.is_empty())
    }

    /// A whole number that may be absent; one that cannot be read is a fault, which
    /// [`Variables::finish`] reports.
    pub fn optional_number(&mut self, name: &'static str) -> Option<u32> {
        self.optional_parsed(name, "a whole number", |value| value.parse().ok())
    }

    /// A value that may be absent; one that `parse` cannot read is a fault that names
    /// what is `expected`, which [`Variables::finish`] reports.
    pub fn optional_parsed<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.faults.push(VariableFault::Unreadable {
                name,
                value,
                expected,
            });
        }
        parsed
    }

    /// Ends reading with the settings that were read.
    ///
    /// # Errors
    ///
    /// All faults together.
    pub fn finish<T>(self, read: T) -> Result<T, InvalidEnvironment> {
        if self.faults.is_empty() {
            Ok(read)
        } else {
            Err(InvalidEnvironment(self.faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_named_together() {
        let mut variables = Variables::new(|name| (name == "B").then(|| "b".to_owned()));
        let read = (
            variables.required("A"),
            variables.required("B"),
            variables.required("C"),
        );
        let error = variables.finish(read).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variables: `A` is not set, `C` is not set; deploy the template again, \
             which sets them"
        );
    }

    #[test]
    fn an_empty_variable_is_a_missing_one() {
        let mut variables = Variables::new(|_| Some(String::new()));
        assert_eq!(variables.optional("A"), None);
        let read = variables.required("A");
        assert_eq!(
            variables.finish(read),
            Err(InvalidEnvironment(vec![VariableFault::Missing("A")]))
        );
    }
}
