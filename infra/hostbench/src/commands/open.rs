//! `hostbench open`.

use std::{path::PathBuf, process::ExitCode};

use super::{print_line, report, stack};
use crate::{browser, cli::Open, error::Error, history, progress::Console, summary::Outcome};

pub(super) async fn open(arguments: &Open, console: &Console) -> Result<ExitCode, Error> {
    let page = page(&outcome(arguments, console).await?)?;
    if arguments.print {
        print_line(page.display())?;
    } else if browser::open(&page).await {
        console.note(format!("opened `{}`", page.display()));
    } else {
        console.note("there is no browser to open on this machine; the page is");
        print_line(page.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The run that is named, or else the latest one.
async fn outcome(arguments: &Open, console: &Console) -> Result<Outcome, Error> {
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        let selector = &arguments.stack;
        let run = match &arguments.run {
            Some(run) => run.clone(),
            None => stack::latest(&deployed, selector).await?,
        };
        return stack::reported(&deployed, &run, None, selector, console).await;
    }
    if let Some(run) = &arguments.run {
        return report::find_reported(&arguments.folder, run);
    }
    let mut runs = history::list(&arguments.folder)?.into_iter();
    runs.next().ok_or_else(|| {
        Error::InvalidInput(format!(
            "no runs in `{}`; start one with `hostbench demo`, or name another folder with \
             `--folder`",
            arguments.folder.display()
        ))
    })
}

/// The whole path of the page: a browser does not start in this folder.
fn page(outcome: &Outcome) -> Result<PathBuf, Error> {
    let page = outcome.report_html().ok_or_else(|| {
        Error::InvalidInput(format!(
            "run `{}` has no `report.html` in `{}`; {}",
            outcome.run_id,
            outcome.out.display(),
            outcome.rebuild_remedy()
        ))
    })?;
    page.canonicalize().map_err(Error::file("find", page))
}
