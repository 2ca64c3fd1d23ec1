//! The files of a journal.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use crate::StoreError;

/// The plan of the run.
pub(super) const PLAN: &str = "plan.json";
/// While it is there, no call is begun.
pub(super) const CLOSED: &str = "closed";
/// Locked by the command that makes the run.
pub(super) const LOCK: &str = "lock";

const SAMPLES: &str = "samples-";
const WORKER: &str = "worker-";

/// The record of a worker of a load.
pub(super) fn worker(folder: &Path, target_id: &str, step: u32, worker: u32) -> PathBuf {
    folder.join(format!("{WORKER}{target_id}-{step:02}-{worker:02}.json"))
}

/// The files with records of workers.
pub(super) fn workers(folder: &Path) -> io::Result<Vec<PathBuf>> {
    named(folder, WORKER)
}

/// A new file for the samples of one process, locked for as long as it is open.
pub(super) fn create_samples(folder: &Path) -> io::Result<File> {
    let mut number = 1;
    loop {
        let path = folder.join(format!("{SAMPLES}{number:04}.jsonl"));
        match File::options().append(true).create_new(true).open(path) {
            Ok(file) => {
                file.lock()?;
                sync_folder(folder)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The files with samples, in the order in which they were made.
pub(super) fn samples(folder: &Path) -> io::Result<Vec<PathBuf>> {
    named(folder, SAMPLES)
}

/// The files whose names begin like that, in the order of their names.
fn named(folder: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a whole file, or none where the process is killed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = folder.join(format!("partial-{name}.{}", process::id()));
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    sync_folder(folder)
}

/// Writes names that were made in a folder to the disk, where the file system can.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// The error of an operation on a file.
pub(super) fn error(action: &str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let action = format!("{action} `{}`", path.display());
    move |error| StoreError::Call {
        action,
        reason: error.to_string(),
    }
}
