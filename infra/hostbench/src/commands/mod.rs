//! The subcommands, one module each.

mod check;
mod compare;
mod dataset;
mod demo;
mod deploy;
mod destroy;
mod init;
mod load_question;
mod local;
mod open;
mod prepare;
mod prices;
mod rebuild;
mod report;
mod run;
mod runs;
mod shell;
mod stack;
mod stack_check;
mod stop;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    cli::{Command, DatasetCommand, PricesCommand},
    error::Error,
    progress::Console,
    signals::Signals,
    summary::Outcome,
    terminal::Screen,
};

/// Runs a subcommand.
///
/// # Errors
///
/// [`Error`], with its exit code. A failed or incomplete run is not an error: its
/// outcome is printed, and the exit code is 1.
pub async fn dispatch(
    command: Command,
    signals: &Signals,
    console: &Console,
) -> Result<ExitCode, Error> {
    match command {
        Command::Demo(arguments) => Box::pin(demo::demo(&arguments, signals, console)).await,
        Command::Init(arguments) => Box::pin(init::init(&arguments, console)).await,
        Command::Run(arguments) => Box::pin(run::run(&arguments, signals, console)).await,
        Command::Check(arguments) => check::check(&arguments, console).await,
        Command::Rebuild(arguments) => rebuild::rebuild(&arguments),
        Command::Runs(arguments) => runs::runs(&arguments).await,
        Command::Stop(arguments) => stop::stop(&arguments, console).await,
        Command::Completions(arguments) => shell::completions(&arguments),
        Command::Man(arguments) => shell::man(&arguments),
        Command::Open(arguments) => open::open(&arguments, console).await,
        Command::Report(arguments) => report::report(&arguments, console).await,
        Command::Compare(arguments) => compare::compare(&arguments, console).await,
        Command::Deploy(arguments) => deploy::deploy(&arguments, console).await,
        Command::Destroy(arguments) => destroy::destroy(&arguments, console).await,
        Command::Dataset(DatasetCommand::Fetch(arguments)) => {
            dataset::fetch(&arguments, console).await
        }
        Command::Prices(PricesCommand::Refresh(arguments)) => {
            prices::refresh(&arguments, console).await
        }
    }
}

/// Prints the outcome of a run, and returns its exit code.
fn print_outcome(outcome: &Outcome, as_json: bool) -> Result<ExitCode, Error> {
    if as_json {
        print_line(outcome.to_json())?;
    } else {
        print_line(outcome.to_text(Screen::stdout()))?;
    }
    Ok(if outcome.complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints text for people to standard output, with its long lines broken for a terminal.
fn print_text(text: impl std::fmt::Display) -> Result<(), Error> {
    print_line(Screen::stdout().wrap(&text.to_string()))
}

/// Prints a line to standard output.
fn print_line(text: impl std::fmt::Display) -> Result<(), Error> {
    match writeln!(io::stdout(), "{text}") {
        // The reader, such as `head`, has closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Error::file("write", "standard output")),
    }
}
