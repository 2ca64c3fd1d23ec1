//! The aggregator's settings, from environment variables that the template sets.

use bench_store::{InvalidEnvironment, Variables};

/// The environment, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESULTS_TABLE`.
    pub table: String,
    /// `RESULTS_BUCKET`.
    pub bucket: String,
    /// `METRICS_NAMESPACE`; no metrics are written where it is absent.
    pub metrics_namespace: Option<String>,
    /// `STACK_NAME`, for the commands that are told.
    pub stack: Option<String>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// All faults together.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidEnvironment> {
        let mut variables = Variables::new(read);
        let settings = Self {
            table: variables.required("RESULTS_TABLE"),
            bucket: variables.required("RESULTS_BUCKET"),
            metrics_namespace: variables.optional("METRICS_NAMESPACE"),
            stack: variables.optional("STACK_NAME"),
        };
        variables.finish(settings)
    }
}
