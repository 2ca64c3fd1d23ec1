//! `hostbench run`.

use std::{path::Path, process::ExitCode};

use bench_core::config::Overrides;

use super::{load_question, local, stack};
use crate::{
    cli::Run, error::Error, progress::Console, project::Project, request::Configuration,
    shell_word, signals::Signals,
};

pub(super) async fn run(
    arguments: &Run,
    signals: &Signals,
    console: &Console,
) -> Result<ExitCode, Error> {
    let options = &arguments.options;
    if arguments.stack.stack.is_some() {
        let local_only = options.local_only();
        if !local_only.is_empty() {
            return Err(Error::InvalidInput(format!(
                "`{}` cannot be used with `--stack`, only with `--local`; remove it",
                local_only.join("`, `")
            )));
        }
    }
    if let (Some(run), Some(_)) = (&options.resume, &arguments.stack.stack) {
        refuse_configuration(arguments)?;
        if let Some(deployed) = stack::select(&arguments.stack).await? {
            return stack::resume(&deployed, &arguments.stack, run, options, console).await;
        }
    }
    let Some(path) = &arguments.config else {
        return Err(Error::InvalidInput(
            "`--resume` is given alone; add `--stack NAME` for a run of a stack, or CONFIG and \
             `--local` for one on this machine"
                .to_owned(),
        ));
    };
    let configuration = Configuration::named(path, overrides(path, &options.set)?)?;
    let is_asked = arguments.yes || options.resume.is_some();
    if arguments.local || arguments.stack.stack.is_some() {
        load_question::confirm(&configuration, is_asked, console)?;
    }
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        return stack::run(&deployed, &arguments.stack, configuration, options, console).await;
    }
    if !arguments.local {
        return Err(Error::InvalidInput(
            "neither `--local` nor `--stack` is given; add `--local` to run on this machine, or \
             `--stack NAME` to run on a deployed stack"
                .to_owned(),
        ));
    }
    let project = Project::find()?;
    let start = format!(
        "run {} --local{}",
        shell_word::quoted(&path.display().to_string()),
        arguments.stack.arguments()
    );
    let options = (options, Some(&arguments.stack));
    let run = local::run(&project, configuration, options, &start, signals, console);
    Box::pin(run).await
}

/// A run of a stack is resumed by its plan.
fn refuse_configuration(arguments: &Run) -> Result<(), Error> {
    if arguments.config.is_none() && arguments.options.set.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidInput(
        "CONFIG or `--set` is given with `--resume` and `--stack`, and the plan of the run has its \
         configuration; remove them"
            .to_owned(),
    ))
}

/// The overrides of `--set`.
pub(super) fn overrides(path: &Path, arguments: &[String]) -> Result<Overrides, Error> {
    Overrides::parse(arguments).map_err(|faults| Error::Configuration {
        path: path.display().to_string(),
        faults,
    })
}
