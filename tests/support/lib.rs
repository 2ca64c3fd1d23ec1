//! Support for the end-to-end tests: the files of the project, and the pipeline on
//! the embedded AWS.

mod boto;
mod command;
mod configuration;
mod embedded;
mod programs;
mod recomputed;
mod recorder;
mod redeploy;
mod request_body;
mod steps;
mod truth;
mod waiting;

use std::path::{Path, PathBuf};

pub use command::{CommandOutput, Shell};
pub use configuration::{ONE_TARGET, one_target};
pub use embedded::{Embedded, Finished, REPETITIONS, WARMUPS};
pub use programs::programs;
pub use recomputed::assert_figures_can_be_recomputed;
pub use recorder::{RecordedRequest, Recorder};
pub use redeploy::Redeployment;
pub use request_body::content;
pub use steps::{FailedStep, Record};
pub use truth::{Call, Deviation, compare_with_truth};
pub use waiting::{eventually, function_environments, kill_invokers};

/// The root of the project.
///
/// # Panics
///
/// Never: this crate lies in a folder of it.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the root")
        .to_owned()
}

/// A file of the project as text.
///
/// # Panics
///
/// When there is no such file.
#[must_use]
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
