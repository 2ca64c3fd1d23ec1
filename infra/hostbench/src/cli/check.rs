//! The arguments that check a configuration.

use std::path::PathBuf;

use clap::Args;

use super::stack::StackSelector;
use crate::artifacts;

/// `hostbench check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration file, TOML or JSON.
    pub config: PathBuf,
    /// The stack that would run it.
    #[command(flatten)]
    pub stack: StackSelector,
    /// Override a field of the configuration; may be repeated.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// The price catalog [default: infra/prices.toml of the project].
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Call each target once from this machine, and print whether it answered.
    ///
    /// One short request per target, billed as usual, with your own credentials.
    /// Simulated targets are not called. The exit code is 1 if a target did not answer.
    #[arg(long, conflicts_with = "stack")]
    pub probe: bool,
    /// The folder with earlier runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}
