//! `hostbench run`.

use std::{path::Path, process::ExitCode};

use bench_core::config::Overrides;

use super::{local, stack};
use crate::{
    cli::Run, error::Error, progress::Console, project::Project, request::Configuration,
    shell_word, signals::Signals,
};

pub(super) async fn run(
    arguments: &Run,
    signals: &Signals,
    console: &Console,
) -> Result<ExitCode, Error> {
    let overrides = overrides(&arguments.config, &arguments.options.set)?;
    let configuration = Configuration::read(&arguments.config, overrides)?;
    if arguments.stack.stack.is_some() {
        let local_only = arguments.options.local_only();
        if !local_only.is_empty() {
            return Err(Error::InvalidInput(format!(
                "`{}` cannot be used with `--stack`, only with `--local`; remove it",
                local_only.join("`, `")
            )));
        }
    }
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        let (selector, options) = (&arguments.stack, &arguments.options);
        return stack::run(&deployed, selector, configuration, options, console).await;
    }
    if !arguments.local {
        return Err(Error::InvalidInput(
            "neither `--local` nor `--stack` is given; add `--local` to run on this machine, or \
             `--stack NAME` to run on a deployed stack"
                .to_owned(),
        ));
    }
    let project = Project::find()?;
    let config = arguments.config.display().to_string();
    let start = format!("run {} --local", shell_word::quoted(&config));
    let options = &arguments.options;
    local::run(&project, configuration, options, &start, signals, console).await
}

/// The overrides of `--set`.
pub(super) fn overrides(path: &Path, arguments: &[String]) -> Result<Overrides, Error> {
    Overrides::parse(arguments).map_err(|faults| Error::Configuration {
        path: path.display().to_string(),
        faults,
    })
}
