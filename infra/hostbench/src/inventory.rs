//! What is there of a stack, in whatever state it is: its resources, not its outputs.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client as CloudFormation,
    types::{ResourceStatus, StackStatus},
};

use crate::{error::Error, pipeline::Outputs, stack};

/// A stack with the resources that exist.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// Its ARN.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// Whether CloudFormation refuses to delete it.
    pub protected: bool,
    /// Physical ids by logical ids, also of resources that a rollback or deletion has
    /// left behind.
    resources: BTreeMap<String, String>,
}

impl Inventory {
    /// Reads a stack; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when it is not of this project, [`Error::Aws`].
    pub async fn read(aws: &SdkConfig, name: &str) -> Result<Option<Self>, Error> {
        let client = CloudFormation::new(aws);
        let Some(stack) = stack::describe(&client, name).await? else {
            return Ok(None);
        };
        let id = stack.stack_id().unwrap_or(name).to_owned();
        let status = stack.stack_status().cloned();
        let resources = resources(&client, &id).await?;
        if is_foreign(&resources) {
            return Err(Error::InvalidInput(format!(
                "stack `{name}` has no `{BUCKET}`, and was not made from `infra/template.yaml`, so \
                 it is left alone; select another stack with `--stack`"
            )));
        }
        let is_there = |resource: &Resource| resource.id.clone().filter(|_| !resource.is_deleted);
        Ok(Some(Self {
            status: status.unwrap_or(StackStatus::ReviewInProgress),
            protected: stack.enable_termination_protection() == Some(true),
            resources: resources
                .iter()
                .filter_map(|resource| Some((resource.name.clone(), is_there(resource)?)))
                .collect(),
            id,
        }))
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.resource(BUCKET)
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.resource(TABLE)
    }

    /// The ARN of the state machine.
    #[must_use]
    pub fn state_machine(&self) -> Option<&str> {
        self.resource(STATE_MACHINE)
    }

    /// The ARN of the sweeper.
    #[must_use]
    pub fn sweeper(&self) -> Option<&str> {
        self.resource(SWEEPER)
    }

    /// The name of the group of its schedules.
    #[must_use]
    pub fn schedule_group(&self) -> Option<&str> {
        self.resource(SCHEDULE_GROUP)
    }

    /// What the stack would name in its outputs; what is not there is empty.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        let text = |resource: Option<&str>| resource.unwrap_or_default().to_owned();
        Outputs {
            state_machine_arn: text(self.state_machine()),
            table: text(self.table()),
            bucket: text(self.bucket()),
            sweeper_arn: self.sweeper().map(str::to_owned),
        }
    }

    fn resource(&self, logical_id: &str) -> Option<&str> {
        self.resources.get(logical_id).map(String::as_str)
    }
}

const BUCKET: &str = "ResultsBucket";
const TABLE: &str = "ResultsTable";
const STATE_MACHINE: &str = "BenchmarkStateMachine";
const SWEEPER: &str = "SweeperStateMachine";
const SCHEDULE_GROUP: &str = "ScheduleGroup";

/// Resources that tell a stack of ours from others, also when the rest of it is deleted.
const OURS: [&str; 6] = [
    BUCKET,
    TABLE,
    STATE_MACHINE,
    "PlannerFunction",
    "InvokerFunction",
    "VpcInvokerFunction",
];

/// A resource of a stack.
#[derive(Debug)]
struct Resource {
    /// Its logical id.
    name: String,
    /// Its physical id; `None` of one that was never made.
    id: Option<String>,
    is_deleted: bool,
}

/// A stack without resources is nobody's.
fn is_foreign(resources: &[Resource]) -> bool {
    let is_ours = |resource: &Resource| OURS.contains(&resource.name.as_str());
    !resources.is_empty() && !resources.iter().any(is_ours)
}

async fn resources(client: &CloudFormation, stack: &str) -> Result<Vec<Resource>, Error> {
    let mut pages = client
        .list_stack_resources()
        .stack_name(stack)
        .into_paginator()
        .items()
        .send();
    let mut resources = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource =
            resource.map_err(|error| Error::aws("listing the resources of the stack", &error))?;
        let id = resource.physical_resource_id().filter(|id| !id.is_empty());
        resources.push(Resource {
            name: resource
                .logical_resource_id()
                .unwrap_or_default()
                .to_owned(),
            id: id.map(str::to_owned),
            is_deleted: resource.resource_status() == Some(&ResourceStatus::DeleteComplete),
        });
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_of_others_is_known_by_its_resources_and_an_empty_one_is_nobodys() {
        let foreign = |names: &[&str]| {
            let resource = |name: &&str| Resource {
                name: (*name).to_owned(),
                id: Some("x".to_owned()),
                is_deleted: true,
            };
            is_foreign(&names.iter().map(resource).collect::<Vec<_>>())
        };
        assert!(!foreign(&[]));
        assert!(!foreign(&[TABLE, "PlannerRole"]));
        assert!(foreign(&["Website"]));
    }
}
