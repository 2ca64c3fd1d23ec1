//! The command `hostbench`.

use std::process::ExitCode;

use hostbench::{cli::Cli, commands, progress::Console, signals::Signals};

fn main() -> ExitCode {
    let cli = Cli::of_process();
    let console = Console::stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            console.error(format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let signals = Signals::default();
    let command = commands::dispatch(cli.command, &signals, &console);
    match runtime.block_on(signals.unless_stopped(command)) {
        Ok(code) => code,
        Err(error) => {
            console.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
