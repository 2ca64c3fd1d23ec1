//! The command-line interface: runs the pipeline and fetches its report.
//!
//! The template, the state machine and the Lambdas that are deployed to AWS also
//! run on an embedded AWS on this machine, which this crate installs, starts,
//! deploys to and stops.

pub mod access;
pub mod active;
pub mod artifacts;
pub mod aws;
pub mod browser;
pub mod bucket_configs;
pub mod capacity;
pub mod cli;
pub mod commands;
pub mod dataset;
pub mod deploy;
pub mod difference;
pub mod emulator;
pub mod error;
pub mod execution;
pub mod executions;
pub mod forecast;
pub mod grants;
pub mod halt;
pub mod history;
pub mod init;
pub mod instance_storage;
pub mod inventory;
pub mod lambda_quota;
pub mod lambdas;
mod load_progress;
pub mod load_text;
pub mod local;
pub mod machines;
pub mod notes;
pub mod package;
pub mod partial;
pub mod parts;
pub mod permissions;
pub mod pipeline;
pub mod prices;
pub mod probe;
pub mod process;
pub mod progress;
pub mod project;
mod ranges;
pub mod readiness;
pub mod release;
pub mod report_files;
pub mod request;
mod restored_load;
pub mod resume;
pub mod run_folder;
pub mod run_prices;
mod run_progress;
pub mod run_state;
pub mod sam;
pub mod schedules;
pub mod shell_word;
pub mod signals;
pub mod signed;
pub mod simulator;
pub mod spool;
pub mod stack;
pub mod stack_name;
pub mod stack_status;
pub mod summary;
pub mod teardown;
pub mod terminal;
pub mod text_file;
pub mod tools;
pub mod upload;
mod waiting;
pub mod workdir;
mod workload;

pub use error::Error;
