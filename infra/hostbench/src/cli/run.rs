//! The arguments that start a run.

use std::path::{Path, PathBuf};

use clap::Args;

use super::stack::StackSelector;
use crate::{artifacts, shell_word::quoted};

pub(super) const EXAMPLES: &str = "\
Examples:
  hostbench run my.toml --local
  hostbench run my.toml --local --set prompts=5 --set targets=bedrock-cmi,sagemaker-g6
  hostbench run my.toml --local --json > run.json
  hostbench run my.toml --local --resume my-20260304-050607-0a1b
  hostbench run my.toml --stack hostbench --profile work --region eu-west-1
  hostbench run --resume RUN --stack hostbench";

/// The heading of options of the embedded AWS.
const EMBEDDED: &str = "Embedded AWS";

/// `hostbench demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Find the load that simulated targets sustain, in two minutes.
    #[arg(long)]
    pub load: bool,
    /// The options of the run.
    #[command(flatten)]
    pub options: LocalRun,
}

/// `hostbench run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration file, TOML or JSON.
    #[arg(required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Run on the embedded AWS on this machine.
    #[arg(long, conflicts_with = "stack")]
    pub local: bool,
    /// The stack to run it on.
    #[command(flatten)]
    pub stack: StackSelector,
    /// Do not ask before targets that are not simulated are put under load.
    #[arg(long)]
    pub yes: bool,
    /// The options of the run.
    #[command(flatten)]
    pub options: LocalRun,
}

/// The options of a run.
#[derive(Debug, Args)]
pub struct LocalRun {
    /// Override a field of the configuration; may be repeated.
    ///
    /// Such as `--set dataset.prompts=5` or `--set targets.bedrock-cmi.concurrency=4`.
    /// `prompts=5` is short for `dataset.prompts=5`, and `targets=a,b` selects these
    /// targets only.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Write the artifacts of the run to this folder [default: hostbench-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
    /// The id of the run [default: configuration name, time and 4 random hexadecimal digits].
    #[arg(long, value_name = "RUN")]
    pub run_id: Option<String>,
    /// Continue a run that was stopped or failed; no call is made twice.
    ///
    /// On this machine, RUN is its id, or the folder with its artifacts, and the
    /// configuration and `--set` must be the same as before. With `--stack`, RUN is its
    /// id, or the name of an execution of it; its plan has the configuration, so CONFIG
    /// is left out. Calls that were interrupted are not made again.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["run_id", "endpoint_url"])]
    pub resume: Option<String>,
    /// Keep the logs and files of the embedded AWS, and print their path.
    #[arg(long, help_heading = EMBEDDED)]
    pub keep: bool,
    /// Use an emulator that is already running, and leave it running.
    ///
    /// The samples are in its memory alone, and the run continues there after Ctrl-C.
    /// Its environment must set `SIMULATOR_URL` for simulated targets.
    #[arg(long, value_name = "URL", help_heading = EMBEDDED)]
    pub endpoint_url: Option<String>,
    /// Use the Lambdas and the simulator in this folder instead of building them.
    #[arg(long, value_name = "DIR", hide = true)]
    pub bin_dir: Option<PathBuf>,
}

impl LocalRun {
    /// The command that continues the run in the folder `out`, where `start` is how it was
    /// started, without options.
    #[must_use]
    pub fn resume_command(&self, start: &str, run_id: &str, out: &Path) -> String {
        let is_default = out == Path::new(artifacts::RUNS).join(run_id);
        let out = (!is_default).then(|| out.display().to_string());
        let options = self.set.iter().cloned().map(|set| ("--set", set));
        let options = options.chain(out.map(|out| ("--out", out)));
        let options = options.map(|(name, value)| format!(" {name} {}", quoted(&value)));
        let options: String = options.collect();
        format!("hostbench {start}{options} --resume {run_id}")
    }

    /// The options given that a deployed stack has no use for.
    #[must_use]
    pub fn local_only(&self) -> Vec<&'static str> {
        let options = [
            ("--keep", self.keep),
            ("--endpoint-url", self.endpoint_url.is_some()),
            ("--bin-dir", self.bin_dir.is_some()),
        ];
        options
            .into_iter()
            .filter_map(|(option, is_given)| is_given.then_some(option))
            .collect()
    }
}
