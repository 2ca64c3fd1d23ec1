//! The plan of a run, fixed before the first call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    config::{RunConfig, Target},
    dataset::Prompt,
    identity::RunId,
    money::Catalog,
    task::Task,
};

/// The version of `plan.json` that this code writes and reads.
pub const SCHEMA_VERSION: u32 = 1;

/// A run, fixed: `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// When the run was requested.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// The configuration, resolved.
    pub config: RunConfig,
    /// The dataset the prompts came from.
    pub dataset: DatasetRecord,
    /// The prompts, in the order of the dataset.
    pub prompts: Vec<Prompt>,
    /// The AWS Region that the pipeline runs in; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The prices of that day, so that a run is costed with them ever after; `None`
    /// where there was no catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Catalog>,
    /// The deployment that the run is made by; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
}

/// The deployment of a run's functions and state machine: what the cost of the
/// pipeline depends on, and the code that measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// The processor architecture of all functions.
    pub architecture: Architecture,
    /// Memory of the invoker, in MB.
    pub invoker_memory_mb: u32,
    /// Transitions of the state machine.
    pub transitions: Transitions,
    /// The versions of the functions; `None` in plans that were made before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<FunctionVersions>,
    /// The versions that the run went on with when it was resumed under others, the latest
    /// last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed_functions: Vec<FunctionVersions>,
}

/// The published versions of the functions that make a run, as ARNs. A version is never
/// changed, so a deployment changes no run that has a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionVersions {
    /// The planner.
    pub planner: String,
    /// The invoker.
    pub invoker: String,
    /// The invoker in the VPC; `None` where the stack has no VPC.
    #[serde(
        default,
        deserialize_with = "none_of_empty",
        skip_serializing_if = "Option::is_none"
    )]
    pub vpc_invoker: Option<String>,
    /// The aggregator.
    pub aggregator: String,
}

impl FunctionVersions {
    /// The functions with the number of their version, such as `12`; `$LATEST` where an ARN
    /// names none.
    ///
    /// ```
    /// use bench_core::plan::FunctionVersions;
    /// let arn = |of: &str| format!("arn:aws:lambda:eu-west-1:111122223333:function:{of}");
    /// let versions = FunctionVersions {
    ///     planner: arn("p:3"),
    ///     invoker: arn("i:12"),
    ///     vpc_invoker: None,
    ///     aggregator: arn("a"),
    /// };
    /// let numbers: Vec<_> = versions.numbers().collect();
    /// assert_eq!(numbers, [("planner", "3"), ("invoker", "12"), ("aggregator", "$LATEST")]);
    /// ```
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("planner", Some(&self.planner)),
            ("invoker", Some(&self.invoker)),
            ("vpc_invoker", self.vpc_invoker.as_ref()),
            ("aggregator", Some(&self.aggregator)),
        ];
        all.into_iter()
            .filter_map(|(name, arn)| Some((name, arn?.split(':').nth(7).unwrap_or("$LATEST"))))
    }
}

fn none_of_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}

impl Deployment {
    /// The deployment of the template at its default parameters.
    pub const OF_TEMPLATE: Self = Self {
        architecture: Architecture::Arm64,
        invoker_memory_mb: 1_769,
        transitions: Transitions {
            run: 5,
            target: 8,
            chunk: 1,
            probe: 3,
            invocation: 2,
            prompt: 1,
            load: 4,
            step: 3,
            worker: 2,
        },
        functions: None,
        resumed_functions: Vec::new(),
    };

    /// The versions that make the run now.
    fn latest_functions(&self) -> Option<&FunctionVersions> {
        self.resumed_functions.last().or(self.functions.as_ref())
    }
}

/// A processor architecture of Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Architecture {
    /// Graviton.
    #[default]
    #[serde(rename = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86,
}

/// Transitions of the state machine that ran, where nothing is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transitions {
    /// Of the parent execution, apart from its targets.
    pub run: u64,
    /// Of each target's child execution, apart from probes and prompts.
    pub target: u64,
    /// Of each chunk's child execution, apart from its prompts.
    #[serde(default)]
    pub chunk: u64,
    /// For each probe.
    pub probe: u64,
    /// For each invocation that measures a prompt.
    pub invocation: u64,
    /// For each prompt, beside its invocations.
    pub prompt: u64,
    /// Of the load of a target, apart from its steps.
    #[serde(default)]
    pub load: u64,
    /// Of each step of a load, apart from its workers.
    #[serde(default)]
    pub step: u64,
    /// For each worker of a step.
    #[serde(default)]
    pub worker: u64,
}

/// Where the prompts of a run came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetRecord {
    /// `gsm8k/test`, `builtin`, or the S3 key.
    pub label: String,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// How many prompts the whole file has.
    pub problems: usize,
    /// The task of its lines.
    #[serde(default, skip_serializing_if = "Task::is_default")]
    pub task: Task,
}

/// The AWS Region whose prices hold where a plan does not say where its pipeline runs.
pub const DEFAULT_REGION: &str = "us-east-1";

impl Plan {
    /// The AWS Region that the run is priced in.
    #[must_use]
    pub fn price_region(&self) -> &str {
        self.region.as_deref().unwrap_or(DEFAULT_REGION)
    }

    /// The target of that id.
    #[must_use]
    pub fn target(&self, id: &str) -> Option<&Target> {
        self.config.targets.iter().find(|target| target.id == id)
    }

    /// The prompt at that position of the dataset.
    #[must_use]
    pub fn prompt(&self, index: u32) -> Option<&Prompt> {
        self.prompts.iter().find(|prompt| prompt.index == index)
    }

    /// The numbers of the versions of each function, such as `12`, in the order in which they
    /// made the run: several where it was resumed under others. Empty where none is known.
    #[must_use]
    pub fn function_versions(&self) -> BTreeMap<String, Vec<String>> {
        let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let Some(deployment) = &self.deployment else {
            return versions;
        };
        let all = deployment.functions.iter();
        for functions in all.chain(&deployment.resumed_functions) {
            for (name, number) in functions.numbers() {
                let known = versions.entry(name.to_owned()).or_default();
                if known.last().is_none_or(|last| last != number) {
                    known.push(number.to_owned());
                }
            }
        }
        versions
    }

    /// The plan of a run that goes on with these versions of the functions; `None` where it
    /// is the same plan.
    #[must_use]
    pub fn resumed_by(&self, functions: &FunctionVersions) -> Option<Self> {
        let latest = self.deployment.as_ref()?.latest_functions();
        if latest == Some(functions) {
            return None;
        }
        let mut plan = self.clone();
        let deployment = plan.deployment.as_mut()?;
        deployment.resumed_functions.push(functions.clone());
        Some(plan)
    }

    /// Calls of one target: warm-ups and measured ones, without probes.
    #[must_use]
    pub fn calls_per_target(&self) -> u32 {
        let prompts = u32::try_from(self.prompts.len()).unwrap_or(u32::MAX);
        prompts.saturating_mul(self.config.method.warmup + self.config.method.repetitions)
    }

    /// Measured calls of one target.
    #[must_use]
    pub fn measured_per_target(&self) -> u32 {
        let prompts = u32::try_from(self.prompts.len()).unwrap_or(u32::MAX);
        prompts.saturating_mul(self.config.method.repetitions)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{self, Overrides};

    use super::*;

    fn functions(invoker: u32) -> FunctionVersions {
        let arn = |name: &str, version: u32| {
            format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}:{version}")
        };
        FunctionVersions {
            planner: arn("planner", 3),
            invoker: arn("invoker", invoker),
            vpc_invoker: None,
            aggregator: arn("aggregator", 3),
        }
    }

    fn plan(deployment: Option<Deployment>) -> Plan {
        let text =
            "name = 'a'\n[[targets]]\nid = 't'\nkind = 'http'\nurl = 'http://a'\nrequest = 'tgi'";
        Plan {
            schema_version: SCHEMA_VERSION,
            run_id: "r".parse().unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            config: config::from_toml(text, &Overrides::default()).unwrap(),
            dataset: DatasetRecord {
                label: "builtin".into(),
                sha256: String::new(),
                problems: 20,
                task: Task::Gsm8k,
            },
            prompts: Vec::new(),
            region: None,
            prices: None,
            deployment,
        }
    }

    #[test]
    fn a_run_that_was_resumed_under_another_version_names_both() {
        let first = plan(Some(Deployment {
            functions: Some(functions(11)),
            ..Deployment::OF_TEMPLATE
        }));
        assert_eq!(first.resumed_by(&functions(11)), None, "nothing changed");
        let second = first.resumed_by(&functions(12)).unwrap();
        assert_eq!(second.resumed_by(&functions(12)), None);
        assert_eq!(second.function_versions()["invoker"], ["11", "12"]);
        assert_eq!(second.function_versions()["planner"], ["3"]);
        let third = second.resumed_by(&functions(11)).unwrap();
        assert_eq!(third.function_versions()["invoker"], ["11", "12", "11"]);
        let read: Plan = serde_json::from_str(&serde_json::to_string(&third).unwrap()).unwrap();
        assert_eq!(read, third);
    }

    #[test]
    fn nothing_is_said_of_versions_where_the_deployment_is_not_known() {
        assert_eq!(plan(None).resumed_by(&functions(11)), None);
        assert!(plan(None).function_versions().is_empty());
    }
}
