//! Names of stacks: every name that the template derives from one has its limit.

use crate::error::Error;

/// The most characters of the name of a stack, for CloudFormation.
const MAX_STACK_NAME: usize = 128;

/// A name that the template makes of that of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerivedName {
    /// The kind of thing that is named.
    pub of: &'static str,
    /// The part behind the name of the stack.
    pub suffix: &'static str,
    /// The most characters that the service accepts.
    pub max: usize,
}

/// The names that the template makes of that of the stack, with the limits of the services.
pub const DERIVED: [DerivedName; 3] = [
    DerivedName {
        of: "state machine",
        suffix: "-benchmark",
        max: 80,
    },
    DerivedName {
        of: "state machine",
        suffix: "-sweeper",
        max: 80,
    },
    DerivedName {
        of: "schedule group",
        suffix: "-runs",
        max: 64,
    },
];

/// Checks that a stack of that name can be created.
///
/// # Errors
///
/// [`Error::InvalidInput`] with the character, or the derived name that is too long.
pub fn check(name: &str) -> Result<(), Error> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if let Some(bad) = name.chars().find(|c| !is_allowed(*c)) {
        return Err(Error::InvalidInput(format!(
            "`--stack` is `{name}`, which has the character `{bad}`, expected letters, digits and \
             `-`; choose another name"
        )));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(Error::InvalidInput(format!(
            "`--stack` is `{name}`, expected a name that begins with a letter; choose another name"
        )));
    }
    let longest = DERIVED
        .iter()
        .map(|derived| (derived.max - derived.suffix.len(), Some(derived)))
        .chain([(MAX_STACK_NAME, None)])
        .min_by_key(|(max, _)| *max);
    match longest {
        Some((max, derived)) if name.len() > max => {
            let why = derived.map_or_else(String::new, |derived| {
                format!(
                    ", since its {} is `{name}{}` and may have {}",
                    derived.of, derived.suffix, derived.max
                )
            });
            Err(Error::InvalidInput(format!(
                "`--stack` is `{name}`, which has {} characters, expected at most {max}{why}; \
                 choose a shorter name",
                name.len()
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_fail_after_the_build_is_refused_with_the_reason() {
        assert!(check("hostbench").is_ok());
        assert!(check(&"x".repeat(59)).is_ok());
        for (name, words) in [
            (
                "x".repeat(60).as_str(),
                "60 characters, expected at most 59, since its schedule group",
            ),
            ("my_stack", "the character `_`"),
            ("7nightly", "begins with a letter"),
            ("", "begins with a letter"),
            ("näh", "the character `ä`"),
        ] {
            let error = check(name).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
