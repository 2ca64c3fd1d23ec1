//! The arguments of `hostbench rebuild`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  hostbench rebuild --samples hostbench-runs/RUN/samples.jsonl --out again
  hostbench rebuild --samples a.jsonl --samples b.jsonl --config my.toml --out pooled
  hostbench rebuild --samples theirs.jsonl --external --out report";

/// `hostbench rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// A `samples.jsonl` file; repeat it to pool runs.
    #[arg(long, value_name = "FILE.jsonl", required = true)]
    pub samples: Vec<PathBuf>,
    /// The configuration of the run, if its plan is missing.
    #[arg(long, value_name = "CONFIG", conflicts_with = "plan")]
    pub config: Option<PathBuf>,
    /// The plan of the run [default: `plan.json` next to the first samples file].
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
    /// Print one JSON object to standard output instead of the table.
    #[arg(long)]
    pub json: bool,
}
