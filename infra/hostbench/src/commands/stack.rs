//! The parts of the commands that talk to a deployed stack.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use bench_core::config::RunConfig;
use bench_store::{RunStatus, keys};
use serde_json::{Value, json};

use super::{print_line, print_outcome};
use crate::{
    artifacts, aws,
    cli::{LocalRun, Report, StackSelector},
    error::Error,
    execution::{self, ExecutionResult},
    history,
    permissions::{self, PermissionCheck},
    progress::Console,
    project::Project,
    request::{Configuration, RunRequest},
    run_prices,
    stack::{self, Deployed},
    summary::Outcome,
    terminal,
};

/// Finds the selected stack; `None` if none is named and this machine is meant.
pub(super) async fn select(selector: &StackSelector) -> Result<Option<Deployed>, Error> {
    let Some(name) = &selector.stack else {
        return Ok(None);
    };
    let aws = aws::config(selector.profile.as_deref(), selector.region.as_deref()).await?;
    stack::find(&aws, name).await.map(Some)
}

/// Runs a configuration on a stack and prints its report.
pub(super) async fn run(
    deployed: &Deployed,
    selector: &StackSelector,
    configuration: Configuration,
    arguments: &LocalRun,
    console: &Console,
) -> Result<ExitCode, Error> {
    let check = verify(deployed, selector, &configuration.run).await?;
    if check.is_allowed().is_none() {
        console.note(check.to_string());
    }
    let pipeline = &deployed.pipeline;
    let store = pipeline.store();
    let mut stored = store.list_objects(keys::CONFIGS).await?;
    stored.extend(store.list_objects(keys::DATASETS).await?);
    let project = Project::find()?;
    let request = RunRequest::on_stack(&project, configuration, arguments.run_id.clone(), &stored)?;
    let input = request.input_with_configuration()?;
    let prices = run_prices::of_stack(&store, &project).await?;
    let region = pipeline
        .aws
        .region()
        .map_or(aws::DEFAULT_REGION, AsRef::as_ref);
    run_prices::check_budget(&request.configuration.run, prices.as_ref(), region)?;
    execution::upload_missing(&project, &store, &request).await?;

    let arn = execution::start(pipeline, &request, &input).await?;
    let run = &request.run_id;
    let options = selector.arguments();
    console.note(format!(
        "run `{run}` started; it continues if this command is stopped: \
         `hostbench report {run}{options}` fetches its report later"
    ));
    let result = execution::watch_on_aws(pipeline, &arn, &request, console).await?;
    fetch_outcome(
        deployed,
        run,
        Some(result),
        arguments.out.as_deref(),
        selector,
        console,
    )
    .await
    .and_then(|outcome| print_outcome(&outcome, arguments.json))
}

/// Rejects a configuration whose targets the stack has no permission to call.
pub(super) async fn verify(
    deployed: &Deployed,
    selector: &StackSelector,
    run: &RunConfig,
) -> Result<PermissionCheck, Error> {
    permissions::reject_local_targets(deployed, run)?;
    let check = permissions::verify(deployed, run).await?;
    if check.is_allowed() == Some(false) {
        return Err(Error::InvalidInput(format!(
            "{check}\nrun `hostbench deploy --config CONFIG{}` to grant these permissions",
            selector.arguments()
        )));
    }
    Ok(check)
}

/// Fetches a run of a stack and prints its report.
pub(super) async fn report(
    deployed: &Deployed,
    arguments: &Report,
    console: &Console,
) -> Result<ExitCode, Error> {
    let run = &arguments.run;
    let out = arguments.out.as_deref();
    let outcome = fetch_outcome(deployed, run, None, out, &arguments.stack, console).await?;
    if outcome.report.is_some() {
        return print_outcome(&outcome, arguments.json);
    }
    let runs = deployed.pipeline.store().runs().await?;
    let options = arguments.stack.arguments();
    Err(Error::InvalidInput(
        if runs.iter().any(|record| &record.run_id == run) {
            format!(
                "run `{run}` has no report: its execution is still running, or failed before the \
                 report was written"
            )
        } else {
            format!("run `{run}` not found; `hostbench runs{options}` lists the runs of the stack")
        },
    ))
}

/// Fetches the artifacts of a run and reads its outcome.
async fn fetch_outcome(
    deployed: &Deployed,
    run: &str,
    result: Option<ExecutionResult>,
    out: Option<&Path>,
    selector: &StackSelector,
    console: &Console,
) -> Result<Outcome, Error> {
    let runs = Path::new(artifacts::RUNS);
    let folder = out.map_or_else(|| runs.join(run), PathBuf::from);
    fetch(deployed, run, &folder, console).await?;
    let outcome = Outcome::read(run, &folder, result)?;
    if outcome.report.is_none() {
        return Ok(outcome);
    }
    if out.is_none() {
        history::write_index(runs)?;
    }
    let bucket = &deployed.pipeline.outputs.bucket;
    let key = keys::artifact(run, "report.html");
    // A link signed here would expire with the credentials of this session, so the
    // user signs it.
    let account = [("region", &selector.region), ("profile", &selector.profile)];
    let account: String = account
        .into_iter()
        .filter_map(|(option, value)| Some(format!(" --{option} {}", value.as_ref()?)))
        .collect();
    let presign = format!("aws s3 presign s3://{bucket}/{key} --expires-in 3600{account}");
    console.note(format!("to share the report for an hour: {presign}"));
    Ok(outcome)
}

/// Fetches the artifacts of a run into a folder.
pub(super) async fn fetch(
    deployed: &Deployed,
    run: &str,
    folder: &Path,
    console: &Console,
) -> Result<(), Error> {
    let step = console.step(format!("fetching run `{run}`"));
    let files = artifacts::fetch(&deployed.pipeline.store(), run, folder).await?;
    step.done(&format!("{} files in `{}`", files.len(), folder.display()));
    Ok(())
}

/// The runs of a stack, newest first, finished or not.
pub(super) async fn runs(deployed: &Deployed, as_json: bool) -> Result<ExitCode, Error> {
    let mut runs = deployed.pipeline.store().runs().await?;
    runs.sort_by(|a, b| {
        let newest_first = b.started_at.cmp(&a.started_at);
        newest_first.then_with(|| a.run_id.cmp(&b.run_id))
    });
    if as_json {
        let runs: Vec<Value> = runs
            .iter()
            .map(|run| {
                json!({
                    "run_id": run.run_id,
                    "config": run.config_name,
                    "started_at": run.started_at,
                    "status": run.status,
                    "execution": run.execution,
                })
            })
            .collect();
        print_line(json!({ "runs": runs }))?;
    } else if runs.is_empty() {
        print_line("no runs yet; start one with `hostbench run CONFIG --stack NAME`")?;
    } else {
        let header = ["run", "started", "configuration", "report"];
        let rows = runs.iter().map(|run| {
            [
                run.run_id.to_string(),
                run.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
                run.config_name.clone(),
                report_status(run.status).to_owned(),
            ]
        });
        print_line(terminal::table(header, rows, header.len()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn report_status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Planned => "not yet",
        RunStatus::Complete => "complete",
        RunStatus::Incomplete => "incomplete",
    }
}
