//! `hostbench destroy`.

use std::{
    io::{self, BufRead},
    process::ExitCode,
};

use aws_config::SdkConfig;
use bench_report::format::counted;

use super::{print_text, stop::still_running};
use crate::{
    aws,
    cli::Destroy,
    error::Error,
    executions::{self, RunningRun},
    halt,
    inventory::Inventory,
    machines::{self, Machine},
    pipeline::Pipeline,
    progress::Console,
    schedules, stack, stack_status, teardown,
};

pub(super) async fn destroy(arguments: &Destroy, console: &Console) -> Result<ExitCode, Error> {
    let name = &arguments.stack.name;
    let (profile, region) = (&arguments.stack.profile, &arguments.stack.region);
    let aws = aws::config(profile.as_deref(), region.as_deref()).await?;
    let found = Inventory::read(&aws, name).await?;
    let inventory = found.ok_or_else(|| stack::not_found(name, &aws))?;
    refuse_undeletable(&inventory, name)?;
    let doomed = Doomed::read(&aws, &inventory).await?;
    if !arguments.yes {
        console.note(doomed.question(name, arguments.keep_data).await);
        if !is_confirmed(name, &mut io::stdin().lock())? {
            return Err(Error::InvalidInput(
                "nothing was deleted; confirm with the name of the stack, or pass `--yes` in a script"
                    .to_owned(),
            ));
        }
    }
    let left = doomed.quiet(console).await?;
    if !left.is_empty() {
        let region = doomed.pipeline.region();
        console.note(still_running(&left, region).join("\n"));
        if !arguments.abandon_machines {
            return Err(Error::Program(format!(
                "{} could not be stopped, so stack `{name}` was not deleted, which still tries to; \
                 its schedules are disabled. Run the command again in a while, or stop what is \
                 running and pass `--abandon-machines`",
                counted(left.len() as u64, "machine")
            )));
        }
    }
    // The stack is deleted last, so that the command can be repeated.
    if !arguments.keep_data {
        doomed.delete_data(console).await?;
    }
    let step = console.step(format!("deleting stack `{name}`"));
    stack::delete(&aws, &inventory.id, teardown::LIMIT).await?;
    step.done("deleted");
    print_text(match (inventory.bucket(), inventory.table()) {
        (Some(bucket), Some(table)) if arguments.keep_data => format!(
            "stack `{name}` was deleted; its runs are kept in bucket `{bucket}` and table `{table}`"
        ),
        (None, None) => format!("stack `{name}` was deleted"),
        _ => format!("stack `{name}` and its runs were deleted"),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn refuse_undeletable(inventory: &Inventory, name: &str) -> Result<(), Error> {
    if inventory.protected {
        return Err(Error::InvalidInput(format!(
            "termination protection of stack `{name}` is on, nothing was deleted; run `aws \
             cloudformation update-termination-protection --no-enable-termination-protection \
             --stack-name {name}` first"
        )));
    }
    if stack_status::is_busy(&inventory.status) {
        return Err(Error::InvalidInput(format!(
            "stack `{name}` is being changed (its status is {}), nothing was deleted; wait for \
             its end, then run the command again",
            inventory.status.as_str()
        )));
    }
    Ok(())
}

/// The data and machines that go with a stack.
struct Doomed<'a> {
    inventory: &'a Inventory,
    pipeline: Pipeline,
    running: Vec<RunningRun>,
    machines: Vec<Machine>,
}

impl<'a> Doomed<'a> {
    async fn read(aws: &SdkConfig, inventory: &'a Inventory) -> Result<Self, Error> {
        let pipeline = Pipeline {
            outputs: inventory.outputs(),
            aws: aws.clone(),
        };
        let running = match inventory.state_machine() {
            Some(machine) => executions::running(&pipeline.step_functions(), machine).await?,
            None => Vec::new(),
        };
        Ok(Self {
            machines: machines_of(inventory, &pipeline).await?,
            inventory,
            pipeline,
            running,
        })
    }

    /// The question, with what runs and what will be deleted.
    async fn question(&self, name: &str, keep_data: bool) -> String {
        let mut lines = vec![format!(
            "stack `{name}` ({}) will be deleted",
            self.inventory.status.as_str()
        )];
        for run in &self.running {
            lines.push(format!(
                "  run `{}` is running and will be stopped",
                run.run_id
            ));
        }
        for machine in &self.machines {
            lines.push(format!("  {machine} is running and will be stopped"));
        }
        let of_both = [
            ("bucket", self.inventory.bucket()),
            ("table", self.inventory.table()),
        ];
        let data: Vec<String> = of_both
            .into_iter()
            .filter_map(|(kind, id)| Some(format!("{kind} `{}`", id?)))
            .collect();
        let data = data.join(" and ");
        if data.is_empty() {
            lines.push("  it has neither bucket nor table".to_owned());
        } else if keep_data {
            lines.push(format!("  {data} are kept"));
        } else {
            // A missing table has no runs; the confirmation is asked for all the same.
            let runs = self.pipeline.store().runs().await;
            let runs = runs.map_or_else(
                |_| "all runs".to_owned(),
                |runs| counted(runs.len() as u64, "run"),
            );
            lines.push(format!(
                "  with {data}: {runs}, and every version of their objects"
            ));
        }
        lines.push("type the name of the stack to confirm:".to_owned());
        lines.join("\n")
    }

    /// Sees to it that nothing runs and nothing starts any more; returns the machines that
    /// could not be stopped.
    async fn quiet(&self, console: &Console) -> Result<Vec<Machine>, Error> {
        if let Some(group) = self.inventory.schedule_group() {
            let step = console.step("disabling the schedules");
            let names = schedules::disable(&self.pipeline.aws, group).await?;
            step.done(&format!(
                "{} disabled",
                counted(names.len() as u64, "schedule")
            ));
        }
        let Some(state_machine) = self.inventory.state_machine() else {
            return Ok(self.machines.clone());
        };
        let client = self.pipeline.step_functions();
        // Read again: a schedule may have started one while the question was answered.
        let running = executions::running(&client, state_machine).await?;
        if !running.is_empty() {
            let step = console.step(format!("stopping {}", counted(running.len() as u64, "run")));
            let arns: Vec<String> = running.into_iter().map(|run| run.execution_arn).collect();
            halt::stop(&client, &arns).await?;
            step.done("stopped");
        }
        let machines = machines_of(self.inventory, &self.pipeline).await?;
        if let (Some(sweeper), false) = (self.inventory.sweeper(), machines.is_empty()) {
            let step = console.step(format!(
                "stopping {}",
                counted(machines.len() as u64, "machine")
            ));
            machines::sweep(&self.pipeline, sweeper).await?;
            step.done("done");
            return machines_of(self.inventory, &self.pipeline).await;
        }
        Ok(machines)
    }

    async fn delete_data(&self, console: &Console) -> Result<(), Error> {
        let aws = &self.pipeline.aws;
        let step = console.step("deleting the runs");
        let mut versions = 0;
        if let Some(bucket) = self.inventory.bucket() {
            versions = teardown::delete_bucket(aws, bucket).await?;
        }
        if let Some(table) = self.inventory.table() {
            teardown::delete_table(aws, table).await?;
        }
        step.done(&format!("{versions} object versions, and the table"));
        Ok(())
    }
}

/// The machines that runs of a stack have started; none where its table is gone.
async fn machines_of(inventory: &Inventory, pipeline: &Pipeline) -> Result<Vec<Machine>, Error> {
    match inventory.table() {
        Some(table) if teardown::has_table(&pipeline.aws, table).await? => {
            machines::started(pipeline).await
        }
        _ => Ok(Vec::new()),
    }
}

/// Whether the answer is the name of the stack.
pub(super) fn is_confirmed(name: &str, input: &mut impl BufRead) -> Result<bool, Error> {
    let mut answer = String::new();
    input
        .read_line(&mut answer)
        .map_err(Error::file("read", "standard input"))?;
    Ok(answer.trim() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_stack_confirms() {
        for (answer, expected) in [
            ("nightly\n", true),
            ("y\n", false),
            ("", false),
            ("night", false),
        ] {
            let confirmed = is_confirmed("nightly", &mut answer.as_bytes()).unwrap();
            assert_eq!(confirmed, expected, "{answer}");
        }
    }
}
