//! The runs on this machine, with their fetched artifacts.

use std::{fs, path::Path};

use bench_core::run_index::RunEntry;
use bench_report::index::{self, index_html, index_json};

use crate::{error::Error, summary::Outcome};

/// The runs below a folder that have a report, newest first. Other entries are
/// skipped.
///
/// # Errors
///
/// [`Error::File`] when the folder exists and cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Outcome>, Error> {
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
    let created = |run: &Outcome| run.report.as_ref().map(|report| report.run.created_at);
    runs.sort_by(|a, b| {
        created(b)
            .cmp(&created(a))
            .then_with(|| a.run_id.cmp(&b.run_id))
    });
    Ok(runs)
}

/// Writes `index.json` and `index.html` of the runs below a folder.
///
/// # Errors
///
/// [`Error::File`].
pub fn write_index(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let runs = list(folder)?;
    let entries: Vec<RunEntry> = runs
        .iter()
        .filter_map(|run| run.report.as_ref())
        .map(index::entry)
        .collect();
    for (name, content) in [
        ("index.json", index_json(&entries)),
        ("index.html", index_html(&entries)),
    ] {
        let path = folder.join(name);
        fs::write(&path, content).map_err(Error::file("write", &path))?;
    }
    Ok(())
}
