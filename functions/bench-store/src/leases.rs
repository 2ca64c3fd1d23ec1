//! The leases of machines that runs use: instances and endpoints with a `lifecycle`.
//!
//! The state machine writes and deletes them; this side only reads.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{Store, StoreError, keys};

/// The kind of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    /// An EC2 instance.
    Ec2Instance,
    /// A SageMaker endpoint.
    #[serde(rename = "sagemaker-endpoint")]
    SageMakerEndpoint,
}

/// The exclusive right of one target of a run to a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The id of the instance or the name of the endpoint.
    pub machine: String,
    /// The execution that measures the target, or the sweeper that stops the machine, by
    /// its ARN.
    pub owner: String,
    /// The run.
    pub run_id: String,
    /// The target.
    pub target_id: String,
    /// The kind of the machine.
    pub kind: MachineKind,
    /// Whether the run started or created the machine, and so has to stop it.
    #[serde(default)]
    pub started: bool,
}

impl Store {
    /// Every lease, in the order of the machines.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn leases(&self) -> Result<Vec<Lease>, StoreError> {
        let action = "read the leases of machines";
        let mut pages = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :machines")
            .expression_attribute_values(":machines", AttributeValue::S(keys::MACHINES.to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut leases = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| StoreError::call(action, error))?;
            leases.push(from_item(item).map_err(|error| StoreError::unreadable("a lease", error))?);
        }
        Ok(leases)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_lease_is_read_as_the_state_machine_writes_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let item = HashMap::from([
            ("pk".to_owned(), text("MACHINES")),
            ("sk".to_owned(), text("MACHINE#i-0123456789abcdef0")),
            ("machine".to_owned(), text("i-0123456789abcdef0")),
            (
                "owner".to_owned(),
                text("arn:aws:states:::execution:x/Targets:1"),
            ),
            ("run_id".to_owned(), text("nightly-7")),
            ("target_id".to_owned(), text("inf2")),
            ("kind".to_owned(), text("ec2-instance")),
            ("started".to_owned(), AttributeValue::Bool(true)),
            ("acquired_at".to_owned(), text("2026-03-04T05:06:07Z")),
        ]);
        let lease: Lease = from_item(item).unwrap();
        assert_eq!(lease.machine, "i-0123456789abcdef0");
        assert_eq!(
            (lease.kind, lease.started),
            (MachineKind::Ec2Instance, true)
        );
        let kind = serde_json::to_value(MachineKind::SageMakerEndpoint).unwrap();
        assert_eq!(kind, "sagemaker-endpoint");
    }
}
