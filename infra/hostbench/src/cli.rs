//! The arguments of the command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{artefacts, dataset};

mod stack;

pub use stack::{Deploy, Destroy, StackSelector};

/// Measures where a model should run: the same questions to every place that
/// hosts it, and a report on how fast, how steady, how right and how dear the
/// answers were.
#[derive(Debug, Parser)]
#[command(name = "hostbench", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hostbench demo                                   see the whole pipeline work, no account needed
  hostbench demo --set prompts=3                   the same, shorter
  hostbench check infra/configs/deepseek-8b.toml   what a run would do
  hostbench run infra/configs/deepseek-8b.toml --local
  hostbench report demo-20260304-050607-0a1b       the figures of an earlier run
  hostbench compare RUN RUN                        the same targets in two runs
  hostbench deploy --config my.toml                the pipeline on AWS, in your own account
  hostbench run my.toml --stack hostbench          a run there
  hostbench rebuild --samples FILE.jsonl --config CONFIG --out DIR

Exit codes: 0 as asked; 1 the run failed or is incomplete; 2 unusable arguments or configuration;
128 and the signal's number when a signal stopped the command.";

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline on the embedded AWS against simulated targets.
    ///
    /// Needs Python 3.10 or newer, no account, and costs nothing. The first run
    /// installs the embedded AWS below the target folder. Simulated figures are
    /// test equipment: they say nothing about any service.
    Demo(Box<LocalRun>),
    /// Run a configuration, watch it, fetch and print its report.
    ///
    /// With `--local` the pipeline runs on the embedded AWS on this machine, with
    /// `--stack` on AWS. Targets that are not simulated are called for real and
    /// cost what they cost: with your own credentials and Region from here, with
    /// the role of the stack from there.
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<Run>),
    /// Validate a configuration and say what a run of it would do, take and cost.
    ///
    /// Nothing is called. Where a run of the same name is on this machine, the
    /// estimate rests on what its calls took; else on the limits of the
    /// configuration, and its range is wide.
    ///
    /// With `--stack`, IAM is asked as well whether the stack may call the targets.
    Check(Check),
    /// Make the report again from raw samples: graded and summed anew, no call made.
    ///
    /// Several files are pooled into one report.
    #[command(after_help = REBUILD_EXAMPLES)]
    Rebuild(Rebuild),
    /// List the runs on this machine or of a stack, newest first.
    Runs(Runs),
    /// Print the figures of a run on this machine or of a stack.
    Report(Report),
    /// Compare the targets of two runs on this machine or of a stack, paired by prompt.
    ///
    /// Says how the second run differs from the first, with intervals, and what was
    /// configured otherwise. No call is made.
    Compare(Compare),
    /// Build the pipeline and deploy it to AWS, with configurations, prices and datasets.
    ///
    /// Needs cargo-lambda and the SAM CLI. Deployed again, a stack is updated.
    #[command(after_help = stack::EXAMPLES)]
    Deploy(Deploy),
    /// Delete a stack, and its runs after a question.
    Destroy(Destroy),
    /// Get GSM8K.
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Bring the price catalogue up to date.
    #[command(subcommand)]
    Prices(PricesCommand),
}

const RUN_EXAMPLES: &str = "\
Examples:
  hostbench run infra/configs/demo.toml --local
  hostbench run infra/configs/demo.toml --local --set dataset.split=train --set prompts=5
  hostbench run infra/configs/demo.toml --local --set targets=bedrock-cmi,sagemaker-g6
  hostbench run infra/configs/demo.toml --local --json > run.json
  hostbench run my.toml --stack hostbench --profile work --region eu-west-1";

const REBUILD_EXAMPLES: &str = "\
Examples:
  hostbench rebuild --samples hostbench-runs/RUN/samples.jsonl --out again
  hostbench rebuild --samples a.jsonl --samples b.jsonl --config my.toml --out pooled";

/// `hostbench rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// A `samples.jsonl`; may be repeated, to pool runs.
    #[arg(long, value_name = "FILE.jsonl", required = true)]
    pub samples: Vec<PathBuf>,
    /// The configuration of the run, where its plan is not at hand.
    #[arg(long, value_name = "CONFIG", conflicts_with = "plan")]
    pub config: Option<PathBuf>,
    /// The plan of the run [default: `plan.json` beside the first samples].
    #[arg(long, value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,
    /// Cost the run with the prices of this catalogue [default: those the run was
    /// planned with; without its plan `infra/prices.toml` of the project].
    #[arg(long, value_name = "FILE.toml")]
    pub prices: Option<PathBuf>,
    /// Override a field of the configuration; may be repeated.
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "config")]
    pub set: Vec<String>,
    /// Write the artefacts to this folder.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print one JSON object on standard output instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration, TOML or JSON.
    pub config: PathBuf,
    /// Run on the embedded AWS on this machine.
    #[arg(long, conflicts_with = "stack")]
    pub local: bool,
    /// Where to run it otherwise.
    #[command(flatten)]
    pub stack: StackSelector,
    /// How to run it.
    #[command(flatten)]
    pub options: LocalRun,
}

/// How a run on this machine is done.
#[derive(Debug, Args)]
pub struct LocalRun {
    /// Override a field of the configuration; may be repeated.
    ///
    /// `--set dataset.prompts=5`, `--set targets.bedrock-cmi.concurrency=4`.
    /// `prompts=5` is short for `dataset.prompts=5`, and `targets=a,b` keeps
    /// only those targets.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Write the artefacts of the run to this folder [default: hostbench-runs/RUN].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object on standard output instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Name the run [default: the configuration's name, the time and four digits of chance].
    #[arg(long, value_name = "RUN")]
    pub run_id: Option<String>,
    /// Keep the logs and files of the embedded AWS, and say where.
    #[arg(long)]
    pub keep: bool,
    /// Use an emulator that runs already, and leave it running.
    ///
    /// Its environment must hold `SIMULATOR_URL` for simulated targets.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Take built Lambdas and simulator from here instead of building them.
    #[arg(long, value_name = "DIR", hide = true)]
    pub bin_dir: Option<PathBuf>,
}

impl LocalRun {
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
    /// The configuration, TOML or JSON.
    pub config: PathBuf,
    /// The stack that would run it.
    #[command(flatten)]
    pub stack: StackSelector,
    /// Override a field of the configuration; may be repeated.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// The price catalogue [default: infra/prices.toml of the project].
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// The folder with earlier runs.
    #[arg(long, value_name = "DIR", default_value = artefacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object on standard output.
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
    #[arg(long, value_name = "DIR", default_value = artefacts::RUNS, conflicts_with = "stack")]
    pub folder: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The run, or the folder of its artefacts.
    pub run: String,
    /// The stack with the run; its artefacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artefacts::RUNS)]
    pub folder: PathBuf,
    /// Put the artefacts of the run into this folder as well; of a run of a stack, instead.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The run that is compared with, or the folder of its artefacts.
    pub first: String,
    /// The run that is compared, or the folder of its artefacts.
    pub second: String,
    /// The stack with the runs; their artefacts are fetched.
    #[command(flatten)]
    pub stack: StackSelector,
    /// The folder with the runs.
    #[arg(long, value_name = "DIR", default_value = artefacts::RUNS)]
    pub folder: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hostbench dataset`.
#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Download GSM8K from its authors and verify it.
    ///
    /// The files go below the target folder. Where there is no network, name a
    /// folder that holds `gsm8k/test.jsonl` in `HOSTBENCH_DATASETS` instead.
    Fetch(Fetch),
}

/// `hostbench dataset fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Only this part.
    #[arg(long, value_enum)]
    pub split: Option<SplitName>,
    /// Where the files are downloaded from.
    #[arg(long, hide = true, env = "HOSTBENCH_DATASET_URL", default_value = dataset::UPSTREAM)]
    pub base_url: String,
}

/// `hostbench prices`.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Look up every price of the catalogue in the AWS Price List.
    ///
    /// Machines of EC2 and SageMaker hosting, tokens and Custom Model Units of
    /// Bedrock. Needs AWS credentials that may `pricing:GetProducts`; the list
    /// itself is free. What is not found, or found with two prices, stays as it is
    /// and is named. A price that changed is written behind the old one, so that
    /// runs of the past keep theirs.
    Refresh(RefreshPrices),
}

/// `hostbench prices refresh`.
#[derive(Debug, Args)]
pub struct RefreshPrices {
    /// Look everything up in this Region, and add what has no price there; may be
    /// repeated [default: each price in its own Region].
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// The catalogue [default: infra/prices.toml of the project].
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The family of imported models that `bedrock:cmu` is for, as the list spells
    /// it, such as `Llama`; needed where families differ in price.
    #[arg(long, value_name = "FAMILY")]
    pub import_family: Option<String>,
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object on standard output instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// A part of GSM8K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// 1,319 problems.
    Test,
    /// 7,473 problems.
    Train,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_option_that_only_a_local_run_has_is_refused_by_its_own_name() {
        let local_only = |option: &str| {
            let cli = Cli::parse_from(["hostbench", "run", "a.toml", option]);
            let Command::Run(run) = cli.command else {
                panic!("expected `run`")
            };
            run.options.local_only()
        };
        assert_eq!(local_only("--bin-dir=target/debug"), ["--bin-dir"]);
        assert_eq!(local_only("--keep"), ["--keep"]);
        assert_eq!(
            local_only("--endpoint-url=http://127.0.0.1"),
            ["--endpoint-url"]
        );
        assert_eq!(local_only("--json"), [""; 0]);
    }

    #[test]
    fn a_remedy_names_the_options_that_lead_to_the_same_stack() {
        let cli = Cli::parse_from(["hostbench", "runs", "--stack", "a", "--region", "eu-west-1"]);
        let Command::Runs(runs) = cli.command else {
            panic!("expected `runs`")
        };
        assert_eq!(runs.stack.arguments(), " --stack a --region eu-west-1");
    }

    #[test]
    fn overrides_may_be_repeated() {
        let cli = Cli::parse_from(["hostbench", "demo", "--set", "a=1", "--set", "b=2"]);
        let Command::Demo(options) = cli.command else {
            panic!("expected `demo`")
        };
        assert_eq!(options.set, ["a=1", "b=2"]);
    }
}
