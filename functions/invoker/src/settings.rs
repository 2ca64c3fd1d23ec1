//! What the template tells the invoker.

use bench_store::{MissingVariables, Variables};

/// The environment, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESULTS_TABLE`.
    pub table: String,
    /// `RESULTS_BUCKET`.
    pub bucket: String,
    /// `SAMPLE_RETENTION_DAYS`; samples are kept for good where it is absent.
    pub sample_retention_days: Option<u32>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// All missing names together.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, MissingVariables> {
        let mut variables = Variables::new(read);
        let settings = Self {
            table: variables.required("RESULTS_TABLE"),
            bucket: variables.required("RESULTS_BUCKET"),
            sample_retention_days: variables
                .optional("SAMPLE_RETENTION_DAYS")
                .and_then(|days| days.parse().ok()),
        };
        variables.finish(settings)
    }
}
