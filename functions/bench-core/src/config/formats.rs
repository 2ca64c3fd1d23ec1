//! Formats of text that no pattern tells, and the expectations that several fields share.

use crate::money;

/// What the name of a configuration, a target or a use case looks like.
pub(super) const NAME: &str = "expected 1 to 64 lower-case letters, digits and hyphens";

/// The pattern of [`NAME`].
pub(super) const NAME_PATTERN: &str = "^[a-z0-9-]{1,64}$";

/// The names of resources of SageMaker.
pub(super) const SAGEMAKER_NAME: &str = "expected 1 to 63 letters, digits and hyphens";

/// The pattern of [`SAGEMAKER_NAME`].
pub(super) const SAGEMAKER_PATTERN: &str = "^[A-Za-z0-9-]{1,63}$";

/// Text that is more than blanks.
pub(super) const NOT_BLANK: &str = r"\S";

/// A decimal that can be a price.
pub(super) const DECIMAL: &str = "decimal";

/// An S3 key of a dataset, or the name of one that needs no key.
pub(super) const DATASET: &str = "dataset";

/// An S3 key of a certificate.
pub(super) const S3_KEY: &str = "s3-key";

/// The place of a secret.
pub(super) const SECRET: &str = "secret-reference";

/// Whether text is of a format; a format that is not of this list says nothing.
pub(super) fn accepts(format: Option<&str>, text: &str) -> bool {
    match format {
        Some(DECIMAL) => money::decimal(text).is_some(),
        Some(SECRET) => super::SecretRef::parse(text).is_ok(),
        Some(DATASET) => is_dataset(text),
        Some(S3_KEY) => !text.trim().is_empty() && !text.starts_with('/') && !text.contains(".."),
        _ => true,
    }
}

fn is_dataset(text: &str) -> bool {
    let is_key = text.len() <= 512
        && std::path::Path::new(text)
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        && !text.starts_with('/')
        && !text.contains("//");
    is_key || text == super::Dataset::GSM8K || text == super::Dataset::BUILTIN
}
