//! The parts of the commands that talk to a deployed stack.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use bench_core::{config::RunConfig, identity::RunId};
use bench_report::{cost_warning, format::counted};
use bench_store::{RunStatus, keys};
use serde_json::{Value, json};

use super::{print_line, print_outcome, print_text};
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
    run_state::{self, RunState},
    stack::{self, Deployed},
    summary::Outcome,
    terminal::Screen,
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
    if let Some(out) = &arguments.out {
        artifacts::refuse_to_overwrite(out)?;
    }
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
    let run = &request.configuration.run;
    if let Some(outside) = run_prices::check_budget(run, prices.as_ref(), region)? {
        console.note(cost_warning(&outside));
    }
    execution::upload_missing(&project, &store, &request).await?;

    let run = (&request.run_id, &request.configuration.run);
    start(deployed, selector, run, &input, arguments, console).await
}

/// Resumes a run of a stack by its plan, and prints its report.
pub(super) async fn resume(
    deployed: &Deployed,
    selector: &StackSelector,
    name: &str,
    arguments: &LocalRun,
    console: &Console,
) -> Result<ExitCode, Error> {
    let run_id = run_id(deployed, name, selector).await?;
    let options = selector.arguments();
    let pipeline = &deployed.pipeline;
    let runs = run_state::runs(pipeline).await?;
    let state = runs.iter().find(|run| run.run_id == run_id);
    let state = state.map_or(RunState::Unknown, |run| run.state);
    if !state.can_be_resumed() {
        return Err(Error::InvalidInput(match state {
            RunState::Complete => format!(
                "run `{run_id}` is complete, there is nothing to resume; `hostbench report \
                 {run_id}{options}` prints its report"
            ),
            _ => format!(
                "run `{run_id}` is still running; wait for its end, or stop it with `hostbench \
                 stop {run_id}{options}`"
            ),
        }));
    }
    let plan = pipeline.store().get_plan(&run_id).await?.ok_or_else(|| {
        Error::InvalidInput(format!(
            "run `{run_id}` ended before it was planned, so that no call was made; start it again \
             with `hostbench run CONFIG{options}`"
        ))
    })?;
    verify(deployed, selector, &plan.config).await?;
    let input = json!({"resume": run_id});
    let run = (&plan.run_id, &plan.config);
    start(deployed, selector, run, &input, arguments, console).await
}

/// Starts an execution of a run, watches it, and prints the report.
async fn start(
    deployed: &Deployed,
    selector: &StackSelector,
    (run_id, config): (&RunId, &RunConfig),
    input: &Value,
    arguments: &LocalRun,
    console: &Console,
) -> Result<ExitCode, Error> {
    let pipeline = &deployed.pipeline;
    let arn = execution::start(pipeline, run_id, input).await?;
    let options = selector.arguments();
    console.note(format!(
        "run `{run_id}` started; it continues if this command is stopped: `hostbench report \
         {run_id}{options}` fetches its report later, `hostbench stop {run_id}{options}` stops it"
    ));
    let result = execution::watch_on_aws(pipeline, &arn, run_id, config, console).await?;
    let out = arguments.out.as_deref();
    let outcome = fetch_outcome(deployed, run_id, Some(result), out, selector, console).await?;
    if !outcome.complete {
        console.note(format!(
            "to resume the run: `hostbench run --resume {run_id}{options}`"
        ));
    }
    print_outcome(&outcome, arguments.json)
}

/// The id of a run that is named by it or by the name of an execution of it.
pub(super) async fn run_id(
    deployed: &Deployed,
    name: &str,
    selector: &StackSelector,
) -> Result<String, Error> {
    let found = run_state::find(&deployed.pipeline, name).await?;
    found.ok_or_else(|| {
        let options = selector.arguments();
        Error::InvalidInput(format!(
            "run `{name}` not found; `hostbench runs{options}` lists the runs of the stack"
        ))
    })
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
    let (run, out) = (&arguments.run, arguments.out.as_deref());
    let outcome = reported(deployed, run, out, &arguments.stack, console).await?;
    print_outcome(&outcome, arguments.json)
}

/// Fetches a run of a stack that has a report. Without `out`, it comes to the others on this
/// machine.
pub(super) async fn reported(
    deployed: &Deployed,
    name: &str,
    out: Option<&Path>,
    selector: &StackSelector,
    console: &Console,
) -> Result<Outcome, Error> {
    let run = &run_id(deployed, name, selector).await?;
    let outcome = fetch_outcome(deployed, run, None, out, selector, console).await?;
    let options = selector.arguments();
    let record = deployed.pipeline.store().run(run).await?;
    // The files of an earlier report may still be there.
    if record.is_some_and(|record| record.status == RunStatus::ReportFailed) {
        return Err(Error::InvalidInput(format!(
            "run `{run}` has samples and no report, since making it failed; {}, and so does \
             `hostbench run --resume {run}{options}`, which repeats no call",
            outcome.rebuild_remedy()
        )));
    }
    if outcome.report.is_some() {
        return Ok(outcome);
    }
    let runs = run_state::runs(&deployed.pipeline).await?;
    let state = runs.iter().find(|other| &other.run_id == run);
    let state = state.map_or(RunState::Unknown, |run| run.state);
    let remedy = if state.can_be_resumed() {
        format!("resume it with `hostbench run --resume {run}{options}`")
    } else {
        "wait for its end".to_owned()
    };
    Err(Error::InvalidInput(format!(
        "run `{run}` has no report, its status is {}; {remedy}",
        state.name()
    )))
}

/// The id of the latest run of a stack that has a report.
pub(super) async fn latest(deployed: &Deployed, selector: &StackSelector) -> Result<String, Error> {
    let mut runs = run_state::runs(&deployed.pipeline).await?.into_iter();
    let latest = runs.find(|run| run.state.has_report());
    latest.map(|run| run.run_id).ok_or_else(|| {
        Error::InvalidInput(format!(
            "no run of the stack has a report; `hostbench runs{}` lists its runs",
            selector.arguments()
        ))
    })
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
    step.done(&format!(
        "{} in `{}`",
        counted(files.len() as u64, "file"),
        folder.display()
    ));
    Ok(())
}

/// The runs of a stack, newest first, finished or not.
pub(super) async fn runs(
    deployed: &Deployed,
    selector: &StackSelector,
    as_json: bool,
) -> Result<ExitCode, Error> {
    let runs = run_state::runs(&deployed.pipeline).await?;
    let options = selector.arguments();
    if as_json {
        print_line(json!({ "runs": runs }))?;
    } else if runs.is_empty() {
        print_text(format!(
            "no runs yet; start one with `hostbench run CONFIG{options}`"
        ))?;
    } else {
        let header = ["run", "started", "configuration", "status"];
        let rows = runs.iter().map(|run| {
            [
                run.run_id.clone(),
                run.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
                run.config.clone().unwrap_or_default(),
                run.state.name().to_owned(),
            ]
        });
        print_line(Screen::stdout().table(header, rows, header.len()))?;
        if runs.iter().any(|run| run.state.can_be_resumed()) {
            print_text(format!(
                "a run that is not complete is resumed by `hostbench run --resume RUN{options}`"
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
