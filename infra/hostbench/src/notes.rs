//! Notes on the network that a target needs between it and the functions, as far as a configuration
//! tells.

use std::fmt;

use bench_core::{
    config::{HttpTarget, Network, RunConfig, SecretRef, Service, Target},
    identity::TargetId,
};
use serde::Serialize;

/// Seconds after which NAT gateways, interface endpoints and load balancers drop a
/// connection that carries nothing.
///
/// Source: "NAT gateway basics", Amazon VPC User Guide; "Connection idle timeout",
/// Network Load Balancers.
const IDLE_LIMIT_S: u32 = 350;

/// A condition of the network that no permission shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// Answers in one piece may take longer than the network keeps a silent connection.
    LongSilence {
        /// The targets without streaming.
        target_ids: Vec<TargetId>,
        /// The time limit of a call.
        timeout_s: u32,
    },
    /// A key is read from inside the VPC.
    KeyFromVpc {
        /// The targets with a key in that service.
        target_ids: Vec<TargetId>,
        /// The name of the service in that of its endpoint.
        service: &'static str,
    },
}

/// Everything that a configuration asks of the network.
#[must_use]
pub fn of(run: &RunConfig) -> Vec<Note> {
    let mut notes = Vec::new();
    let timeout_s = run.method.timeout_s;
    let silent = ids(run, |target| !target.stream && !target.simulated);
    if timeout_s > IDLE_LIMIT_S && !silent.is_empty() {
        notes.push(Note::LongSilence {
            target_ids: silent,
            timeout_s,
        });
    }
    for service in ["secretsmanager", "ssm"] {
        let target_ids = ids(run, |target| key_from_vpc(target) == Some(service));
        if !target_ids.is_empty() {
            notes.push(Note::KeyFromVpc {
                target_ids,
                service,
            });
        }
    }
    notes
}

fn ids(run: &RunConfig, is_meant: impl Fn(&Target) -> bool) -> Vec<TargetId> {
    let targets = run.targets.iter().filter(|target| is_meant(target));
    targets.map(|target| target.id.clone()).collect()
}

/// The service that holds the key of a target whose function is in the VPC.
fn key_from_vpc(target: &Target) -> Option<&'static str> {
    let Service::Http(HttpTarget {
        api_key: Some(key), ..
    }) = &target.service
    else {
        return None;
    };
    if target.network != Network::Vpc {
        return None;
    }
    match key {
        SecretRef::SecretsManager(_) => Some("secretsmanager"),
        SecretRef::Ssm(_) => Some("ssm"),
        SecretRef::Env(_) => None,
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongSilence {
                target_ids,
                timeout_s,
            } => write!(
                f,
                "{} without streaming may be silent for up to {timeout_s} s, and NAT gateways, \
                 interface endpoints and load balancers drop a connection after {IDLE_LIMIT_S} s \
                 of silence; TCP keep-alive prevents it where they count it, so stream, or set \
                 `method.timeout_s = {IDLE_LIMIT_S}` where calls break off",
                named(target_ids)
            ),
            Self::KeyFromVpc {
                target_ids,
                service,
            } => write!(
                f,
                "the key of {} is read from inside the VPC of the stack: its subnets need a NAT \
                 gateway or the interface endpoint `com.amazonaws.REGION.{service}`",
                named(target_ids)
            ),
        }
    }
}

fn named(target_ids: &[TargetId]) -> String {
    let names: Vec<String> = target_ids.iter().map(|id| format!("`{id}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, from_toml};

    use super::*;

    fn notes(timeout_s: u32, target: &str) -> Vec<String> {
        let text = format!(
            "name = \"x\"\nmethod = {{ timeout_s = {timeout_s} }}\n[[targets]]\nid = \"a\"\n\
             kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n{target}\n"
        );
        let run = from_toml(&text, &Overrides::default()).unwrap();
        of(&run).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_call_that_may_be_silent_for_longer_than_the_network_allows_is_noted() {
        let found = notes(600, "stream = false");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("`a` without streaming may be silent for up to 600 s"),
            "{found:?}"
        );
        assert_eq!(notes(350, "stream = false"), [""; 0]);
        assert_eq!(notes(600, ""), [""; 0]);
    }

    #[test]
    fn a_key_that_is_read_inside_the_vpc_needs_a_way_to_its_service() {
        let vpc = "network = \"vpc\"\napi_key = ";
        let found = notes(60, &format!("{vpc}\"secretsmanager:k\""));
        assert!(
            found[0].ends_with("`com.amazonaws.REGION.secretsmanager`"),
            "{found:?}"
        );
        let found = notes(60, &format!("{vpc}\"ssm:/k\""));
        assert!(
            found[0].ends_with("`com.amazonaws.REGION.ssm`"),
            "{found:?}"
        );
        assert_eq!(notes(60, "api_key = \"ssm:/k\""), [""; 0]);
    }
}
