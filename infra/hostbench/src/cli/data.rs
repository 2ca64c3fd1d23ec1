//! The arguments that fetch datasets and prices.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::dataset;

/// `hostbench dataset`.
#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Download GSM8K from its authors and verify its checksums.
    ///
    /// The files are stored in the cache of this command. Without network access, set
    /// `HOSTBENCH_DATASETS` to a folder with `gsm8k/test.jsonl` instead.
    Fetch(Fetch),
}

/// `hostbench dataset fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Fetch this split only.
    #[arg(long, value_enum)]
    pub split: Option<SplitName>,
    /// The URL of the folder with the files.
    #[arg(long, hide = true, env = "HOSTBENCH_DATASET_URL", default_value = dataset::UPSTREAM)]
    pub base_url: String,
}

/// `hostbench prices`.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Look up every price of the catalog in the AWS Price List.
    ///
    /// EC2 instances, SageMaker hosting instances, Bedrock tokens and Custom Model
    /// Units. Needs AWS credentials with `pricing:GetProducts`; requests are free.
    /// A price that is not found, or is ambiguous, is kept and listed with the
    /// reason. A changed price is added after the old one, so that earlier runs
    /// keep their prices.
    Refresh(RefreshPrices),
}

/// `hostbench prices refresh`.
#[derive(Debug, Args)]
pub struct RefreshPrices {
    /// Look up every price in this Region, and add missing ones; may be repeated
    /// [default: each price in its own Region].
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// The price catalog [default: infra/prices.toml of the project].
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The family of imported models that `bedrock:cmu` prices, as in the Price
    /// List, such as `Llama`; required where the prices of families differ.
    #[arg(long, value_name = "FAMILY")]
    pub import_family: Option<String>,
    /// Print the changes without writing them.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// A split of GSM8K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// 1,319 problems.
    Test,
    /// 7,473 problems.
    Train,
}
