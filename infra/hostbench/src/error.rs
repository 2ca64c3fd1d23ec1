//! The errors of the command, and their exit codes.

use std::{io, path::PathBuf};

use bench_core::{config::ConfigError, text::TextFault};
use bench_store::StoreError;

use crate::{io_remedy, signals::StopSignal};

/// An error that stops the command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration has faults; all of them are listed.
    #[error("{path}: {faults}")]
    Configuration {
        /// The file, as it was named.
        path: String,
        /// Every fault.
        faults: ConfigError,
    },
    /// Invalid arguments, files or settings.
    #[error("{0}")]
    InvalidInput(String),
    /// A file that the command was given cannot be read.
    #[error("cannot read `{path}`: {}", io_remedy::with(source))]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file that the command was given is not text.
    #[error("`{path}` {fault}")]
    NotText {
        /// The file.
        path: PathBuf,
        /// Why not.
        fault: TextFault,
    },
    /// A program that the command relies on is missing or failed.
    #[error("{0}")]
    Program(String),
    /// A file or folder could not be read or written.
    #[error("cannot {doing} `{path}`: {}", io_remedy::with(source))]
    File {
        /// The operation: `read`, `write`, `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A download failed or returned the wrong bytes.
    #[error("{0}")]
    Download(String),
    /// A request to an AWS service, emulated or real, failed.
    #[error("{doing} failed: {cause}")]
    Aws {
        /// The operation, such as `creating the stack`.
        doing: String,
        /// The error of the service with its sources.
        cause: String,
    },
    /// A request to the table or the bucket of the pipeline failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run on this machine failed before its report, and can be continued.
    #[error("{cause}\n{hint}")]
    Unfinished {
        /// Why it failed.
        cause: Box<Error>,
        /// The stored part, and how to go on.
        hint: String,
    },
    /// A signal stopped the command.
    #[error(
        "stopped by {}; all local processes were stopped{}",
        signal.name,
        parting.as_ref().map_or_else(String::new, |parting| format!("\n{parting}"))
    )]
    Interrupted {
        /// The signal.
        signal: StopSignal,
        /// The remaining part, and how to go on.
        parting: Option<String>,
    },
}

impl Error {
    /// The exit code: 2 for invalid arguments or configuration, 128 plus the signal
    /// number after a signal, 1 otherwise.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration { .. }
            | Self::InvalidInput(_)
            | Self::UnreadableFile { .. }
            | Self::NotText { .. } => 2,
            Self::Unfinished { cause, .. } => cause.exit_code(),
            Self::Interrupted { signal, .. } => signal.exit_code(),
            _ => 1,
        }
    }

    /// An AWS error with its chain of sources.
    pub fn aws(doing: impl Into<String>, error: &impl std::error::Error) -> Self {
        Self::Aws {
            doing: doing.into(),
            cause: error_chain(error),
        }
    }

    /// Adds the path to an I/O error of a file that the command was given.
    pub fn unreadable(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::UnreadableFile { path, source }
    }

    /// Adds the operation and the path to an I/O error.
    pub fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

/// An error with its sources, each once, separated by colons.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !chain.contains(&text) {
            chain = format!("{chain}: {text}");
        }
        source = error.source();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_distinguish_invalid_input_from_failures() {
        assert_eq!(Error::InvalidInput(String::new()).exit_code(), 2);
        assert_eq!(Error::Program(String::new()).exit_code(), 1);
        assert_eq!(
            Error::Interrupted {
                signal: StopSignal::TERMINATE,
                parting: None
            }
            .exit_code(),
            143
        );
    }

    #[test]
    fn a_failure_names_every_source_once() {
        let inner = io::Error::other("connection refused");
        let outer = Error::file("read", "a.toml")(inner);
        let error = Error::aws("listing runs", &outer).to_string();
        assert_eq!(
            error,
            "listing runs failed: cannot read `a.toml`: connection refused"
        );
    }
}
