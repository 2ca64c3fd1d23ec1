//! Runs on the embedded AWS: of `hostbench run --local` and `hostbench demo`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use bench_report::{cost_warning, format::counted};
use bench_store::journal;

use super::print_outcome;
use crate::{
    access, artifacts,
    aws::{self, Account},
    cli::{LocalRun, StackSelector},
    disk,
    error::Error,
    execution::{self, ExecutionResult},
    history,
    local::{LocalOptions, SIMULATED_WAIT_SCALE, Session},
    partial,
    progress::Console,
    project::Project,
    request::{Configuration, RunRequest},
    resume::StoredRun,
    run_folder::{self, RunJournal},
    run_prices,
    signals::{Signals, StopSignal},
    summary::Outcome,
};

/// The longest wait for calls in flight after Ctrl-C; who waits can end it by another one.
const INTERACTIVE_GRACE: Duration = Duration::from_secs(30);
/// The same after other signals: a container is given 10 s to stop.
const GRACE: Duration = Duration::from_secs(8);

/// A run that is about to be made, or to go on.
struct LocalJob {
    request: RunRequest,
    /// The folder of its artifacts.
    out: PathBuf,
    /// `None` on an emulator that this command did not start.
    journal: Option<RunJournal>,
    /// The samples stored of it already.
    stored: Option<StoredRun>,
    /// The command that continues it.
    resume: String,
}

/// Runs a configuration on the embedded AWS and prints its report. `start` is how the
/// command is called for it, without its other options; `aws` are those that select the
/// account of real targets.
pub(super) async fn run(
    project: &Project,
    configuration: Configuration,
    (arguments, aws): (&LocalRun, Option<&StackSelector>),
    start: &str,
    signals: &Signals,
    console: &Console,
) -> Result<ExitCode, Error> {
    for target in configuration.with_lifecycle() {
        console.note(format!(
            "target `{target}` must be running already: its `lifecycle` applies to runs on AWS only"
        ));
    }
    let configuration = configuration.for_embedded_aws()?;
    let profile = aws.and_then(|aws| aws.profile.as_deref());
    let account = account(&configuration, arguments, profile).await?;
    if let Some(note) = account.as_ref().and_then(Account::expiry_note) {
        console.note(note);
    }
    let region = aws
        .and_then(|aws| aws.region.clone())
        .or_else(|| account.as_ref()?.region.clone())
        .unwrap_or_else(|| aws::DEFAULT_REGION.to_owned());
    let job = match &arguments.resume {
        None => {
            let prices = run_prices::of_project(project)?;
            let outside = run_prices::check_budget(&configuration.run, prices.as_ref(), &region)?;
            if let Some(outside) = outside {
                console.note(cost_warning(&outside));
            }
            begin(project, configuration, arguments, start)?
        }
        Some(run) => {
            let out = run_folder::find(run, arguments.out.as_deref())?;
            if let Some(outcome) = finished(run, &out)? {
                console.note(format!(
                    "run `{run}` is complete: there is nothing to resume"
                ));
                return print_outcome(&outcome, arguments.json);
            }
            resume(project, configuration, arguments, start, run, out).await?
        }
    };

    let options = options(&job, arguments, account, region)?;
    let mut session = Session::start(project, &options, console).await?;
    let work = Box::pin(measure(project, &mut session, &job, console));
    let result = match &job.journal {
        None => work.await,
        Some(journal) => {
            let parting = format!(
                "the samples so far are in `{}`; continue with\n  {}",
                journal.display_path().display(),
                job.resume
            );
            match signals.first_during(parting, work).await {
                Ok(result) => result,
                Err(signal) => return stop(session, job, signal, arguments, console).await,
            }
        }
    };
    if !matches!(result, Ok(ExecutionResult::Complete)) {
        session.keep_log(project, console);
    }
    session.stop(console);
    let LocalJob {
        request,
        out,
        journal,
        resume,
        ..
    } = job;
    let result = match journal {
        Some(journal) => settle(journal, result, &resume, console).await?,
        None => result?,
    };
    let outcome = Outcome::read(&request.run_id, &out, Some(result))?;
    list(&out)?;
    print_outcome(&outcome, arguments.json)
}

fn begin(
    project: &Project,
    configuration: Configuration,
    arguments: &LocalRun,
    start: &str,
) -> Result<LocalJob, Error> {
    let request = RunRequest::new(project, configuration, arguments.run_id.clone())?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new(artifacts::RUNS).join(request.run_id.as_str()));
    let journal = if arguments.endpoint_url.is_some() {
        None
    } else {
        let journal = RunJournal::open(&out)?;
        if let Some(plan) = journal.plan()? {
            return Err(Error::InvalidInput(format!(
                "`{}` has the samples of run `{}`, which was not finished; choose another `--out`, \
                 or continue it with\n  {}",
                out.display(),
                plan.run_id,
                arguments.resume_command(start, &plan.run_id, &out),
            )));
        }
        Some(journal)
    };
    artifacts::refuse_to_overwrite(&out)?;
    disk::check(&out)?;
    Ok(LocalJob {
        resume: arguments.resume_command(start, &request.run_id, &out),
        request,
        out,
        journal,
        stored: None,
    })
}

async fn resume(
    project: &Project,
    configuration: Configuration,
    arguments: &LocalRun,
    start: &str,
    run: &str,
    out: PathBuf,
) -> Result<LocalJob, Error> {
    let journal = RunJournal::open(&out)?;
    let Some(stored) = journal.read().await? else {
        return Err(Error::InvalidInput(format!(
            "run `{run}` has nothing to resume: `{}` has no journal of calls; start it again \
             without `--resume`",
            out.display()
        )));
    };
    stored.refuse_other_configuration(&configuration.run)?;
    let run_id = stored.plan.run_id.to_string();
    let request = RunRequest::new(project, configuration, Some(run_id))?;
    Ok(LocalJob {
        resume: arguments.resume_command(start, &request.run_id, &out),
        request,
        out,
        journal: Some(journal),
        stored: Some(stored),
    })
}

/// The outcome of a run that is complete, and has no journal any more.
fn finished(run: &str, out: &Path) -> Result<Option<Outcome>, Error> {
    if RunJournal::has_begun(out) {
        return Ok(None);
    }
    let outcome = Outcome::read(run, out, None)?;
    Ok(outcome.complete.then_some(outcome))
}

/// Runs the state machine to its end and fetches what it wrote, however it ended.
async fn measure(
    project: &Project,
    session: &mut Session,
    job: &LocalJob,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    let store = session.store();
    if let Some(stored) = &job.stored {
        stored.restore(&store, console).await?;
    }
    execution::upload(project, &store, &job.request).await?;
    if let Some(journal) = &job.journal {
        console.note(format!(
            "samples are kept in `{}` as they come",
            journal.display_path().display()
        ));
    }
    let execution = execution::run_and_watch(session, &job.request, console);
    let result = match &job.journal {
        None => execution.await?,
        Some(journal) => tokio::select! {
            result = execution => result?,
            full = disk::until_full(journal.folder()) => {
                journal.close()?;
                journal.wait_for_calls(INTERACTIVE_GRACE, console).await?;
                return Err(full);
            }
        },
    };
    let step = console.step("fetching the report");
    let files = artifacts::fetch(&store, &job.request.run_id, &job.out).await?;
    step.done(&format!("{} files in `{}`", files.len(), job.out.display()));
    Ok(result)
}

/// Ends a run on a signal: no further call, some time for those in flight, and a partial
/// report.
async fn stop(
    session: Session,
    job: LocalJob,
    signal: StopSignal,
    arguments: &LocalRun,
    console: &Console,
) -> Result<ExitCode, Error> {
    let interrupted = Error::Interrupted {
        signal,
        parting: None,
    };
    let Some(journal) = &job.journal else {
        return Err(interrupted);
    };
    journal.close()?;
    let name = signal.name;
    console.note(format!(
        "{name}: no further call is made; a second {name} ends everything at once"
    ));
    let limit = if signal == StopSignal::INTERRUPT {
        INTERACTIVE_GRACE
    } else {
        GRACE
    };
    journal.wait_for_calls(limit, console).await?;
    session.stop(console);
    let stored = journal.read().await?;
    let Some(stored) = stored.filter(|stored| !stored.samples.is_empty()) else {
        return Err(interrupted);
    };
    let result = partial::write(&stored, signal, &job.out)?;
    list(&job.out)?;
    let outcome = Outcome::read(&job.request.run_id, &job.out, Some(result))?;
    print_outcome(&outcome, arguments.json)?;
    console.note(remainder(journal, &stored, &job.resume));
    Ok(ExitCode::from(signal.exit_code()))
}

/// Deletes the journal of a run whose artifacts have everything, and says how to continue
/// one that is not finished.
async fn settle(
    journal: RunJournal,
    result: Result<ExecutionResult, Error>,
    resume: &str,
    console: &Console,
) -> Result<ExecutionResult, Error> {
    if let Ok(ExecutionResult::Complete) = result {
        journal.delete()?;
        return result;
    }
    let Ok(Some(stored)) = journal.read().await else {
        return result;
    };
    let hint = remainder(&journal, &stored, resume);
    let result = result.map_err(|cause| Error::Unfinished {
        cause: Box::new(cause),
        hint: hint.clone(),
    })?;
    let (planned, made) = stored.progress();
    // The journal has the calls of a load, and not whether it is over.
    if made >= planned && stored.plan.config.load.is_none() {
        journal.delete()?;
    } else {
        console.note(hint);
    }
    Ok(result)
}

fn remainder(journal: &RunJournal, stored: &StoredRun, resume: &str) -> String {
    let (planned, made) = stored.progress();
    let under_load = match stored.calls_under_load() {
        0 => String::new(),
        calls => format!(" and {} under load", counted(calls as u64, "call")),
    };
    format!(
        "{made} of {planned} calls{under_load} have their samples in `{}`; continue with\n  \
         {resume}",
        journal.display_path().display()
    )
}

/// Lists a run in the default folder among the others there.
fn list(out: &Path) -> Result<(), Error> {
    let runs = Path::new(artifacts::RUNS);
    if out.parent() == Some(runs) {
        history::write_index(runs)?;
    }
    Ok(())
}

/// The account that real targets are called with; `None` where none needs one.
async fn account(
    configuration: &Configuration,
    arguments: &LocalRun,
    profile: Option<&str>,
) -> Result<Option<Account>, Error> {
    // A running emulator has its environment already.
    if access::needs_account(&configuration.run) && arguments.endpoint_url.is_none() {
        aws::account(profile).await.map(Some)
    } else {
        Ok(None)
    }
}

fn options(
    job: &LocalJob,
    arguments: &LocalRun,
    account: Option<Account>,
    region: String,
) -> Result<LocalOptions, Error> {
    let request = &job.request;
    let configuration = &request.configuration;
    let simulated = configuration.needs_simulator();
    let mut environment = access::environment(&configuration.run, |name| std::env::var(name).ok())?;
    if let Some(journal) = &job.journal {
        let folder = journal.folder().display().to_string();
        environment.push((journal::VARIABLE.to_owned(), folder));
    }
    Ok(LocalOptions {
        programs: arguments.bin_dir.clone(),
        simulation: simulated.then(|| configuration.run.simulation.clone()),
        dataset: request.dataset.as_ref().map(|file| file.path.clone()),
        model_credentials: account.map(|account| account.credentials),
        region,
        endpoint_url: arguments.endpoint_url.clone(),
        wait_scale: if configuration.is_all_simulated() {
            SIMULATED_WAIT_SCALE
        } else {
            1.0
        },
        environment,
        keep: arguments.keep,
        ..LocalOptions::default()
    })
}
