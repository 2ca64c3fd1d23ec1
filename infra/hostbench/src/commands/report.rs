//! `hostbench report`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{print_outcome, stack};
use crate::{
    artifacts, cli::Report, error::Error, progress::Console, run_folder::RunJournal, shell_word,
    summary::Outcome,
};

pub(super) async fn report(arguments: &Report, console: &Console) -> Result<ExitCode, Error> {
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        return stack::report(&deployed, arguments, console).await;
    }
    let mut outcome = find_reported(&arguments.folder, &arguments.run)?;
    if let Some(out) = &arguments.out {
        copy(&outcome.out, out)?;
        out.clone_into(&mut outcome.out);
    }
    print_outcome(&outcome, arguments.json)
}

/// A run on this machine with its report.
pub(super) fn find_reported(runs: &Path, run: &str) -> Result<Outcome, Error> {
    let folder = find(runs, run)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let outcome = Outcome::read(&name, &folder, None)?;
    if outcome.report.is_some() {
        return Ok(outcome);
    }
    Err(Error::InvalidInput(if RunJournal::has_begun(&folder) {
        format!(
            "run `{name}` was not finished; `hostbench run CONFIG --local --resume {}` continues it",
            shell_word::quoted(run)
        )
    } else if outcome.samples().is_file() {
        format!(
            "`{}` has no `report.json`; {}",
            folder.display(),
            outcome.rebuild_remedy()
        )
    } else {
        format!(
            "`{}` is not the folder of a run, it has no `report.json`; `hostbench runs` lists runs",
            folder.display()
        )
    }))
}

pub(super) fn find(runs: &Path, run: &str) -> Result<PathBuf, Error> {
    [runs.join(run), PathBuf::from(run)]
        .into_iter()
        .find(|folder| folder.is_dir())
        .ok_or_else(|| {
            Error::InvalidInput(format!(
                "run `{run}` not found in `{}`; `hostbench runs{}` lists the runs there",
                runs.display(),
                folder_option(runs)
            ))
        })
}

/// The option that selects a folder of runs; empty for the default one.
fn folder_option(runs: &Path) -> String {
    if runs == Path::new(artifacts::RUNS) {
        String::new()
    } else {
        format!(" --folder {}", runs.display())
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::file("create", to))?;
    // A file that is copied onto itself is empty afterwards.
    if is_same(from, to) {
        return Ok(());
    }
    for entry in fs::read_dir(from)
        .map_err(Error::file("read", from))?
        .flatten()
    {
        if entry.path().is_file() {
            let target = to.join(entry.file_name());
            fs::copy(entry.path(), &target).map_err(Error::file("write", target))?;
        }
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
