//! `hostbench runs`.

use std::{fs, path::Path, process::ExitCode};

use comfy_table::Table;
use serde_json::{Value, json};

use super::say;
use crate::{cli::Runs, error::Error, summary::Outcome, terminal};

pub(super) fn runs(arguments: &Runs) -> Result<ExitCode, Error> {
    let runs = list(&arguments.folder)?;
    if arguments.json {
        let runs: Vec<Value> = runs.iter().map(Outcome::to_json).collect();
        say(json!({ "runs": runs }));
    } else if runs.is_empty() {
        let folder = arguments.folder.display();
        say(format!(
            "there are no runs in `{folder}`; `hostbench demo` makes one"
        ));
    } else {
        say(as_table(&runs));
    }
    Ok(ExitCode::SUCCESS)
}

/// The runs below a folder, newest first. Whatever is no run is passed over.
fn list(folder: &Path) -> Result<Vec<Outcome>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let mut runs: Vec<Outcome> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let run = Outcome::read(&name, &entry.path(), None).ok()?;
            run.report.is_some().then_some(run)
        })
        .collect();
    runs.sort_by(|a, b| {
        b.started_at()
            .cmp(&a.started_at())
            .then_with(|| a.run_id.cmp(&b.run_id))
    });
    Ok(runs)
}

fn as_table(runs: &[Outcome]) -> Table {
    let rows = runs.iter().map(|run| {
        [
            run.run_id.clone(),
            run.started_at().unwrap_or_default(),
            run.target_ids().join(", "),
            if run.complete { "yes" } else { "no" }.to_owned(),
        ]
    });
    terminal::table(["run", "started", "targets", "complete"], rows, 4)
}
