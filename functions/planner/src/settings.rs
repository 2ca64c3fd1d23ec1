//! What the template tells the planner.

use bench_store::{MissingVariables, Variables};

/// The environment, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESULTS_TABLE`.
    pub table: String,
    /// `RESULTS_BUCKET`.
    pub bucket: String,
    /// `INVOKER_FUNCTION_ARN`.
    pub invoker_arn: String,
    /// `VPC_INVOKER_FUNCTION_ARN`; absent where the stack has no VPC.
    pub vpc_invoker_arn: Option<String>,
    /// `AWS_REGION`, which Lambda sets.
    pub region: Option<String>,
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
            invoker_arn: variables.required("INVOKER_FUNCTION_ARN"),
            vpc_invoker_arn: variables.optional("VPC_INVOKER_FUNCTION_ARN"),
            region: variables.optional("AWS_REGION"),
        };
        variables.finish(settings)
    }
}
