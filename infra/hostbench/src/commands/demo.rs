//! `hostbench demo`.

use std::{process::ExitCode, time::Duration};

use bench_core::config::Dataset;

use super::run;
use crate::{
    cli::LocalRun, dataset, error::Error, progress::Console, project::Project,
    request::Configuration,
};

/// What the demonstration runs.
const CONFIGURATION: &str = "infra/configs/demo.toml";

/// How long an answer from the dataset's authors is waited for: the
/// demonstration can do without.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn demo(options: &LocalRun, console: &Console) -> Result<ExitCode, Error> {
    let project = Project::find()?;
    let path = project.root().join(CONFIGURATION);
    let overrides = run::overrides(&path, &options.set)?;
    let chosen = overrides.to_value().get("dataset.source").is_some();
    let configuration = Configuration::read(&path, overrides)?;
    let configuration = if chosen || configuration.run.dataset.is_builtin() {
        configuration
    } else {
        with_what_is_here(&project, configuration, console).await?
    };
    run::run_locally(&project, configuration, options, console).await
}

/// The configuration with GSM8K if it is here or can be fetched, and with the
/// built-in problems otherwise.
async fn with_what_is_here(
    project: &Project,
    configuration: Configuration,
    console: &Console,
) -> Result<Configuration, Error> {
    let wanted = &configuration.run.dataset;
    if wanted.source != Dataset::GSM8K || dataset::find(project, wanted, None).is_some() {
        return Ok(configuration);
    }
    match dataset::fetch(
        project,
        wanted.split,
        dataset::UPSTREAM,
        READ_TIMEOUT,
        console,
    )
    .await
    {
        Ok(_) => Ok(configuration),
        Err(error) => {
            console.note(format!("{error}"));
            console.note("the demonstration uses the 20 built-in problems instead of GSM8K");
            configuration.with(&[("dataset.source", Dataset::BUILTIN.into())])
        }
    }
}
