//! `hostbench demo`.

use std::{process::ExitCode, time::Duration};

use bench_core::config::Dataset;

use super::{local, run};
use crate::{
    cli::Demo, dataset, error::Error, progress::Console, project::Project, request::Configuration,
    signals::Signals,
};

/// The configuration of the demo.
const CONFIGURATION: &str = "infra/configs/demo.toml";

/// The configuration of the demo of a load.
const LOAD_CONFIGURATION: &str = "infra/configs/demo-load.toml";

/// Short, since the demo can do without GSM8K.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn demo(
    arguments: &Demo,
    signals: &Signals,
    console: &Console,
) -> Result<ExitCode, Error> {
    let options = &arguments.options;
    let (file, start) = if arguments.load {
        (LOAD_CONFIGURATION, "demo --load")
    } else {
        (CONFIGURATION, "demo")
    };
    let project = Project::find()?;
    let path = project.root().join(file);
    let overrides = run::overrides(&path, &options.set)?;
    let chosen = overrides.to_value().get("dataset.source").is_some();
    let configuration = Configuration::read(&path, overrides)?;
    let configuration = if chosen || configuration.run.dataset.is_builtin() {
        configuration
    } else {
        with_available_dataset(&project, configuration, console).await?
    };
    let run = local::run(
        &project,
        configuration,
        (options, None),
        start,
        signals,
        console,
    );
    Box::pin(run).await
}

/// The configuration with GSM8K if it is here or can be downloaded, and with the
/// built-in problems otherwise.
async fn with_available_dataset(
    project: &Project,
    configuration: Configuration,
    console: &Console,
) -> Result<Configuration, Error> {
    let requested = &configuration.run.dataset;
    if requested.source != Dataset::GSM8K || dataset::find(project, requested, None).is_some() {
        return Ok(configuration);
    }
    match dataset::fetch(
        project,
        requested.split,
        dataset::UPSTREAM,
        READ_TIMEOUT,
        console,
    )
    .await
    {
        Ok(_) => Ok(configuration),
        Err(error) => {
            console.note(format!("{error}"));
            console.note("using the 20 built-in problems instead of GSM8K");
            configuration.with(&[("dataset.source", Dataset::BUILTIN.into())])
        }
    }
}
