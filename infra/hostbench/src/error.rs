//! What can stop the command, and with which exit code.

use std::{io, path::PathBuf};

use bench_core::config::ConfigError;
use bench_store::StoreError;

/// What stopped the command.
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
    /// Arguments or files that nothing can be done with.
    #[error("{0}")]
    InvalidInput(String),
    /// A program that the command relies on is missing or failed.
    #[error("{0}")]
    Program(String),
    /// A file or folder could not be read or written.
    #[error("cannot {doing} `{path}`: {source}")]
    File {
        /// What was tried: `read`, `write`, `create`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A download failed or brought the wrong bytes.
    #[error("{0}")]
    Download(String),
    /// An AWS service, emulated or real, refused a request.
    #[error("{doing} failed: {cause}")]
    Aws {
        /// What was asked for.
        doing: String,
        /// What the service said, with every cause below it.
        cause: String,
    },
    /// The table or the bucket of the pipeline refused a request.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A signal asked the command to stop.
    #[error("stopped by {name}; everything that was started on this machine has been ended")]
    Interrupted {
        /// `SIGINT`, `SIGTERM` or `SIGHUP`.
        name: &'static str,
        /// The number of the signal.
        number: u8,
    },
}

impl Error {
    /// The exit code: 2 for unusable arguments or configuration, 128 and the
    /// signal's number after a signal, 1 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration { .. } | Self::InvalidInput(_) => 2,
            Self::Interrupted { number, .. } => 128 + number,
            _ => 1,
        }
    }

    /// An AWS error with its whole chain of causes.
    pub fn aws(doing: impl Into<String>, error: &impl std::error::Error) -> Self {
        let mut cause = error.to_string();
        let mut below = error.source();
        while let Some(error) = below {
            let text = error.to_string();
            if !cause.contains(&text) {
                cause = format!("{cause}: {text}");
            }
            below = error.source();
        }
        Self::Aws {
            doing: doing.into(),
            cause,
        }
    }

    /// Turns an I/O error into one that names the file.
    pub fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_what_can_be_mended_from_what_failed() {
        assert_eq!(Error::InvalidInput(String::new()).exit_code(), 2);
        assert_eq!(Error::Program(String::new()).exit_code(), 1);
        assert_eq!(
            Error::Interrupted {
                name: "SIGINT",
                number: 2
            }
            .exit_code(),
            130
        );
        assert_eq!(
            Error::Interrupted {
                name: "SIGTERM",
                number: 15
            }
            .exit_code(),
            143
        );
    }

    #[test]
    fn a_failure_says_every_cause_once() {
        let inner = io::Error::other("connection refused");
        let outer = Error::file("read", "a.toml")(inner);
        let error = Error::aws("listing runs", &outer).to_string();
        assert_eq!(
            error,
            "listing runs failed: cannot read `a.toml`: connection refused"
        );
    }
}
