//! A stack before it is deployed to: in whatever state it was left.

use std::io;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client as CloudFormation;

use super::destroy::is_confirmed;
use crate::{
    error::Error,
    inventory::Inventory,
    progress::Console,
    stack,
    stack_status::{Readiness, readiness},
    teardown,
};

/// Brings a stack into a state that it can be deployed in; one whose first deployment
/// failed is deleted, once that is confirmed.
///
/// # Errors
///
/// [`Error::InvalidInput`] when it cannot be, with the remedy; [`Error::Aws`].
pub(super) async fn prepare(
    aws: &SdkConfig,
    name: &str,
    is_confirmed_before: bool,
    console: &Console,
) -> Result<(), Error> {
    let Some(inventory) = Inventory::read(aws, name).await? else {
        return Ok(());
    };
    let status = inventory.status.as_str();
    match readiness(&inventory.status) {
        Readiness::Deployable => Ok(()),
        Readiness::Busy => Err(Error::InvalidInput(format!(
            "stack `{name}` is being changed (its status is {status}); wait for its end, then run \
             the command again"
        ))),
        Readiness::HalfDeleted => Err(Error::InvalidInput(format!(
            "stack `{name}` is half deleted (its status is {status}); finish that with `hostbench \
             destroy --stack {name}`, then run the command again"
        ))),
        Readiness::RollbackFailed => {
            let step = console.step(format!("continuing the rollback of stack `{name}`"));
            let client = CloudFormation::new(aws);
            stack::continue_rollback(&client, &inventory.id, teardown::LIMIT).await?;
            step.done("rolled back");
            Ok(())
        }
        Readiness::FailedFirst => {
            console.note(question(&inventory, name));
            if !is_confirmed_before && !is_confirmed(name, &mut io::stdin().lock())? {
                return Err(Error::InvalidInput(
                    "nothing was deleted or deployed; confirm with the name of the stack, or pass \
                     `--yes` in a script"
                        .to_owned(),
                ));
            }
            delete(aws, &inventory, name, console).await
        }
    }
}

fn question(inventory: &Inventory, name: &str) -> String {
    let mut lines = vec![format!(
        "the first deployment of stack `{name}` failed (its status is {}), so that it has no runs \
         and cannot be updated",
        inventory.status.as_str()
    )];
    let left = [("bucket", inventory.bucket()), ("table", inventory.table())];
    for (kind, id) in left {
        if let Some(id) = id {
            lines.push(format!("  it left {kind} `{id}`, which is deleted with it"));
        }
    }
    lines.push("type the name of the stack to delete it and deploy it again:".to_owned());
    lines.join("\n")
}

async fn delete(
    aws: &SdkConfig,
    inventory: &Inventory,
    name: &str,
    console: &Console,
) -> Result<(), Error> {
    let step = console.step(format!("deleting stack `{name}`"));
    if let Some(bucket) = inventory.bucket() {
        teardown::delete_bucket(aws, bucket).await?;
    }
    if let Some(table) = inventory.table() {
        teardown::delete_table(aws, table).await?;
    }
    stack::delete(aws, &inventory.id, teardown::LIMIT).await?;
    step.done("deleted");
    Ok(())
}
