//! The settings of a simulator, and what keeps it from starting with them.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use bench_core::dataset::{self, DatasetError};

use crate::prompts::KnownPrompts;

/// The settings of a simulator.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The speed-up relative to the published service times; above 0.
    pub time_scale: f64,
    /// The share of correct answers, 0 to 1.
    pub accuracy: f64,
    /// The seed of all draws.
    pub seed: u64,
    /// Where the ground truth is written as JSON lines; an old file is replaced.
    pub log: Option<PathBuf>,
    /// GSM8K-format files whose prompts are known besides the built-in ones.
    pub datasets: Vec<PathBuf>,
    /// The key that the HTTP protocols require in `Authorization: Bearer`; `None`
    /// requires none.
    pub api_key: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            time_scale: 100.0,
            accuracy: 0.9,
            seed: 7,
            log: None,
            datasets: Vec::new(),
            api_key: None,
        }
    }
}

/// An error that keeps a simulator from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No answer can be drawn with this accuracy.
    #[error("`accuracy` is {0}, expected a share from 0 to 1")]
    Accuracy(f64),
    /// No answer can be timed with this scale.
    #[error("`time-scale` is {0}, expected a finite number above 0")]
    TimeScale(f64),
    /// A dataset cannot be read.
    #[error("cannot read dataset `{path}`: {source}; check the path")]
    DatasetUnreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A dataset is not in the format of GSM8K.
    #[error("{0}; expected GSM8K-format JSON lines")]
    DatasetInvalid(#[from] DatasetError),
    /// The log cannot be written.
    #[error("cannot write the log `{path}`: {source}; check the path")]
    Log {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Nothing can be written down.
    #[error("cannot start a thread for the log: {0}; free some memory or processes")]
    Thread(io::Error),
    /// The port is not available.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another `port`, or 0 for any")]
    Listen {
        /// The port.
        port: u16,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), StartError> {
        if !(0.0..=1.0).contains(&self.accuracy) {
            return Err(StartError::Accuracy(self.accuracy));
        }
        if !self.time_scale.is_finite() || self.time_scale <= 0.0 {
            return Err(StartError::TimeScale(self.time_scale));
        }
        Ok(())
    }

    pub(crate) fn prompts(&self) -> Result<KnownPrompts, StartError> {
        let mut prompts = KnownPrompts::default();
        prompts.add(dataset::parse("builtin", dataset::BUILTIN)?);
        for path in &self.datasets {
            let content = fs::read(path).map_err(|source| StartError::DatasetUnreadable {
                path: path.clone(),
                source,
            })?;
            prompts.add(dataset::parse(&path.display().to_string(), &content)?);
        }
        Ok(prompts)
    }

    pub(crate) fn open_log(&self) -> Result<Option<File>, StartError> {
        let open = |path: &PathBuf| {
            File::create(path).map_err(|source| StartError::Log {
                path: path.clone(),
                source,
            })
        };
        self.log.as_ref().map(open).transpose()
    }
}
