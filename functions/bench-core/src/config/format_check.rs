//! Whether text is of a format that no pattern tells.

use std::path::Path;

use super::{Dataset, SecretRef, formats};
use crate::money;

/// Whether text is of a format; a format that is not of this list says nothing.
pub(super) fn accepts(format: Option<&str>, text: &str) -> bool {
    match format {
        Some(formats::DECIMAL) => money::decimal(text).is_some(),
        Some(formats::SECRET) => SecretRef::parse(text).is_ok(),
        Some(formats::DATASET) => is_dataset(text),
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
        && !text.contains("//");
    is_key || text == Dataset::GSM8K || text == Dataset::BUILTIN
}
