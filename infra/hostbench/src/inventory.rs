//! The inventory of a stack, in whatever state it is: its resources, not its outputs.

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
        let mut there = existing(left_behind(&client, &id).await?);
        there.extend(existing(resources));
        Ok(Some(Self {
            status: status.unwrap_or(StackStatus::ReviewInProgress),
            protected: stack.enable_termination_protection() == Some(true),
            resources: there,
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

    /// The outputs that the stack would have; missing ones are empty.
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

/// The physical ids of the resources that exist, by their logical ids.
fn existing(resources: Vec<Resource>) -> BTreeMap<String, String> {
    let there = resources
        .into_iter()
        .filter(|resource| !resource.is_deleted);
    there
        .filter_map(|resource| Some((resource.name, resource.id?)))
        .collect()
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

/// The resources that a rollback or a deletion has left behind: CloudFormation tells it in
/// the events of the stack, if no longer in its resources.
async fn left_behind(client: &CloudFormation, stack: &str) -> Result<Vec<Resource>, Error> {
    let mut pages = client
        .describe_stack_events()
        .stack_name(stack)
        .into_paginator()
        .items()
        .send();
    let mut left = Vec::new();
    while let Some(event) = pages.next().await {
        let event = event.map_err(|error| Error::aws("reading the events of the stack", &error))?;
        if event.resource_status() == Some(&ResourceStatus::DeleteSkipped) {
            left.push(Resource {
                name: event.logical_resource_id().unwrap_or_default().to_owned(),
                id: event.physical_resource_id().map(str::to_owned),
                is_deleted: false,
            });
        }
    }
    // They come newest first, and the newest of a name counts.
    left.reverse();
    Ok(left)
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
