//! The names of formats that no pattern tells, and the expectations that several fields share.

/// The expectation of the name of a configuration, a target or a use case.
pub(super) const NAME: &str = "expected 1 to 64 lower-case letters, digits and hyphens";

/// The pattern of [`NAME`].
pub(super) const NAME_PATTERN: &str = "^[a-z0-9-]{1,64}$";

/// The names of resources of SageMaker.
pub(super) const SAGEMAKER_NAME: &str = "expected 1 to 63 letters, digits and hyphens";

/// The pattern of [`SAGEMAKER_NAME`].
pub(super) const SAGEMAKER_PATTERN: &str = "^[A-Za-z0-9-]{1,63}$";

/// Text that is more than blanks.
pub(super) const NOT_BLANK: &str = r"\S";

/// The name of a field of a request body.
pub(super) const FIELD_PATTERN: &str = r"^[^.\s]+$";

/// The dotted path of a field of a request body.
pub(super) const FIELD_PATH_PATTERN: &str = r"^[^.\s]+(\.[^.\s]+)*$";

/// A decimal that can be a price.
pub(super) const DECIMAL: &str = "decimal";

/// An S3 key of a dataset, or the name of one that needs no key.
pub(super) const DATASET: &str = "dataset";

/// An S3 key of a certificate.
pub(super) const S3_KEY: &str = "s3-key";

/// The URL of a server, with a host and a port that exist.
pub(super) const URL: &str = "server-url";

/// The place of a secret.
pub(super) const SECRET: &str = "secret-reference";
