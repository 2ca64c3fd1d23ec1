//! `hostbench run`, and the local runs of `hostbench demo`.

use std::{path::Path, process::ExitCode};

use bench_core::config::Overrides;

use super::{print_outcome, stack};
use crate::{
    access, artifacts, aws,
    cli::{LocalRun, Run},
    error::Error,
    execution::{self, ExecutionResult},
    history,
    local::{LocalOptions, SIMULATED_WAIT_SCALE, Session},
    progress::Console,
    project::Project,
    request::{Configuration, RunRequest},
    run_prices,
    summary::Outcome,
};

pub(super) async fn run(arguments: &Run, console: &Console) -> Result<ExitCode, Error> {
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
    run_locally(&project, configuration, &arguments.options, console).await
}

/// The overrides of `--set`.
pub(super) fn overrides(path: &Path, arguments: &[String]) -> Result<Overrides, Error> {
    Overrides::parse(arguments).map_err(|faults| Error::Configuration {
        path: path.display().to_string(),
        faults,
    })
}

/// Runs a configuration on the embedded AWS and prints its report.
pub(super) async fn run_locally(
    project: &Project,
    configuration: Configuration,
    arguments: &LocalRun,
    console: &Console,
) -> Result<ExitCode, Error> {
    for target in configuration.with_lifecycle() {
        console.note(format!(
            "target `{target}` must be running already: its `lifecycle` applies to runs on AWS only"
        ));
    }
    let configuration = configuration.for_embedded_aws()?;
    let request = RunRequest::new(project, configuration, arguments.run_id.clone())?;
    let options = options(&request, arguments).await?;
    let prices = run_prices::of_project(project)?;
    run_prices::check_budget(&request.configuration.run, prices.as_ref(), &options.region)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new(artifacts::RUNS).join(request.run_id.as_str()));

    let mut session = Session::start(project, &options, console).await?;
    let result = measure(project, &mut session, &request, &out, console).await;
    if !matches!(result, Ok(ExecutionResult::Complete)) {
        session.keep_log(project, console);
    }
    session.stop(console);
    let result = result?;

    let outcome = Outcome::read(&request.run_id, &out, Some(result))?;
    if out.parent() == Some(Path::new(artifacts::RUNS)) {
        history::write_index(Path::new(artifacts::RUNS))?;
    }
    print_outcome(&outcome, arguments.json)
}

/// Runs the state machine to its end and fetches what it wrote, however it ended.
async fn measure(
    project: &Project,
    session: &mut Session,
    request: &RunRequest,
    out: &Path,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    let store = session.store();
    execution::upload(project, &store, request).await?;
    let result = execution::run_and_watch(session, request, console).await?;
    let step = console.step("fetching the report");
    let files = artifacts::fetch(&store, &request.run_id, out).await?;
    step.done(&format!("{} files in `{}`", files.len(), out.display()));
    Ok(result)
}

async fn options(request: &RunRequest, arguments: &LocalRun) -> Result<LocalOptions, Error> {
    let configuration = &request.configuration;
    // A running emulator has its environment already.
    let account = if access::needs_account(&configuration.run) && arguments.endpoint_url.is_none() {
        Some(aws::account().await?)
    } else {
        None
    };
    let region = account.as_ref().and_then(|account| account.region.clone());
    let simulated = configuration.needs_simulator();
    Ok(LocalOptions {
        programs: arguments.bin_dir.clone(),
        simulation: simulated.then(|| configuration.run.simulation.clone()),
        dataset: request.dataset.as_ref().map(|file| file.path.clone()),
        model_credentials: account.map(|account| account.credentials),
        region: region.unwrap_or_else(|| aws::DEFAULT_REGION.to_owned()),
        endpoint_url: arguments.endpoint_url.clone(),
        wait_scale: if configuration.is_all_simulated() {
            SIMULATED_WAIT_SCALE
        } else {
            1.0
        },
        environment: access::environment(&configuration.run, |name| std::env::var(name).ok())?,
        keep: arguments.keep,
        ..LocalOptions::default()
    })
}
