//! The arguments that select, deploy and delete a stack on AWS.

use std::path::PathBuf;

use clap::Args;

use crate::{deploy, release::Architecture};

pub(super) const EXAMPLES: &str = "\
Examples:
  hostbench deploy --config my.toml
  hostbench deploy --stack nightly --region eu-west-1 --parameter ScheduleState=ENABLED \\
      --parameter ScheduledConfig=configs/my.toml --config my.toml
  hostbench deploy --build-only                    build and validate only";

/// The heading of options that select a stack.
const HEADING: &str = "Stack";

/// Selects a stack on AWS; without `--stack`, this machine is meant.
#[derive(Debug, Args)]
pub struct StackSelector {
    /// The name of a stack on AWS.
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub stack: Option<String>,
    /// The AWS profile.
    #[arg(long, value_name = "PROFILE", requires = "stack", help_heading = HEADING)]
    pub profile: Option<String>,
    /// The Region of the stack [default: from the AWS profile or environment].
    #[arg(long, value_name = "REGION", requires = "stack", help_heading = HEADING)]
    pub region: Option<String>,
}

impl StackSelector {
    /// The options as they are typed, each after a space; empty for this machine.
    #[must_use]
    pub fn arguments(&self) -> String {
        let options = [
            ("--stack", &self.stack),
            ("--region", &self.region),
            ("--profile", &self.profile),
        ];
        options
            .into_iter()
            .filter_map(|(option, value)| Some(format!(" {option} {}", value.as_ref()?)))
            .collect()
    }
}

/// The stack on AWS that is deployed or deleted.
#[derive(Debug, Args)]
pub struct NamedStack {
    /// The name of the stack.
    #[arg(long = "stack", value_name = "NAME", default_value = deploy::STACK, help_heading = HEADING)]
    pub name: String,
    /// The AWS profile.
    #[arg(long, value_name = "PROFILE", help_heading = HEADING)]
    pub profile: Option<String>,
    /// The Region of the stack [default: from the AWS profile or environment].
    #[arg(long, value_name = "REGION", help_heading = HEADING)]
    pub region: Option<String>,
}

/// `hostbench deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The stack.
    #[command(flatten)]
    pub stack: NamedStack,
    /// The architecture of the functions [default: arm64 from a checkout, that of the
    /// functions it carries for an installed command].
    #[arg(long, value_enum, value_name = "ARCH")]
    pub arch: Option<Architecture>,
    /// Set a parameter of the template, others keep their values; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
    /// Upload this configuration with its dataset; may be repeated.
    ///
    /// The stack gets the permissions that the configurations in its bucket need, and
    /// loses others.
    #[arg(long = "config", value_name = "CONFIG")]
    pub configs: Vec<PathBuf>,
    /// Build and validate only, and contact no account.
    #[arg(long)]
    pub build_only: bool,
    /// Do not ask before a stack is deleted whose first deployment failed.
    #[arg(long)]
    pub yes: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected `NAME=VALUE`, such as `ScheduleState=ENABLED`".to_owned()),
    }
}

/// `hostbench stop`.
#[derive(Debug, Args)]
pub struct Stop {
    /// The id of the run, or the name of an execution of it.
    pub run: String,
    /// The stack of the run.
    #[command(flatten)]
    pub stack: StackSelector,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    /// The stack.
    #[command(flatten)]
    pub stack: NamedStack,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
    /// Keep the bucket and the table with the runs.
    #[arg(long)]
    pub keep_data: bool,
    /// Delete the stack even if instances or endpoints that its runs started cannot be
    /// stopped: they stay billed until you stop them.
    #[arg(long)]
    pub abandon_machines: bool,
}
