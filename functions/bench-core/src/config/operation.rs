//! What is done around the calls of a run: machines that are started and
//! stopped for it, and earlier runs that still go on.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Fault, OnOverlap, Service, Target, fields::Fields};

/// What is started before a target is probed and stopped when it has been
/// measured, whatever happened. It is the run's while the run lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Lifecycle {
    /// An EC2 instance that is started and stopped.
    Ec2Instance {
        /// Its id, `i-0123456789abcdef0`.
        instance: String,
    },
    /// The target's SageMaker endpoint, which is created and deleted.
    #[serde(rename = "sagemaker-endpoint")]
    SageMakerEndpoint {
        /// The endpoint.
        endpoint: String,
        /// The endpoint configuration that it is created from.
        endpoint_config: String,
    },
}

impl Lifecycle {
    /// What no two targets of a run may share: the first to end would stop it
    /// for the other.
    fn machine(&self) -> &str {
        match self {
            Self::Ec2Instance { instance } => instance,
            Self::SageMakerEndpoint { endpoint, .. } => endpoint,
        }
    }
}

pub(super) fn on_overlap(fields: &mut Fields) -> OnOverlap {
    let read = fields.choice("on_overlap", OnOverlap::ALL);
    read.unwrap_or(OnOverlap::Refuse)
}

/// Reads `lifecycle` of a target; nothing is started for one that has none.
pub(super) fn lifecycle(fields: &mut Fields, service: Option<&Service>) -> Option<Lifecycle> {
    let value = fields.raw("lifecycle").filter(|value| !value.is_null())?;
    let path = fields.path_of("lifecycle");
    let mut table = Fields::new(&path, Some(value), fields.faults());
    let lifecycle = match service? {
        Service::Http { .. } => table
            .required_text(
                "instance",
                "expected the id of the EC2 instance that serves the target, such as \
                 `i-0123456789abcdef0`",
                is_instance,
            )
            .map(|instance| Lifecycle::Ec2Instance { instance }),
        Service::SageMaker { endpoint, .. } => table
            .required_text(
                "endpoint_config",
                "expected the endpoint configuration to create the endpoint from",
                is_endpoint_config,
            )
            .map(|endpoint_config| Lifecycle::SageMakerEndpoint {
                endpoint: endpoint.clone(),
                endpoint_config,
            }),
        Service::Bedrock { .. } => {
            let remedy = "nothing is started for a target of kind `bedrock`, remove it";
            fields.fault("lifecycle", Some(value), remedy);
            return None;
        }
    };
    table.finish();
    lifecycle
}

/// Two targets on one machine would stop it for each other.
pub(super) fn refuse_shared_machines(targets: &[Target], faults: &mut Vec<Fault>) {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for (position, target) in targets.iter().enumerate() {
        let Some(lifecycle) = &target.lifecycle else {
            continue;
        };
        let machine = lifecycle.machine();
        if let Some(owner) = owners.insert(machine, &target.id) {
            faults.push(Fault {
                field: format!("targets[{position}].lifecycle"),
                value: Some(machine.to_owned()),
                remedy: format!(
                    "target `{owner}` starts and stops it as well; measure them in runs of their own"
                ),
            });
        }
    }
}

fn is_instance(text: &str) -> bool {
    text.strip_prefix("i-").is_some_and(|id| {
        (8..=17).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_endpoint_config(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, RunConfig, from_toml};

    const HTTP: &str = "kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"tgi\"\n";
    const SAGEMAKER: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\nrequest = \"tgi\"\n";

    fn read(targets: &[&str]) -> Result<RunConfig, String> {
        let target =
            |(number, text): (usize, &&str)| format!("[[targets]]\nid = \"t{number}\"\n{text}\n");
        let targets: String = targets.iter().enumerate().map(target).collect();
        from_toml(&format!("name = \"x\"\n{targets}"), &Overrides::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_has_its_instance_and_an_endpoint_its_configuration() {
        let config = read(&[
            &format!("{HTTP}lifecycle = {{ instance = \"i-0123456789abcdef0\" }}"),
            &format!("{SAGEMAKER}lifecycle = {{ endpoint_config = \"small\" }}"),
            HTTP,
        ])
        .unwrap();
        let lifecycles: Vec<_> = config.targets.into_iter().map(|t| t.lifecycle).collect();
        let instance = "i-0123456789abcdef0".to_owned();
        let (endpoint, endpoint_config) = ("e".to_owned(), "small".to_owned());
        assert_eq!(
            lifecycles,
            [
                Some(Lifecycle::Ec2Instance { instance }),
                Some(Lifecycle::SageMakerEndpoint {
                    endpoint,
                    endpoint_config
                }),
                None
            ]
        );
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_the_remedy() {
        let bedrock = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n";
        for (target, said) in [
            (
                format!("{bedrock}lifecycle = {{ instance = \"i-01234567\" }}"),
                "remove it",
            ),
            (
                format!("{HTTP}lifecycle = {{ instance = \"web-1\" }}"),
                "expected the id",
            ),
            (
                format!("{HTTP}lifecycle = {{ endpoint_config = \"a\" }}"),
                "`targets[0].lifecycle.instance` is missing",
            ),
            (
                format!("{SAGEMAKER}lifecycle = {{}}"),
                "`targets[0].lifecycle.endpoint_config` is missing",
            ),
        ] {
            let error = read(&[&target]).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_machine_belongs_to_one_target() {
        let target = format!("{HTTP}lifecycle = {{ instance = \"i-01234567\" }}");
        let error = read(&[&target, &target]).unwrap_err();
        assert!(
            error.contains("target `t0` starts and stops it as well"),
            "{error}"
        );
    }

    #[test]
    fn overlapping_runs_are_refused_unless_they_shall_wait() {
        assert_eq!(read(&[HTTP]).unwrap().on_overlap, OnOverlap::Refuse);
        let text = format!("name = \"x\"\non_overlap = \"queue\"\n[[targets]]\nid = \"a\"\n{HTTP}");
        let config = from_toml(&text, &Overrides::default()).unwrap();
        assert_eq!(config.on_overlap, OnOverlap::Queue);
    }
}
