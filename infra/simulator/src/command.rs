//! The command line: starts a simulator, says where it listens, and ends when told.

use std::{io::Write as _, path::PathBuf, process::ExitCode, thread};

use clap::Parser;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use crate::{Settings, Simulator, fault};

/// Simulated model services with known timing.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How many times faster than the published service times answers come
    #[arg(long, default_value_t = 100.0, allow_negative_numbers = true)]
    time_scale: f64,
    /// Share of correct answers, 0 to 1
    #[arg(long, default_value_t = 0.9, allow_negative_numbers = true)]
    accuracy: f64,
    /// Seed of all draws
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Write the ground truth to this file, one JSON object a call
    #[arg(long, value_name = "FILE.jsonl")]
    log: Option<PathBuf>,
    /// Read known prompts and their reference answers from this GSM8K-format file; may be repeated
    #[arg(long = "dataset", value_name = "FILE.jsonl")]
    datasets: Vec<PathBuf>,
    /// Bearer key that the HTTP protocols require
    #[arg(long)]
    api_key: Option<String>,
    /// Print the names of faults, and exit
    #[arg(long)]
    list_faults: bool,
    /// End when standard input is closed, as it is when the parent process ends
    #[arg(long)]
    exit_with_stdin: bool,
}

/// Reads the command line and serves until a signal or, if requested, the end of
/// standard input. Exit code 2 means that nothing could be served.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list_faults {
        return match write!(std::io::stdout(), "{}", fault::table()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        };
    }
    let watches_stdin = arguments.exit_with_stdin;
    match Simulator::start(arguments.into()).await {
        Ok(simulator) => serve(&simulator, watches_stdin).await,
        Err(error) => fail(&error),
    }
}

async fn serve(simulator: &Simulator, watches_stdin: bool) -> ExitCode {
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    let (mut terminate, mut interrupt) = match signals {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => return fail(&error),
    };
    let (stdin_open, stdin_closed) = oneshot::channel::<()>();
    if watches_stdin {
        // A plain thread: the runtime would wait for a read of its own to end.
        thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            drop(stdin_open);
        });
    }
    let ready = serde_json::json!({"listening": simulator.url()});
    let mut stdout = std::io::stdout();
    if let Err(error) = writeln!(stdout, "{ready}").and_then(|()| stdout.flush()) {
        return fail(&error);
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = stdin_closed, if watches_stdin => {}
    }
    ExitCode::SUCCESS
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::from(2)
}

impl From<Arguments> for Settings {
    fn from(arguments: Arguments) -> Self {
        let Arguments {
            port,
            time_scale,
            accuracy,
            seed,
            log,
            datasets,
            api_key,
            list_faults: _,
            exit_with_stdin: _,
        } = arguments;
        Self {
            port,
            time_scale,
            accuracy,
            seed,
            log,
            datasets,
            api_key,
        }
    }
}
