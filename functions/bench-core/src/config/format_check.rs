//! Whether text is of a format that no pattern tells.

use std::path::Path;

use url::Url;

use super::{Dataset, InvalidSecretRef, SecretRef, formats};
use crate::money;

/// Whether text is of a format; a format that is not of this list says nothing.
pub(super) fn accepts(format: Option<&str>, text: &str) -> bool {
    match format {
        Some(formats::DECIMAL) => money::decimal(text).is_some(),
        // A rule of its own says why a variable is reserved.
        Some(formats::SECRET) => SecretRef::parse(text) != Err(InvalidSecretRef::Malformed),
        Some(formats::DATASET) => is_dataset(text),
        Some(formats::URL) => Url::parse(text).is_ok_and(|url| url.has_host()),
        Some(formats::S3_KEY) => {
            !text.trim().is_empty() && !text.starts_with('/') && !text.contains("..")
        }
        _ => true,
    }
}

fn is_dataset(text: &str) -> bool {
    let is_key = text.len() <= 512
        && Path::new(text)
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        && !text.starts_with('/')
        && !text.contains("//")
        && !text.contains('\\')
        && !text.split('/').any(|folder| folder == "..");
    is_key || text == Dataset::GSM8K || text == Dataset::BUILTIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_server_has_a_port_and_an_address_that_can_be() {
        for (url, expected) in [
            ("http://127.0.0.1:8000", true),
            ("https://model.example/v1", true),
            ("http://[::1]:8000", true),
            ("http://127.0.0.1:99999", false),
            ("http://[::1", false),
            ("http://300.0.0.1", false),
            ("http://host:port", false),
        ] {
            assert_eq!(accepts(Some(formats::URL), url), expected, "{url}");
        }
    }

    #[test]
    fn a_dataset_is_a_file_in_or_below_the_folder_of_the_configuration() {
        for file in [
            "gsm8k",
            "builtin",
            "mine.jsonl",
            "prompts/mine.jsonl",
            "./mine.jsonl",
        ] {
            assert!(is_dataset(file), "{file}");
        }
        for other in [
            "mine.txt",
            "/tmp/mine.jsonl",
            "../mine.jsonl",
            r"C:\prompts\mine.jsonl",
            r"prompts\mine.jsonl",
        ] {
            assert!(!is_dataset(other), "{other}");
        }
    }
}
