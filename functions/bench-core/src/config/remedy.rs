//! The change of a configuration after which a server no longer refuses a request.

use serde::{Deserialize, Serialize};

use super::Target;

/// Settings, by the words that servers have for the fields that carry them.
const SETTINGS: [(&str, &str); 10] = [
    ("max_tokens", "max_tokens"),
    ("maxTokens", "max_tokens"),
    ("max_new_tokens", "max_tokens"),
    ("max_gen_len", "max_tokens"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("topP", "top_p"),
    ("stream_options", "stream_options"),
    ("stream", "stream"),
    ("cache_salt", "cache_salt"),
];

/// Fields of the bodies of Text Generation Inference alone.
const TGI_FIELDS: [(&str, &str); 2] = [
    ("details", "parameters.details"),
    ("do_sample", "parameters.do_sample"),
];

/// The token limit in the bodies of the Responses API.
const MAX_OUTPUT_TOKENS: &str = "max_output_tokens";

/// Fields of the bodies of the Responses API alone.
const RESPONSES_FIELDS: [(&str, &str); 2] = [(MAX_OUTPUT_TOKENS, "max_tokens"), ("store", "store")];

/// Words of servers that refuse a field, in lower case.
const REFUSALS: [&str; 14] = [
    "unsupported",
    "not supported",
    "not support",
    "is not available",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unexpected",
    "extra inputs",
    "extra_forbidden",
    "extraneous",
    "not permitted",
    "not allowed",
    "deprecated",
];

/// The whole of what servers say of a path that they do not have, or its beginning, in lower
/// case: `FastAPI`, Go, llama.cpp; OpenAI, LM Studio.
const NO_SUCH_PATH: [&str; 3] = ["not found", "404 page not found", "file not found"];
const NO_SUCH_PATH_BEGINS: [&str; 2] = ["invalid url", "unexpected endpoint"];

/// Words of servers that take either of two fields.
const EITHER: [&str; 2] = ["cannot both", "only one of"];

/// The change of a target's configuration after which its server no longer refuses its
/// requests.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(tag = "remedy", content = "field", rename_all = "snake_case")]
pub enum Remedy {
    /// The token limit is sent as `max_completion_tokens`.
    RenameMaxTokens,
    /// The token limit is sent under the name of its request kind.
    KeepMaxTokens,
    /// Chat Completions are asked for: the server has no Responses API.
    ChatRequest,
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
    /// The remedy where a server's message refuses a field that requests to `target` have, or
    /// the path of the Responses API; `None` for any other message.
    ///
    /// ```
    /// use bench_core::config::{Overrides, Remedy, from_toml};
    /// let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\n\
    ///             url = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n";
    /// let config = from_toml(text, &Overrides::default())?;
    /// let message = "stream_options: Extra inputs are not permitted";
    /// let remedy = Remedy::of_refusal(message, &config.targets[0]).unwrap();
    /// assert_eq!(remedy.setting().unwrap(), "omit = [\"stream_options\"]");
    /// # Ok::<(), bench_core::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn of_refusal(message: &str, target: &Target) -> Option<Self> {
        let lower = message.to_lowercase();
        let is_response = target.service.max_tokens_path() == MAX_OUTPUT_TOKENS;
        if is_response && is_of_no_such_path(&lower) {
            return Some(Self::ChatRequest);
        }
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let is_either = says(&EITHER);
        if !is_either && !says(&REFUSALS) {
            return None;
        }
        let found = candidates(target)
            .into_iter()
            .filter_map(|(word, remedy)| Some((position(message, &word)?, remedy)));
        // The first field is the refused one; of two that exclude each other the last can go.
        let (_, remedy) = if is_either {
            found.max_by_key(|(at, _)| *at)
        } else {
            found.min_by_key(|(at, _)| *at)
        }?;
        Some(remedy)
    }

    /// The setting of the target as TOML; `None` where one is to be removed.
    #[must_use]
    pub fn setting(&self) -> Option<String> {
        match self {
            Self::RenameMaxTokens => {
                Some("max_tokens_field = \"max_completion_tokens\"".to_owned())
            }
            Self::ChatRequest => Some("request = \"openai-chat\"".to_owned()),
            Self::NoStream => Some("stream = false".to_owned()),
            Self::NoCacheSalt => Some("cache_salt = false".to_owned()),
            Self::Omit(field) => Some(format!("omit = [\"{field}\"]")),
            Self::KeepMaxTokens | Self::RemoveExtra(_) => None,
        }
    }

    /// The setting of the target that is to be removed; `None` where one is to be made.
    #[must_use]
    pub fn removed(&self) -> Option<String> {
        match self {
            Self::KeepMaxTokens => Some("max_tokens_field".to_owned()),
            Self::RemoveExtra(field) => Some(format!("extra.{field}")),
            _ => None,
        }
    }
}

fn is_of_no_such_path(lower: &str) -> bool {
    let words = lower.trim().trim_end_matches('.');
    let mut beginnings = NO_SUCH_PATH_BEGINS.iter();
    NO_SUCH_PATH.contains(&words) || beginnings.any(|beginning| words.starts_with(beginning))
}

/// The fields that a request to a target may have, by the word for each, with the remedy of
/// its refusal.
fn candidates(target: &Target) -> Vec<(String, Remedy)> {
    let path = target.service.max_tokens_path();
    let is_response = path == MAX_OUTPUT_TOKENS;
    let of_kind: &[_] = if path.starts_with("parameters.") {
        &TGI_FIELDS
    } else if is_response {
        &RESPONSES_FIELDS
    } else {
        &[]
    };
    let of_body = SETTINGS.iter().chain(of_kind).map(|(word, field)| {
        let remedy = match *field {
            "max_tokens" if *word == path && !is_response => Remedy::RenameMaxTokens,
            "stream" => Remedy::NoStream,
            "cache_salt" => Remedy::NoCacheSalt,
            other => Remedy::Omit(other.to_owned()),
        };
        ((*word).to_owned(), remedy)
    });
    let extra = target.extra.keys();
    let of_extra = extra.map(|field| (field.clone(), Remedy::RemoveExtra(field.clone())));
    let renamed = target.max_tokens_field.iter();
    let of_renamed = renamed.map(|field| (field.clone(), Remedy::KeepMaxTokens));
    let is_sent = |(word, remedy): &(String, Remedy)| {
        let is_omitted = matches!(remedy, Remedy::Omit(field) if target.omit.contains(field));
        let is_renamed = *word == path && target.max_tokens_field.is_some();
        !is_omitted && !is_renamed
    };
    let own = of_body.filter(is_sent);
    of_extra.chain(of_renamed).chain(own).collect()
}

/// Where a message has a word that is not a part of a longer one.
fn position(message: &str, word: &str) -> Option<usize> {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    message.match_indices(word).find_map(|(at, _)| {
        let before = message[..at].chars().next_back();
        let after = message[at + word.len()..].chars().next();
        let is_whole = !before.is_some_and(in_word) && !after.is_some_and(in_word);
        is_whole.then_some(at)
    })
}
