//! `hostbench stop`.

use std::process::ExitCode;

use bench_report::format::counted;
use serde_json::json;

use super::{print_line, print_text, stack};
use crate::{
    cli::Stop,
    error::Error,
    executions, halt,
    machines::{self, Machine},
    progress::Console,
    stack::Deployed,
};

pub(super) async fn stop(arguments: &Stop, console: &Console) -> Result<ExitCode, Error> {
    let Some(deployed) = stack::select(&arguments.stack).await? else {
        return Err(Error::InvalidInput(
            "`stop` needs `--stack NAME`, the stack of the run; a run on this machine is stopped \
             with Ctrl-C"
                .to_owned(),
        ));
    };
    let run_id = stack::run_id(&deployed, &arguments.run, &arguments.stack).await?;
    let outcome = StopOutcome::of(&deployed, run_id, console).await?;
    if arguments.json {
        print_line(outcome.as_json())?;
    } else {
        print_text(outcome.as_text(deployed.pipeline.region()))?;
    }
    Ok(if outcome.left.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A run that was stopped, with what became of its machines.
struct StopOutcome {
    run_id: String,
    /// Whether it was running.
    was_running: bool,
    /// The machines that were stopped.
    stopped: Vec<Machine>,
    /// The machines that could not be stopped.
    left: Vec<Machine>,
}

impl StopOutcome {
    async fn of(deployed: &Deployed, run_id: String, console: &Console) -> Result<Self, Error> {
        let pipeline = &deployed.pipeline;
        let client = pipeline.step_functions();
        let machine = &pipeline.outputs.state_machine_arn;
        let running = executions::running(&client, machine).await?;
        let executions: Vec<String> = running
            .into_iter()
            .filter(|other| other.run_id == run_id)
            .map(|other| other.execution_arn)
            .collect();
        let was_running = !executions.is_empty();
        if was_running {
            let step = console.step(format!("stopping run `{run_id}`"));
            halt::stop(&client, &executions).await?;
            step.done("stopped");
        }
        let of_run = async || {
            let mut started = machines::started(pipeline).await?;
            started.retain(|machine| machine.run_id == run_id);
            Ok::<_, Error>(started)
        };
        let before = of_run().await?;
        if let (Some(sweeper), false) = (&pipeline.outputs.sweeper_arn, before.is_empty()) {
            let step = console.step(format!(
                "stopping {}",
                counted(before.len() as u64, "machine")
            ));
            machines::sweep(pipeline, sweeper).await?;
            step.done("done");
        }
        let left = of_run().await?;
        let stopped = before.into_iter().filter(|one| !left.contains(one));
        Ok(Self {
            was_running,
            stopped: stopped.collect(),
            left,
            run_id,
        })
    }

    fn as_json(&self) -> serde_json::Value {
        json!({
            "run_id": self.run_id,
            "was_running": self.was_running,
            "stopped": self.stopped,
            "left": self.left,
        })
    }

    fn as_text(&self, region: &str) -> String {
        let run = &self.run_id;
        let mut lines = vec![if self.was_running {
            format!(
                "run `{run}` was stopped; calls that were in flight end within 15 minutes, and \
                 are billed"
            )
        } else {
            format!("run `{run}` was not running")
        }];
        if self.stopped.is_empty() && self.left.is_empty() {
            lines.push("it left no machine running".to_owned());
        }
        lines.extend(self.stopped.iter().map(|one| format!("stopped: {one}")));
        lines.extend(still_running(&self.left, region));
        lines.join("\n")
    }
}

/// A line for each machine that could not be stopped, with the command that does.
pub(super) fn still_running(machines: &[Machine], region: &str) -> Vec<String> {
    let line = |machine: &Machine| {
        format!(
            "STILL RUNNING AND BILLED: {machine}; stop it with `{}`",
            machine.stop_command(region)
        )
    };
    machines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use bench_store::MachineKind;

    use super::*;

    fn machine(id: &str, kind: MachineKind) -> Machine {
        Machine {
            id: id.to_owned(),
            kind,
            run_id: "nightly-7".to_owned(),
            target_id: "inf2".to_owned(),
        }
    }

    #[test]
    fn a_machine_that_could_not_be_stopped_is_told_with_the_command_that_does() {
        let outcome = StopOutcome {
            run_id: "nightly-7".to_owned(),
            was_running: true,
            stopped: vec![machine("i-0123", MachineKind::Ec2Instance)],
            left: vec![machine("deepseek", MachineKind::SageMakerEndpoint)],
        };
        let text = outcome.as_text("eu-west-1");
        assert!(text.contains("stopped: EC2 instance `i-0123`"), "{text}");
        assert!(
            text.contains(
                "STILL RUNNING AND BILLED: SageMaker endpoint `deepseek` of target `inf2` of run \
                 `nightly-7`; stop it with `aws sagemaker delete-endpoint --endpoint-name \
                 deepseek --region eu-west-1`"
            ),
            "{text}"
        );
    }
}
