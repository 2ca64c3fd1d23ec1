//! The part of `hostbench check --stack` about a deployed stack.

use std::fmt;

use bench_core::{config::RunConfig, money::Catalog, workflow::RunSize};
use bench_cost::RunEstimate;
use serde_json::{Value, json};

use super::stack;
use crate::{
    capacity::Capacity,
    cli::StackSelector,
    error::Error,
    instance_storage::{self, InstanceStorage},
    lambda_quota,
    permissions::PermissionCheck,
    run_prices,
    stack::Deployed,
};

/// A run as it is compared with a stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct StackInput<'a> {
    pub(super) run: &'a RunConfig,
    pub(super) size: &'a RunSize,
    pub(super) estimate: &'a RunEstimate,
    pub(super) catalog: &'a Catalog,
}

/// The permissions of a stack for a run, and what its account has for it.
pub(super) struct StackCheck {
    permissions: PermissionCheck,
    capacity: Result<Capacity, Error>,
    storage: Vec<Result<InstanceStorage, Error>>,
}

impl StackCheck {
    /// Rejects a run whose targets the stack has no permission to call; what else cannot be
    /// found out is said.
    pub(super) async fn of(
        deployed: &Deployed,
        selector: &StackSelector,
        input: &StackInput<'_>,
    ) -> Result<Self, Error> {
        let permissions = stack::verify(deployed, selector, input.run).await?;
        let available = lambda_quota::unreserved(&deployed.pipeline.aws).await;
        let capacity = |available| Capacity::of(input.size, input.estimate, available);
        let day = run_prices::today();
        Ok(Self {
            permissions,
            capacity: available.map(capacity),
            storage: instance_storage::of_run(deployed, input.run, input.catalog, day).await,
        })
    }

    /// Adds its members to the object of `--json`.
    pub(super) fn add_to(&self, object: &mut Value) {
        object["allowed"] = json!(self.permissions.is_allowed());
        object["lambda"] = json!(self.capacity.as_ref().ok());
        let storage = self.storage.iter().map(|storage| match storage {
            Ok(storage) => json!(storage),
            Err(error) => json!({"error": error.to_string()}),
        });
        object["instances"] = storage.collect();
    }
}

impl fmt::Display for StackCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.capacity {
            Ok(capacity) => writeln!(f, "{capacity}")?,
            Err(error) => writeln!(f, "warning: {error}")?,
        }
        for storage in &self.storage {
            match storage {
                Ok(storage) => writeln!(f, "{storage}")?,
                Err(error) => writeln!(f, "warning: {error}")?,
            }
        }
        write!(f, "{}", self.permissions)
    }
}
