//! The arguments of the command.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::{artifacts, dataset, project, shell_word::quoted};

mod init;
mod rebuild;
mod stack;
#[cfg(test)]
mod tests;

pub use init::Init;
pub use rebuild::Rebuild;
pub use stack::{Deploy, Destroy, NamedStack, StackSelector, Stop};

/// Benchmarks the targets that can host a model: sends the same prompts to each,
/// and reports latency, variability, accuracy and cost.
#[derive(Debug, Parser)]
#[command(name = "hostbench", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The arguments of this process. Its version says where the files of hostbench are from.
    #[must_use]
    pub fn of_process() -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let version = project::origin().map_or_else(
            || version.to_owned(),
            |origin| format!("{version} ({origin})"),
        );
        let version: &'static str = version.leak();
        let matches = Self::command().version(version).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

const EXAMPLES: &str = "\
Examples:
  hostbench demo                                   run the whole pipeline locally, no AWS account needed
  hostbench demo --set prompts=3                   the same with 3 prompts
  hostbench demo --load                            how much load simulated targets sustain
  hostbench init                                   write a configuration for what is there
  hostbench check infra/configs/deepseek-8b.toml   estimate calls, time and cost
  hostbench run infra/configs/deepseek-8b.toml --local
  hostbench report demo-20260304-050607-0a1b       print the results of an earlier run
  hostbench compare BASELINE RUN                   compare the targets of two runs
  hostbench deploy --config my.toml                deploy the pipeline to your AWS account
  hostbench run my.toml --stack hostbench          run on the deployed stack
  hostbench stop RUN --stack hostbench             stop a run and its machines
  hostbench run --resume RUN --stack hostbench     continue a run that was stopped or failed
  hostbench rebuild --samples FILE.jsonl --config CONFIG --out DIR

Exit codes: 0 success; 1 the run failed or is incomplete; 2 invalid arguments or configuration;
128 plus the signal number if a signal stopped the command.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline locally against simulated targets.
    ///
    /// Needs Python 3.10 or newer, no AWS account, and costs nothing. The first run
    /// installs the embedded AWS (an emulator) into the cache of this command. The
    /// results of simulated targets say nothing about any real service.
    Demo(Box<Demo>),
    /// Write a configuration for what this machine and your AWS account have.
    ///
    /// Looks at the usual ports for vLLM, llama.cpp, Ollama, LM Studio, SGLang and Text
    /// Generation Inference and, with AWS credentials, lists imported models, endpoints,
    /// inference profiles and models of the Region. Nothing is changed and no model is called.
    #[command(after_help = init::EXAMPLES)]
    Init(Init),
    /// Run a configuration, show its progress, fetch and print its report.
    ///
    /// With `--local` the pipeline runs on the embedded AWS on this machine, with
    /// `--stack` on AWS. Targets that are not simulated are called and billed as
    /// usual: with your own credentials and Region under `--local`, with the role
    /// of the stack under `--stack`. Before such targets are put under load, the command
    /// says what it will cost and asks; without a terminal it needs `--yes`.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<Run>),
    /// Validate a configuration and estimate the calls, time and cost of a run.
    ///
    /// No target is called without `--probe`. If a run of the same name is on this
    /// machine, the estimate is based on the usage of its calls; otherwise on the
    /// limits of the configuration, and its range is wide.
    ///
    /// With `--stack`, also checks the IAM permissions of the stack to call the targets.
    Check(Check),
    /// Rebuild a report from raw samples: graded and summarized again, without any call.
    ///
    /// Several files are pooled into one report. The samples may be measurements of another
    /// program: `infra/guide/other-programs.md` describes the lines.
    #[command(after_help = rebuild::EXAMPLES)]
    Rebuild(Rebuild),
    /// List the runs on this machine or of a stack, newest first.
    Runs(Runs),
    /// Stop a run of a stack, and the instances and endpoints that it started.
    ///
    /// Waits until its targets have ended and its machines are stopped, and says what
    /// could not be stopped; the exit code is 1 then. `hostbench run --resume RUN`
    /// continues the run.
    Stop(Stop),
    /// Print the results of a run on this machine or of a stack.
    Report(Report),
    /// Compare the targets of two runs on this machine or of a stack, paired by prompt.
    ///
    /// Reports how the second run differs from the first, with confidence intervals,
    /// and which settings differ. No target is called.
    Compare(Compare),
    /// Build the pipeline and deploy it to AWS, with configurations, prices and datasets.
    ///
    /// Needs the SAM CLI and, in a checkout, cargo-lambda. A stack that exists is updated.
    #[command(after_help = stack::EXAMPLES)]
    Deploy(Deploy),
    /// Delete a stack with its runs, after confirmation.
    Destroy(Destroy),
    /// Download and verify GSM8K.
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Update the price catalog.
    #[command(subcommand)]
    Prices(PricesCommand),
}

const RUN_EXAMPLES: &str = "\
Examples:
  hostbench run infra/configs/demo.toml --local
  hostbench run infra/configs/demo.toml --local --set dataset.split=train --set prompts=5
  hostbench run infra/configs/demo.toml --local --set targets=bedrock-cmi,sagemaker-g6
  hostbench run infra/configs/demo.toml --local --json > run.json
  hostbench run infra/configs/load.toml --local --yes
  hostbench run my.toml --local --resume my-20260304-050607-0a1b
  hostbench run my.toml --stack hostbench --profile work --region eu-west-1
  hostbench run --resume RUN --stack hostbench";

/// `hostbench demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Find the load that simulated targets of a known capacity sustain, in two minutes.
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
    /// Put targets that are not simulated under load without asking.
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
    /// `--set dataset.prompts=5`, `--set targets.bedrock-cmi.concurrency=4`.
    /// `prompts=5` is short for `dataset.prompts=5`, and `targets=a,b` selects
    /// these targets only.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Write the artifacts of the run to this folder [default: hostbench-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object to standard output instead of the table.
    #[arg(long)]
    pub json: bool,
    /// The id of the run [default: configuration name, time and 4 random hexadecimal digits].
    #[arg(long, value_name = "RUN")]
    pub run_id: Option<String>,
    /// Continue a run that was stopped, killed or failed, each call once.
    ///
    /// On this machine, RUN is its id, or the folder of its artifacts. Calls that have
    /// their sample, or were interrupted, are not made again. The configuration and
    /// `--set` must be the same as before. With `--stack`, RUN is its id, or the name of
    /// an execution of it; its plan has the configuration, so CONFIG is left out.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["run_id", "endpoint_url"])]
    pub resume: Option<String>,
    /// Keep the logs and files of the embedded AWS, and print their path.
    #[arg(long)]
    pub keep: bool,
    /// Use an emulator that is already running, and leave it running.
    ///
    /// The samples are in its memory alone, and the run continues there after Ctrl-C.
    /// Its environment must set `SIMULATOR_URL` for simulated targets.
    #[arg(long, value_name = "URL")]
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
    /// Call each target once from this machine, and say whether it answered.
    ///
    /// One short request per target, billed as usual, with your own credentials.
    /// Simulated targets are not called. The exit code is 1 if a target did not answer.
    #[arg(long, conflicts_with = "stack")]
    pub probe: bool,
    /// The folder with earlier runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// The stack with the runs.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS, conflicts_with = "stack")]
    pub folder: PathBuf,
    /// Print one JSON object to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The run id, or the folder with its artifacts.
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
    /// Print one JSON object to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The baseline run, or the folder with its artifacts.
    #[arg(value_name = "BASELINE")]
    pub first: String,
    /// The run to compare with the baseline, or the folder with its artifacts.
    #[arg(value_name = "RUN")]
    pub second: String,
    /// The stack of the runs; their artifacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artifacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object to standard output.
    #[arg(long)]
    pub json: bool,
}

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
    /// Print one JSON object to standard output instead of the table.
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
