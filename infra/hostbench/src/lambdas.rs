//! Building the Lambdas and the simulator with cargo.

use std::{
    env,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{error::Error, process, progress::Console, project::Project};

/// The Lambdas: the names of their crates, folders and binaries.
pub const LAMBDAS: [&str; 3] = ["planner", "invoker", "aggregator"];
/// The simulated model services.
pub const SIMULATOR: &str = "simulator";

/// The folder with the Lambdas and the simulator: the given one, or the target
/// folder after building them with the profile of this command.
///
/// # Errors
///
/// [`Error::Program`] when cargo fails, [`Error::InvalidInput`] when a program is missing.
pub async fn programs(
    project: &Project,
    given: Option<&Path>,
    console: &Console,
) -> Result<PathBuf, Error> {
    let folder = match given {
        Some(folder) => folder.to_path_buf(),
        None => build(project, console).await?,
    };
    for name in LAMBDAS.iter().chain([&SIMULATOR]) {
        if !folder.join(name).is_file() {
            let folder = folder.display();
            return Err(Error::InvalidInput(format!(
                "`{folder}` has no program `{name}`; build it with `cargo build --bin {name}`"
            )));
        }
    }
    Ok(folder)
}

async fn build(project: &Project, console: &Console) -> Result<PathBuf, Error> {
    let mut step = console.step("building the Lambdas and the simulator");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(project.root()).args(arguments(project));
    process::run(&mut command, "building the Lambdas", &mut step).await?;
    step.done("built");
    Ok(project.programs())
}

/// The whole workspace is named so that dependencies get the same features as
/// in `cargo run`, and are not built twice.
fn arguments(project: &Project) -> Vec<String> {
    let mut arguments: Vec<String> = ["build", "--workspace"].map(str::to_owned).to_vec();
    for name in LAMBDAS.iter().chain([&SIMULATOR]) {
        arguments.extend(["--bin".to_owned(), (*name).to_owned()]);
    }
    arguments.extend(["--profile".to_owned(), project.profile().to_owned()]);
    arguments.extend([
        "--target-dir".to_owned(),
        project.target().display().to_string(),
    ]);
    if project.root().join("Cargo.lock").is_file() {
        arguments.push("--locked".to_owned());
    }
    arguments
}
