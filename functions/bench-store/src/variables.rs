//! The environment of a Lambda, read once and faulted all at once.

/// Reads environment variables and remembers which were missing.
#[derive(Debug)]
pub struct Variables<F> {
    read: F,
    missing: Vec<&'static str>,
}

/// Every variable that is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("missing environment variables `{}`; the template sets them", .0.join("`, `"))]
pub struct MissingVariables(pub Vec<&'static str>);

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Begins reading; an empty variable counts as missing.
    pub fn new(read: F) -> Self {
        Self {
            read,
            missing: Vec::new(),
        }
    }

    /// A variable that must be there; empty when it is not, which
    /// [`Variables::finish`] reports.
    pub fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.missing.push(name);
            String::new()
        })
    }

    /// A variable that may be absent.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.is_empty())
    }

    /// Ends reading with what was read.
    ///
    /// # Errors
    ///
    /// All missing names together.
    pub fn finish<T>(self, read: T) -> Result<T, MissingVariables> {
        if self.missing.is_empty() {
            Ok(read)
        } else {
            Err(MissingVariables(self.missing))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_variables_are_named_together() {
        let mut variables = Variables::new(|name| (name == "B").then(|| "b".to_owned()));
        let read = (
            variables.required("A"),
            variables.required("B"),
            variables.required("C"),
        );
        let error = variables.finish(read).unwrap_err();
        assert_eq!(
            error.to_string(),
            "missing environment variables `A`, `C`; the template sets them"
        );
    }

    #[test]
    fn an_empty_variable_is_a_missing_one() {
        let mut variables = Variables::new(|_| Some(String::new()));
        assert_eq!(variables.optional("A"), None);
        let read = variables.required("A");
        assert_eq!(variables.finish(read), Err(MissingVariables(vec!["A"])));
    }
}
