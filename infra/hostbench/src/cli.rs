//! The arguments of the command.

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::project;

mod check;
mod data;
mod init;
mod results;
mod run;
mod shell;
mod stack;
#[cfg(test)]
mod tests;

pub use check::Check;
pub use data::{DatasetCommand, Fetch, PricesCommand, RefreshPrices, SplitName};
pub use init::Init;
pub use results::{Compare, Open, Rebuild, Report, Runs};
pub use run::{Demo, LocalRun, Run};
pub use shell::{Completions, Man};
pub use stack::{Deploy, Destroy, NamedStack, StackSelector, Stop};

/// Measure the targets that can host a model: send the same prompts to each, and report
/// latency, variability, accuracy and cost.
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
  hostbench demo                         a whole run on this machine, without an AWS account
  hostbench demo --load                  the load that simulated targets sustain
  hostbench init my.toml                 write a configuration for what is there
  hostbench check my.toml                calls, time and cost of a run
  hostbench run my.toml --local          run on this machine
  hostbench open                         open the page of the latest run
  hostbench compare BASELINE RUN         what differs between two runs
  hostbench deploy --config my.toml      deploy the pipeline to your AWS account
  hostbench run my.toml --stack NAME     run on the deployed stack

`hostbench COMMAND --help` explains a command and has more examples.

Exit codes:
  0    success
  1    the run failed or is incomplete
  2    invalid arguments or configuration
  128  plus the number of the signal that stopped the command";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline on this machine, against simulated targets.
    ///
    /// Needs Python 3.10 or newer and no AWS account, and costs nothing. The first run
    /// installs the embedded AWS (an emulator) into the cache of this command. The results
    /// of simulated targets say nothing about any real service.
    Demo(Box<Demo>),
    /// Write a configuration for what this machine and your AWS account have.
    ///
    /// Looks at the usual ports for vLLM, llama.cpp, Ollama, LM Studio, SGLang and Text
    /// Generation Inference and, with AWS credentials, lists imported models, custom model
    /// deployments, Provisioned Throughputs, endpoints, inference profiles and models of the
    /// Region. Nothing is changed and no model is called.
    #[command(after_help = init::EXAMPLES)]
    Init(Init),
    /// Validate a configuration, and estimate the calls, time and cost of a run.
    ///
    /// No target is called without `--probe`. If a run of the same name is on this
    /// machine, the estimate is based on the usage of its calls; otherwise on the
    /// limits of the configuration, and its range is wide.
    ///
    /// With `--stack`, also checks whether the stack is permitted to call the targets.
    Check(Check),
    /// Run a configuration, show its progress, and print its results.
    ///
    /// With `--local` the pipeline runs on the embedded AWS on this machine, with
    /// `--stack` on AWS. Targets that are not simulated are called and billed as
    /// usual: with your own credentials and Region under `--local` (`--profile`, `--region`),
    /// with the role of the stack under `--stack`. Before such targets are put under load, the command
    /// says what it will cost and asks; without a terminal it needs `--yes`.
    #[command(after_help = run::EXAMPLES)]
    Run(Box<Run>),
    /// Print the results of a run.
    Report(Report),
    /// Open the page of a run in a browser.
    ///
    /// Where there is no browser to open, as on a server, prints the path of the page.
    #[command(after_help = results::OPEN_EXAMPLES)]
    Open(Open),
    /// List runs, the latest first.
    Runs(Runs),
    /// Compare the targets of two runs, paired by prompt.
    ///
    /// Reports how the second run differs from the first, with confidence intervals,
    /// and which settings differ. No target is called.
    Compare(Compare),
    /// Make a report from samples: grade and summarize them again, without any call.
    ///
    /// Several files are pooled into one report. The samples may be measurements of another
    /// program: `infra/guide/other-programs.md` describes the lines.
    #[command(after_help = results::REBUILD_EXAMPLES)]
    Rebuild(Rebuild),
    /// Stop a run of a stack, and the instances and endpoints that it started.
    ///
    /// Waits until the targets have ended and the machines are stopped. If something could
    /// not be stopped, it is named and the exit code is 1. `hostbench run --resume RUN`
    /// continues the run.
    Stop(Stop),
    /// Deploy the pipeline to AWS, with configurations, prices and datasets.
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
    /// Print the completion script of a shell.
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the manual page, or write those of all commands to a folder.
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(Man),
}
