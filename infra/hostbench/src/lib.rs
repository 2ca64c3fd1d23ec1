//! The operator's command: runs the pipeline and brings its report home.
//!
//! The same template, state machine and Lambdas that are deployed to AWS run
//! here on an embedded AWS, which this crate installs, starts, deploys to,
//! watches and ends.

pub mod aws;
pub mod deploy;
pub mod emulator;
pub mod error;
pub mod lambdas;
pub mod local;
pub mod package;
pub mod process;
pub mod progress;
pub mod project;
pub mod simulator;
pub mod workdir;

pub use error::Error;
