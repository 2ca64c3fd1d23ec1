//! The command, the Lambdas and the simulator, built along with the tests.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use hostbench::{
    lambdas::{LAMBDAS, SIMULATOR},
    project::Project,
};

/// The operator's command.
const COMMAND: &str = "hostbench";

/// The folder with the programs, built once.
///
/// A test target is named beside them, so that every crate is built with the
/// features that `cargo test` has given it: nothing is built twice.
///
/// # Panics
///
/// When they cannot be built.
#[must_use]
pub fn programs(project: &Project) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let build = project.build().expect("a checkout");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(project.root())
            .args(["build", "--workspace", "--locked", "--quiet"])
            .args(["--test", "embedded_aws", "--profile", build.profile()])
            .arg("--target-dir")
            .arg(&build.target);
        for name in LAMBDAS.iter().chain(&[SIMULATOR, COMMAND]) {
            cargo.args(["--bin", name]);
        }
        let output = cargo.output().expect("cargo");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        build.programs()
    };
    BUILT.get_or_init(build).clone()
}
