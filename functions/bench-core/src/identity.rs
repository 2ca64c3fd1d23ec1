//! The names that runs and targets are known by, each with one rule.

use std::{fmt, ops::Deref, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The most characters of a [`RunId`]: as many as an execution of Step Functions
/// has in its name.
pub const MAX_RUN_ID: usize = 80;

/// The most characters of a [`TargetId`] and of a configuration's name.
pub const MAX_NAME: usize = 64;

/// Defines an identity: text that keeps to one rule.
macro_rules! identity {
    (
        $(#[$meta:meta])* $name:ident, $rule:ident, $pattern:literal;
        $(#[$error_meta:meta])* $error:ident, $message:literal
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr", into = "SmolStr")]
        pub struct $name(SmolStr);

        $(#[$error_meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $error;

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// That of a blank sample.
        impl Default for $name {
            fn default() -> Self {
                Self(SmolStr::new_static("unnamed"))
            }
        }

        impl TryFrom<SmolStr> for $name {
            type Error = $error;

            fn try_from(text: SmolStr) -> Result<Self, $error> {
                if $rule(&text) { Ok(Self(text)) } else { Err($error) }
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::try_from(SmolStr::new(text))
            }
        }

        impl From<$name> for SmolStr {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}

identity! {
    /// The name of a run: part of keys, folders and execution names.
    ///
    /// ```
    /// use bench_core::identity::RunId;
    /// let run: RunId = "nightly-7".parse()?;
    /// assert_eq!(run, "nightly-7");
    /// assert!("..".parse::<RunId>().is_err());
    /// assert!("a/b".parse::<RunId>().is_err());
    /// # Ok::<(), bench_core::identity::InvalidRunId>(())
    /// ```
    RunId, is_run_id, r"^(?!\.*$)[A-Za-z0-9._-]{1,80}$";
    /// The text is not a [`RunId`].
    InvalidRunId,
    "expected 1 to 80 letters, digits, `-`, `_` and `.`, and not dots alone"
}

identity! {
    /// The name of a target, unique in its configuration.
    ///
    /// ```
    /// use bench_core::identity::TargetId;
    /// assert_eq!("bedrock-cmi".parse::<TargetId>()?, "bedrock-cmi");
    /// assert!("Bedrock".parse::<TargetId>().is_err());
    /// # Ok::<(), bench_core::identity::InvalidTargetId>(())
    /// ```
    TargetId, is_name, "^[a-z0-9-]{1,64}$";
    /// The text is not a [`TargetId`].
    InvalidTargetId,
    "expected 1 to 64 lower-case letters, digits and hyphens"
}

impl RunId {
    /// The name of what several runs show together: their names while they fit,
    /// their number otherwise. One run keeps its name.
    #[must_use]
    pub fn pooled(runs: &[Self]) -> Self {
        let names: Vec<&str> = runs.iter().map(Self::as_str).collect();
        let joined = names.join("_and_");
        if is_run_id(&joined) {
            Self(joined.into())
        } else {
            Self(format!("pooled-{}-runs", runs.len()).into())
        }
    }
}

/// Dots alone would be a folder above.
fn is_run_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_RUN_ID).contains(&text.len())
        && text.bytes().all(allowed)
        && text.bytes().any(|byte| byte != b'.')
}

/// Names become parts of keys, of run ids and of execution names.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_that_cannot_be_a_key_or_a_folder_is_refused() {
        let long = "x".repeat(81);
        for text in ["", ".", "..", "...", "a/b", "a b", "a+b", long.as_str()] {
            assert_eq!(text.parse::<RunId>(), Err(InvalidRunId), "{text}");
        }
        assert!(".a".parse::<RunId>().is_ok());
    }

    #[test]
    fn runs_are_pooled_under_a_run_id() {
        let run = |text: &str| text.parse::<RunId>().unwrap();
        assert_eq!(RunId::pooled(&[run("a")]), "a");
        assert_eq!(RunId::pooled(&[run("a"), run("b")]), "a_and_b");
        let long = run(&"x".repeat(79));
        assert_eq!(RunId::pooled(&[long.clone(), long]), "pooled-2-runs");
    }

    #[test]
    fn json_keeps_the_rule() {
        assert!(serde_json::from_str::<TargetId>("\"a-1\"").is_ok());
        assert!(serde_json::from_str::<TargetId>("\"A\"").is_err());
        assert_eq!(
            serde_json::to_string(&"r".parse::<RunId>().unwrap()).unwrap(),
            "\"r\""
        );
    }
}
