//! The change of a configuration after which a server no longer refuses a field.

use super::Target;

/// The change of a configuration that leaves out a field that a server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The token limit is sent under another name.
    MaxTokensField,
    /// The answer is asked for in one piece.
    NoStream,
    /// The salt is left to a nonce in the prompt.
    NoCacheSalt,
    /// The field is removed from the target's `extra`.
    RemoveExtra(String),
    /// The field is left out.
    Omit(String),
}

impl Remedy {
    /// The remedy for a field that the server of `target` refused by that name.
    ///
    /// ```
    /// use bench_core::config::{Overrides, Remedy, from_toml};
    /// let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\n\
    ///             url = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n";
    /// let config = from_toml(text, &Overrides::default())?;
    /// let remedy = Remedy::of_refused("stream_options", &config.targets[0]);
    /// assert_eq!(remedy.setting().unwrap(), "omit = [\"stream_options\"]");
    /// # Ok::<(), bench_core::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn of_refused(field: &str, target: &Target) -> Self {
        let is_token_limit = target.service.max_tokens_path() == field;
        match field {
            _ if target.extra.contains_key(field) => Self::RemoveExtra(field.to_owned()),
            "max_tokens" if is_token_limit && target.max_tokens_field.is_none() => {
                Self::MaxTokensField
            }
            "stream" => Self::NoStream,
            "cache_salt" => Self::NoCacheSalt,
            _ => Self::Omit(field.to_owned()),
        }
    }

    /// The setting of the target as TOML; `None` where one is removed.
    #[must_use]
    pub fn setting(&self) -> Option<String> {
        match self {
            Self::MaxTokensField => Some("max_tokens_field = \"max_completion_tokens\"".to_owned()),
            Self::NoStream => Some("stream = false".to_owned()),
            Self::NoCacheSalt => Some("cache_salt = false".to_owned()),
            Self::RemoveExtra(_) => None,
            Self::Omit(field) => Some(format!("omit = [\"{field}\"]")),
        }
    }
}
