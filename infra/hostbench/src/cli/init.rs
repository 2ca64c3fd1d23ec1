//! The arguments of `hostbench init`.

use std::path::PathBuf;

use clap::Args;

use crate::init::servers::PORTS;

pub(super) const EXAMPLES: &str = "\
Examples:
  hostbench init                                   write hostbench.toml, and ask what to measure
  hostbench init my.toml --yes                     the same with what is suggested
  hostbench init --url http://10.0.1.20:8000 --targets vllm-llama-3-1-8b-instruct
  hostbench init --profile work --region eu-west-1
  hostbench init --json                            list what was found";

/// `hostbench init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The configuration file, TOML.
    #[arg(default_value = "hostbench.toml")]
    pub file: PathBuf,
    /// Look at this server, too; may be repeated.
    #[arg(long = "url", value_name = "URL")]
    pub urls: Vec<String>,
    /// Look at these ports of this machine.
    #[arg(long, value_name = "PORTS", value_delimiter = ',', default_values_t = PORTS)]
    pub ports: Vec<u16>,
    /// The AWS profile.
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The Region whose models and endpoints are listed [default: from the AWS profile or
    /// environment].
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Measure these targets without asking: ids, numbers, ranges or `all`.
    #[arg(long, value_name = "LIST")]
    pub targets: Option<String>,
    /// Measure what is suggested without asking: your own servers, models and endpoints.
    #[arg(long, conflicts_with = "targets")]
    pub yes: bool,
    /// Overwrite the file.
    #[arg(long)]
    pub force: bool,
    /// Print what was found as one JSON object, and write nothing.
    #[arg(long, conflicts_with_all = ["yes", "targets", "force"])]
    pub json: bool,
}
