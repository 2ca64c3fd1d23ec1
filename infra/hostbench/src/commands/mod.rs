//! What the command does, one module each.

mod check;
mod dataset;
mod demo;
mod report;
mod run;
mod runs;

use std::process::ExitCode;

use crate::{
    cli::{Command, DatasetCommand},
    error::Error,
    progress::Console,
};

/// Does what was asked.
///
/// # Errors
///
/// [`Error`], which knows its exit code. A run that failed or is incomplete is
/// no error here: it was reported, and its exit code is 1.
pub async fn dispatch(command: Command, console: &Console) -> Result<ExitCode, Error> {
    match command {
        Command::Demo(options) => demo::demo(&options, console).await,
        Command::Run(arguments) => run::run(&arguments, console).await,
        Command::Check(arguments) => check::check(&arguments),
        Command::Runs(arguments) => runs::runs(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Dataset(DatasetCommand::Fetch(arguments)) => {
            dataset::fetch(&arguments, console).await
        }
    }
}

/// Prints to standard output, which is what the command is asked for.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
