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
pub enum InvalidSecretRef {
    /// It does not name a place, such as the key itself.
    #[error(
        "expected `secretsmanager:NAME`, `ssm:PARAMETER` or `env:VARIABLE`, never the key itself"
    )]
    Malformed,
    /// It is a variable of AWS, of Lambda or of the pipeline.
    #[error("{}", RESERVED)]
    Reserved,
}

/// The remedy of [`InvalidSecretRef::Reserved`].
pub(super) const RESERVED: &str = "a variable of AWS, of Lambda or of the pipeline is never sent \
                                   to a server; keep the server's key in Secrets Manager, or in a \
                                   variable of its own such as `MODEL_KEY`";

/// Beginnings of the names that AWS SDKs, Lambda, ECS and the pipeline use, in upper case.
const RESERVED_PREFIXES: [&str; 8] = [
    "AMAZON_",
    "AMZN_",
    "BEDROCK_",
    "ECS_",
    "LAMBDA_",
    "MODEL_ENDPOINT",
    "RESULTS_",
    "SAGEMAKER_",
];

/// Whether a variable belongs to AWS, to Lambda or to the pipeline, however it is spelled.
/// Names of Lambda's own begin with an underscore.
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_prefixed = RESERVED_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix));
    name.starts_with('_') || name.contains("AWS_") || is_prefixed
}

impl SecretRef {
    /// Reads a place.
    ///
    /// ```
    /// use bench_core::config::SecretRef;
    /// let place = SecretRef::parse("ssm:/models/key").unwrap();
    /// assert_eq!(place, SecretRef::Ssm("/models/key".into()));
    /// assert!(SecretRef::parse("sk-0123").is_err());
    /// assert!(SecretRef::parse("env:MODEL_KEY").is_ok());
    /// assert!(SecretRef::parse("env:AWS_SESSION_TOKEN").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidSecretRef`] for anything else, a key itself and a variable with credentials
    /// of AWS included.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretRef> {
        let (place, name) = text.split_once(':').ok_or(InvalidSecretRef::Malformed)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=.@:-".contains(c);
        if name.is_empty() || name.len() > 2_048 || !name.chars().all(plain) {
            return Err(InvalidSecretRef::Malformed);
        }
        let of_variable = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = name.to_owned();
        match place {
            "secretsmanager" => Ok(Self::SecretsManager(name)),
            "ssm" => Ok(Self::Ssm(name)),
            "env" if is_reserved(&name) => Err(InvalidSecretRef::Reserved),
            "env" if name.chars().all(of_variable) => Ok(Self::Env(name)),
            _ => Err(InvalidSecretRef::Malformed),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, from_toml, from_value};

    const RESERVED_NAMES: [&str; 14] = [
        "AWS_SESSION_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "aws_session_token",
        "Aws_Session_Token",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "MODEL_AWS_SECRET_ACCESS_KEY",
        "_X_AMZN_TRACE_ID",
        "_HANDLER",
        "LAMBDA_TASK_ROOT",
        "RESULTS_BUCKET",
        "results_table",
        "ECS_CONTAINER_METADATA_URI",
    ];

    #[test]
    fn a_variable_of_aws_lambda_or_the_pipeline_is_no_place_of_a_key() {
        for name in RESERVED_NAMES {
            let refused = SecretRef::parse(&format!("env:{name}"));
            assert_eq!(refused, Err(InvalidSecretRef::Reserved), "{name}");
            let stored = serde_json::from_value::<SecretRef>(format!("env:{name}").into());
            assert!(stored.is_err(), "{name} in a plan");
        }
        for name in ["", "A=B", "A B", "A:B", "A/B", "A-B", "${AWS_X}"] {
            assert!(SecretRef::parse(&format!("env:{name}")).is_err(), "{name}");
        }
        for place in ["ENV:KEY", "Env:KEY", " env:KEY"] {
            let refused = SecretRef::parse(place);
            assert_eq!(refused, Err(InvalidSecretRef::Malformed), "{place}");
        }
        for name in ["KEY", "OPENAI_API_KEY", "HF_TOKEN", "MODEL_KEY"] {
            assert!(SecretRef::parse(&format!("env:{name}")).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_configuration_that_names_credentials_is_refused_with_the_remedy() {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\n\
                    url = \"https://m.example\"\nrequest = \"tgi\"\n";
        let written = format!("{text}api_key = \"env:AWS_SESSION_TOKEN\"\n");
        let error = from_toml(&written, &Overrides::default()).unwrap_err();
        assert_eq!(error.faults.len(), 1, "{error}");
        assert_eq!(error.faults[0].field, "targets[0].api_key");
        assert!(error.to_string().contains("Secrets Manager"), "{error}");

        let mut overrides = Overrides::default();
        overrides.set("targets.a.api_key", "env:AWS_SESSION_TOKEN".into());
        let table: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(table).unwrap();
        let error = from_value(value, &overrides).unwrap_err();
        assert_eq!(error.faults[0].remedy, RESERVED);
    }
}
