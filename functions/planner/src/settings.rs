//! The settings that the template gives the planner.

use bench_core::{
    config::KeyVariables,
    plan::{Architecture, Deployment, Transitions},
    workflow::{LOAD_LEAD_S, MAX_INVOCATION_S},
};
use bench_store::{InvalidEnvironment, Variables};

/// The environment, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESULTS_TABLE`.
    pub table: String,
    /// `RESULTS_BUCKET`.
    pub bucket: String,
    /// `API_KEY_VARIABLES`, which the template does not set: none on AWS.
    pub key_variables: KeyVariables,
    /// `AWS_REGION`, which Lambda sets.
    pub region: Option<String>,
    /// `FUNCTION_ARCHITECTURE`, `INVOKER_MEMORY_MB` and `STATE_TRANSITIONS`; `None`
    /// unless all three are set: then the pipeline has no cost. Without the versions of the
    /// functions, which each request names.
    pub deployment: Option<Deployment>,
    /// `LOAD_LEAD_S`: seconds from the plan of a step of a load to its start, in which its
    /// workers start; [`LOAD_LEAD_S`] unless it is set.
    pub load_lead_s: u32,
    /// `MAX_INVOCATION_S`: the seconds that an invocation of a worker of a load is planned
    /// with, at most; [`MAX_INVOCATION_S`] unless it is set.
    pub max_invocation_s: u32,
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
            key_variables: variables
                .optional(KeyVariables::VARIABLE)
                .map_or_else(KeyVariables::default, |list| KeyVariables::parse(&list)),
            region: variables.optional("AWS_REGION"),
            deployment: deployment(&mut variables),
            load_lead_s: variables
                .optional_number("LOAD_LEAD_S")
                .unwrap_or(LOAD_LEAD_S),
            max_invocation_s: variables
                .optional_number("MAX_INVOCATION_S")
                .unwrap_or(MAX_INVOCATION_S),
        };
        variables.finish(settings)
    }
}

fn deployment<F: Fn(&str) -> Option<String>>(variables: &mut Variables<F>) -> Option<Deployment> {
    // All three are read before one that is absent ends it, so that every fault is named.
    let architecture = variables.optional_parsed(
        "FUNCTION_ARCHITECTURE",
        "`arm64` or `x86_64`",
        |name| -> Option<Architecture> { serde_json::from_value(name.into()).ok() },
    );
    let invoker_memory_mb = variables.optional_number("INVOKER_MEMORY_MB");
    let transitions = variables.optional_parsed(
        "STATE_TRANSITIONS",
        "a JSON object with the whole numbers `run`, `target`, `chunk`, `probe`, `invocation`, `prompt`, `load`, `step` and `worker`",
        |json| -> Option<Transitions> { serde_json::from_str(json).ok() },
    );
    Some(Deployment {
        architecture: architecture?,
        invoker_memory_mb: invoker_memory_mb?,
        transitions: transitions?,
        functions: None,
        resumed_functions: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSITIONS: &str =
        r#"{"run":5,"target":8,"chunk":1,"probe":3,"invocation":2,"prompt":1}"#;

    fn read(
        architecture: &str,
        memory: &str,
        transitions: &str,
    ) -> Result<Option<Deployment>, String> {
        let settings = Settings::from_env(|name| {
            let value = match name {
                "FUNCTION_ARCHITECTURE" => architecture,
                "INVOKER_MEMORY_MB" => memory,
                "STATE_TRANSITIONS" => transitions,
                "LOAD_LEAD_S" | "MAX_INVOCATION_S" => "",
                other => other,
            };
            Some(value.to_owned())
        });
        settings
            .map(|settings| settings.deployment)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_deployment_is_read_from_the_environment() {
        let deployment = read("x86_64", "512", TRANSITIONS).unwrap().unwrap();
        assert_eq!(deployment.architecture, Architecture::X86);
        assert_eq!(deployment.invoker_memory_mb, 512);
        assert_eq!(deployment.transitions.probe, 3);
    }

    #[test]
    fn a_step_of_a_load_is_planned_ahead_as_long_as_lambdas_take_to_start() {
        let lead = |value: &str| {
            let read = |name: &str| match name {
                "LOAD_LEAD_S" => Some(value.to_owned()),
                "RESULTS_TABLE" | "RESULTS_BUCKET" => Some("x".to_owned()),
                _ => None,
            };
            Settings::from_env(read).map(|settings| settings.load_lead_s)
        };
        assert_eq!(lead(""), Ok(15));
        assert_eq!(lead("2"), Ok(2));
        assert!(lead("soon").is_err());
    }

    #[test]
    fn a_deployment_that_is_not_set_whole_is_not_known() {
        assert_eq!(read("", "", ""), Ok(None));
        assert_eq!(read("", "512", TRANSITIONS), Ok(None));
        assert_eq!(read("arm64", "", TRANSITIONS), Ok(None));
        assert_eq!(read("arm64", "512", ""), Ok(None));
    }

    #[test]
    fn a_deployment_that_cannot_be_read_is_refused_with_every_fault_and_its_remedy() {
        assert_eq!(
            read("riscv", "half", r#"{"run":5}"#).unwrap_err(),
            "environment variables: `FUNCTION_ARCHITECTURE` is \"riscv\", expected `arm64` or \
             `x86_64`, `INVOKER_MEMORY_MB` is \"half\", expected a whole number, \
             `STATE_TRANSITIONS` is \"{\"run\":5}\", expected a JSON object with the whole numbers \
             `run`, `target`, `chunk`, `probe`, `invocation`, `prompt`, `load`, `step` and \
             `worker`; deploy the template again, which sets them"
        );
    }
}
