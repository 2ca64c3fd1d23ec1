//! Where a secret is kept. A configuration never holds the secret itself.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::formats;

/// The place of a secret: `secretsmanager:NAME-OR-ARN`, `ssm:PARAMETER` or
/// `env:VARIABLE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretRef {
    /// A secret of AWS Secrets Manager, by name or ARN; its text is the key.
    SecretsManager(String),
    /// A parameter of AWS Systems Manager, by name; it is decrypted.
    Ssm(String),
    /// A variable in the environment of `hostbench`, for runs on this machine.
    Env(String),
}

/// The text is not the place of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `secretsmanager:NAME`, `ssm:PARAMETER` or `env:VARIABLE`, never the key itself")]
pub struct InvalidSecretRef;

impl SecretRef {
    /// Reads a place.
    ///
    /// ```
    /// use bench_core::config::SecretRef;
    /// let place = SecretRef::parse("ssm:/models/key").unwrap();
    /// assert_eq!(place, SecretRef::Ssm("/models/key".into()));
    /// assert!(SecretRef::parse("sk-0123").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidSecretRef`] for anything else, a key itself included.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretRef> {
        let (place, name) = text.split_once(':').ok_or(InvalidSecretRef)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=.@:-".contains(c);
        if name.is_empty() || name.len() > 2_048 || !name.chars().all(plain) {
            return Err(InvalidSecretRef);
        }
        let name = name.to_owned();
        match place {
            "secretsmanager" => Ok(Self::SecretsManager(name)),
            "ssm" => Ok(Self::Ssm(name)),
            "env" if !name.contains('=') => Ok(Self::Env(name)),
            _ => Err(InvalidSecretRef),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager(name) => write!(f, "secretsmanager:{name}"),
            Self::Ssm(name) => write!(f, "ssm:{name}"),
            Self::Env(name) => write!(f, "env:{name}"),
        }
    }
}

impl TryFrom<String> for SecretRef {
    type Error = InvalidSecretRef;

    fn try_from(text: String) -> Result<Self, InvalidSecretRef> {
        Self::parse(&text)
    }
}

impl From<SecretRef> for String {
    fn from(place: SecretRef) -> Self {
        place.to_string()
    }
}

impl JsonSchema for SecretRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "writeOnly": true,
            "format": formats::SECRET,
            "pattern": "^(secretsmanager|ssm|env):.+$",
            "errorMessage": "expected where the key is kept, never the key itself: \
                             `secretsmanager:NAME`, `ssm:PARAMETER`, or `env:VARIABLE` for runs on \
                             this machine",
        })
    }
}
