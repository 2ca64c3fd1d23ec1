//! What the template tells the planner.

use bench_core::plan::Deployment;
use bench_store::{InvalidEnvironment, Variables};

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
    /// `FUNCTION_ARCHITECTURE`, `INVOKER_MEMORY_MB` and `STATE_TRANSITIONS`; `None`
    /// unless all three can be read: then the pipeline has no cost.
    pub deployment: Option<Deployment>,
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
            invoker_arn: variables.required("INVOKER_FUNCTION_ARN"),
            vpc_invoker_arn: variables.optional("VPC_INVOKER_FUNCTION_ARN"),
            region: variables.optional("AWS_REGION"),
            deployment: deployment(&variables),
        };
        variables.finish(settings)
    }
}

fn deployment(variables: &Variables<impl Fn(&str) -> Option<String>>) -> Option<Deployment> {
    let architecture = variables.optional("FUNCTION_ARCHITECTURE")?;
    let transitions = variables.optional("STATE_TRANSITIONS")?;
    Some(Deployment {
        architecture: serde_json::from_value(architecture.into()).ok()?,
        invoker_memory_mb: variables.optional("INVOKER_MEMORY_MB")?.parse().ok()?,
        transitions: serde_json::from_str(&transitions).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use bench_core::plan::Architecture;

    use super::*;

    fn settings(architecture: &str) -> Settings {
        Settings::from_env(|name| {
            Some(
                match name {
                    "FUNCTION_ARCHITECTURE" => architecture,
                    "INVOKER_MEMORY_MB" => "512",
                    "STATE_TRANSITIONS" => {
                        r#"{"run":5,"target":5,"probe":3,"invocation":2,"prompt":1}"#
                    }
                    other => other,
                }
                .to_owned(),
            )
        })
        .unwrap()
    }

    #[test]
    fn the_deployment_is_read_from_the_environment() {
        let deployment = settings("x86_64").deployment.unwrap();
        assert_eq!(deployment.architecture, Architecture::X86);
        assert_eq!(deployment.invoker_memory_mb, 512);
        assert_eq!(deployment.transitions.probe, 3);
    }

    #[test]
    fn a_deployment_that_cannot_be_read_whole_is_not_known() {
        assert_eq!(settings("riscv").deployment, None);
    }
}
