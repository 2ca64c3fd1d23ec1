//! Signals that stop the command.

use std::{
    future::Future,
    pin::pin,
    sync::{Mutex, PoisonError},
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::error::Error;

/// A signal that stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopSignal {
    /// `SIGINT`, `SIGTERM` or `SIGHUP`.
    pub name: &'static str,
    /// Its number.
    pub number: u8,
}

impl StopSignal {
    /// Of Ctrl-C.
    pub const INTERRUPT: Self = Self {
        name: "SIGINT",
        number: 2,
    };
    /// Of `kill`, and of whatever stops services.
    pub const TERMINATE: Self = Self {
        name: "SIGTERM",
        number: 15,
    };
    /// Of a terminal that is closed.
    pub const HANG_UP: Self = Self {
        name: "SIGHUP",
        number: 1,
    };

    /// The exit code of a program that it stopped.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        128 + self.number
    }
}

/// The signals that the command receives.
#[derive(Debug, Default)]
pub struct Signals {
    /// The first of them, where [`Signals::first_during`] has it.
    first: watch::Sender<Option<StopSignal>>,
    /// The message when a second one ends the command; `None` while the first one does.
    parting: Mutex<Option<String>>,
}

impl Signals {
    /// Runs the command until it ends or SIGINT, SIGTERM or SIGHUP arrives. A stopped
    /// command is dropped, and with it every process it started.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`] after a signal, else the command's own.
    pub async fn unless_stopped<T>(
        &self,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let listen = |kind| -> Result<Signal, Error> {
            signal(kind).map_err(|error| {
                Error::Program(format!("cannot install the signal handlers: {error}"))
            })
        };
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut terminate = listen(SignalKind::terminate())?;
        let mut hang_up = listen(SignalKind::hangup())?;
        let mut command = pin!(command);
        loop {
            let signal = tokio::select! {
                result = &mut command => return result,
                _ = interrupt.recv() => StopSignal::INTERRUPT,
                _ = terminate.recv() => StopSignal::TERMINATE,
                _ = hang_up.recv() => StopSignal::HANG_UP,
            };
            let parting = self.parting().clone();
            if parting.is_some() && self.first.borrow().is_none() {
                self.first.send_replace(Some(signal));
                continue;
            }
            return Err(Error::Interrupted { signal, parting });
        }
    }

    /// Runs a part of the command until it ends or a first signal arrives, which the
    /// command then ends by in its own order. A second one ends it at once, with `parting`.
    ///
    /// # Errors
    ///
    /// The signal.
    pub async fn first_during<T>(
        &self,
        parting: String,
        work: impl Future<Output = T>,
    ) -> Result<T, StopSignal> {
        *self.parting() = Some(parting);
        let mut first = self.first.subscribe();
        let arrived = async {
            match first.wait_for(Option::is_some).await {
                Ok(signal) => *signal,
                Err(_) => None,
            }
        };
        tokio::select! {
            Some(signal) = arrived => Err(signal),
            done = work => {
                *self.parting() = None;
                Ok(done)
            }
        }
    }

    fn parting(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.parting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nix::{sys::signal::Signal as Number, unistd::Pid};
    use tokio::sync::Mutex as AsyncMutex;

    use super::*;

    /// Signals are of the whole process, so one test at a time sends some.
    static ALONE: AsyncMutex<()> = AsyncMutex::const_new(());

    fn send(signal: Number) {
        nix::sys::signal::kill(Pid::this(), signal).unwrap();
    }

    #[tokio::test]
    async fn a_signal_drops_the_command_and_what_it_holds() {
        let _alone = ALONE.lock().await;
        let held = Arc::new(());
        let inside = held.clone();
        let command = async move {
            send(Number::SIGHUP);
            std::future::pending::<()>().await;
            drop(inside);
            Ok(())
        };
        let error = Signals::default()
            .unless_stopped(command)
            .await
            .unwrap_err();
        assert_eq!(error.exit_code(), 129);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn a_command_that_ends_in_order_has_the_first_signal_for_itself() {
        let _alone = ALONE.lock().await;
        let signals = Signals::default();
        let command = async {
            let work = async {
                send(Number::SIGTERM);
                std::future::pending::<()>().await;
            };
            let signal = signals.first_during("kept".into(), work).await.unwrap_err();
            // The order that it ends in.
            tokio::task::yield_now().await;
            Ok(signal.exit_code())
        };
        assert_eq!(signals.unless_stopped(command).await.unwrap(), 143);
    }

    #[tokio::test]
    async fn a_second_signal_ends_it_at_once_with_a_parting_word() {
        let _alone = ALONE.lock().await;
        let signals = Signals::default();
        let command = async {
            let work = async {
                send(Number::SIGINT);
                std::future::pending::<()>().await;
            };
            let first = signals.first_during("kept in x".into(), work).await;
            assert!(first.is_err());
            send(Number::SIGINT);
            std::future::pending::<Result<(), Error>>().await
        };
        let error = signals.unless_stopped(command).await.unwrap_err();
        assert_eq!(error.exit_code(), 130);
        assert!(error.to_string().contains("kept in x"), "{error}");
    }

    #[tokio::test]
    async fn after_that_part_of_the_command_the_first_signal_ends_it_again() {
        let _alone = ALONE.lock().await;
        let signals = Signals::default();
        let command = async {
            let done = signals.first_during("kept".into(), async { 7 }).await;
            assert_eq!(done, Ok(7));
            send(Number::SIGINT);
            std::future::pending::<Result<(), Error>>().await
        };
        let error = signals.unless_stopped(command).await.unwrap_err();
        assert!(!error.to_string().contains("kept"), "{error}");
    }
}
