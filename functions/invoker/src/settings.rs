//! The settings that the template makes for the invoker.

use std::path::PathBuf;

use bench_store::{InvalidEnvironment, Variables, journal};

/// The environment, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESULTS_TABLE`.
    pub table: String,
    /// `RESULTS_BUCKET`.
    pub bucket: String,
    /// `SAMPLE_RETENTION_DAYS`; samples are kept for good where it is absent.
    pub sample_retention_days: Option<u32>,
    /// `SAMPLE_JOURNAL`, a folder; absent on AWS.
    pub journal: Option<PathBuf>,
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
            sample_retention_days: variables.optional_number("SAMPLE_RETENTION_DAYS"),
            journal: variables.optional(journal::VARIABLE).map(PathBuf::from),
        };
        variables.finish(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(days: &'static str) -> Result<Option<u32>, InvalidEnvironment> {
        let read = |name: &str| match name {
            "SAMPLE_RETENTION_DAYS" => Some(days.to_owned()),
            _ => Some("set".to_owned()),
        };
        Settings::from_env(read).map(|settings| settings.sample_retention_days)
    }

    #[test]
    fn a_retention_that_cannot_be_read_is_an_error_and_not_for_good() {
        assert_eq!(retention("30"), Ok(Some(30)));
        assert_eq!(retention(""), Ok(None));
        let error = retention("30 days").unwrap_err().to_string();
        assert!(
            error.contains("`SAMPLE_RETENTION_DAYS` is \"30 days\""),
            "{error}"
        );
    }
}
