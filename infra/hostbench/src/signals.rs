//! Signals that stop the command.

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;

/// Runs a command until it ends or SIGINT, SIGTERM or SIGHUP arrives. A stopped
/// command is dropped, and with it every process it started.
///
/// # Errors
///
/// [`Error::Interrupted`] after a signal, else the command's own.
pub async fn unless_interrupted<T>(
    command: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let listen = |kind| -> Result<Signal, Error> {
        signal(kind)
            .map_err(|error| Error::Program(format!("cannot install the signal handlers: {error}")))
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    tokio::select! {
        result = command => result,
        _ = interrupt.recv() => Err(Error::Interrupted { name: "SIGINT", number: 2 }),
        _ = terminate.recv() => Err(Error::Interrupted { name: "SIGTERM", number: 15 }),
        _ = hang_up.recv() => Err(Error::Interrupted { name: "SIGHUP", number: 1 }),
    }
}

#[cfg(test)]
mod tests {
    use nix::{sys::signal::Signal as Number, unistd::Pid};

    use super::*;

    #[tokio::test]
    async fn a_signal_drops_the_command_and_what_it_holds() {
        let held = std::sync::Arc::new(());
        let inside = held.clone();
        let command = async move {
            nix::sys::signal::kill(Pid::this(), Number::SIGHUP).unwrap();
            std::future::pending::<()>().await;
            drop(inside);
            Ok(())
        };
        let error = unless_interrupted(command).await.unwrap_err();
        assert_eq!(error.exit_code(), 129);
        assert_eq!(std::sync::Arc::strong_count(&held), 1);
    }
}
