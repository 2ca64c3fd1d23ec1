//! The arguments that select the results of runs.

use std::path::PathBuf;

use clap::Args;

use super::stack::StackSelector;
use crate::artifacts;

pub(super) const OPEN_EXAMPLES: &str = "\
Examples:
  hostbench open                            the latest run on this machine
  hostbench open RUN --stack hostbench      fetch a run of a stack, and open it
  cp \"$(hostbench open --print)\" report.html";

pub(super) const REBUILD_EXAMPLES: &str = "\
Examples:
  hostbench rebuild --samples hostbench-runs/RUN/samples.jsonl --out again
  hostbench rebuild --samples a.jsonl --samples b.jsonl --config my.toml --out pooled
  hostbench rebuild --samples theirs.jsonl --external --out report";

/// `hostbench runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// The stack with the runs.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS, conflicts_with = "stack")]
    pub folder: PathBuf,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The id of the run, or the folder with its artifacts.
    pub run: String,
    /// The stack of the run; its artifacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS)]
    pub folder: PathBuf,
    /// Copy the artifacts to this folder; with `--stack`, fetch them into it.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench open`.
#[derive(Debug, Args)]
pub struct Open {
    /// The id of the run, or the folder with its artifacts [default: the latest run].
    pub run: Option<String>,
    /// The stack of the run; its artifacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS, conflicts_with = "stack")]
    pub folder: PathBuf,
    /// Print the path of the page, and open nothing.
    #[arg(long)]
    pub print: bool,
}

/// `hostbench compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The run that is the baseline, or the folder with its artifacts.
    #[arg(value_name = "BASELINE")]
    pub first: String,
    /// The run to compare with it, or the folder with its artifacts.
    #[arg(value_name = "RUN")]
    pub second: String,
    /// The stack of the runs; their artifacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// A file with samples, such as `samples.jsonl` of a run; repeat it to pool runs.
    #[arg(long, value_name = "FILE.jsonl", required = true)]
    pub samples: Vec<PathBuf>,
    /// The configuration of the run, if its plan is missing.
    #[arg(long, value_name = "CONFIG", conflicts_with = "plan")]
    pub config: Option<PathBuf>,
    /// The plan of the run [default: `plan.json` beside the first file of samples].
    #[arg(long, value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,
    /// Report measurements of another program, without a plan or a configuration.
    #[arg(long, conflicts_with_all = ["config", "plan"])]
    pub external: bool,
    /// The price catalog [default: the prices in the plan; without a plan
    /// `infra/prices.toml` of the project].
    #[arg(long, value_name = "FILE.toml")]
    pub prices: Option<PathBuf>,
    /// Override a field of the configuration; may be repeated.
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "config")]
    pub set: Vec<String>,
    /// Write the artifacts to this folder.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
}
