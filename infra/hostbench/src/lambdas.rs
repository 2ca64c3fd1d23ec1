//! The Lambdas and the simulator as programs of this machine, built with cargo in a checkout.

use std::{
    env,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{
    error::Error,
    process,
    progress::Console,
    project::{Build, Project},
    tools::CARGO,
};

/// The Lambdas: the names of their crates, folders and binaries.
pub const LAMBDAS: [&str; 3] = ["planner", "invoker", "aggregator"];
/// The simulated model services.
pub const SIMULATOR: &str = "simulator";

/// The folder with the Lambdas and the simulator: the given one, that of an installation, or
/// the target folder of a checkout after building them with the profile of this command.
///
/// # Errors
///
/// [`Error::Program`] when cargo fails, [`Error::InvalidInput`] when a program is missing.
pub async fn programs(
    project: &Project,
    given: Option<&Path>,
    console: &Console,
) -> Result<PathBuf, Error> {
    let folder = match (given, project.build()) {
        (Some(folder), _) => folder.to_path_buf(),
        (None, Some(build)) => cargo_build(project, build, console).await?,
        (None, None) => project.programs(),
    };
    for name in LAMBDAS.iter().chain([&SIMULATOR]) {
        if !folder.join(name).is_file() {
            let remedy = if given.is_some() || project.build().is_some() {
                format!("build it with `cargo build --bin {name}`")
            } else {
                let parts = project.root().display();
                format!("delete `{parts}`, which the next command unpacks again")
            };
            let folder = folder.display();
            return Err(Error::InvalidInput(format!(
                "`{folder}` has no program `{name}`; {remedy}"
            )));
        }
    }
    Ok(folder)
}

async fn cargo_build(
    project: &Project,
    build: &Build,
    console: &Console,
) -> Result<PathBuf, Error> {
    let cargo = if let Some(cargo) = env::var_os("CARGO") {
        cargo
    } else {
        CARGO.require()?;
        CARGO.program.into()
    };
    let mut step = console.step("building the Lambdas and the simulator");
    let mut command = Command::new(cargo);
    command
        .current_dir(project.root())
        .args(arguments(project, build));
    process::run(&mut command, "building the Lambdas", &mut step).await?;
    step.done("built");
    Ok(build.programs())
}

/// The whole workspace is named so that dependencies get the same features as
/// in `cargo run`, and are not built twice.
fn arguments(project: &Project, build: &Build) -> Vec<String> {
    let mut arguments: Vec<String> = ["build", "--workspace"].map(str::to_owned).to_vec();
    for name in LAMBDAS.iter().chain([&SIMULATOR]) {
        arguments.extend(["--bin".to_owned(), (*name).to_owned()]);
    }
    arguments.extend(["--profile".to_owned(), build.profile().to_owned()]);
    arguments.extend([
        "--target-dir".to_owned(),
        build.target.display().to_string(),
    ]);
    if project.root().join("Cargo.lock").is_file() {
        arguments.push("--locked".to_owned());
    }
    arguments
}
