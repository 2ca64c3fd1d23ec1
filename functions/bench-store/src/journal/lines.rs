//! The lines of a file of a journal.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use bench_core::sample::{Outcome, Sample};

use super::files;
use crate::StoreError;

/// More bytes than the line of a call without its response has.
const MAX_BEGUN_BYTES: u64 = 16 * 1024;

/// Where a line is in its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Its first byte.
    pub(super) start: u64,
    /// Its length in bytes, without its end.
    pub(super) length: usize,
}

/// Gives every sample of a file. A last line without its end was being written when its
/// process was killed, and is passed over.
pub(super) fn read(path: &Path, mut each: impl FnMut(Line, &Sample)) -> Result<(), StoreError> {
    let open = || File::open(path).map_err(files::error("read", path));
    let mut lines = BufReader::new(open()?);
    let mut line = Vec::new();
    let mut start = 0;
    for number in 1.. {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        read.map_err(files::error("read", path))?;
        if line.pop() != Some(b'\n') {
            break;
        }
        let sample: Sample = serde_json::from_slice(&line).map_err(|error| {
            StoreError::unreadable(
                format!("line {number} of `{}`", path.display()),
                format!("{error}; without the line its call may be made again"),
            )
        })?;
        let length = line.len();
        each(Line { start, length }, &sample);
        start += length as u64 + 1;
    }
    Ok(())
}

/// The calls that the process of a file waits for; none where it does not run.
pub(super) fn in_flight(path: &Path) -> io::Result<usize> {
    Ok(if is_open(path)? {
        begun(path)?.len()
    } else {
        0
    })
}

/// The calls that the process of a file had begun when it ended.
pub(super) fn interrupted(path: &Path) -> io::Result<Vec<Sample>> {
    if is_open(path)? {
        return Ok(Vec::new());
    }
    begun(path)
}

/// Whether the process that writes a file runs. Who looks shares its lock, and is not taken
/// for the writer by another who looks.
pub(super) fn is_open(path: &Path) -> io::Result<bool> {
    match File::open(path)?.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

/// The calls of a file that have no end. A process makes one call at a time, and its last
/// line tells; but under load many.
fn begun(path: &Path) -> io::Result<Vec<Sample>> {
    let last = last_sample(path)?;
    if last.as_ref().is_some_and(Sample::is_under_load) {
        return without_end(path);
    }
    let begun = last.filter(|last| last.outcome == Outcome::Interrupted);
    Ok(begun.into_iter().collect())
}

/// The calls of a file that were begun and have no other line.
fn without_end(path: &Path) -> io::Result<Vec<Sample>> {
    let mut begun = BTreeMap::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let Ok(sample) = serde_json::from_slice::<Sample>(&line?) else {
            continue;
        };
        if sample.outcome == Outcome::Interrupted {
            begun.insert(sample.key(), sample);
        } else {
            begun.remove(&sample.key());
        }
    }
    Ok(begun.into_values().collect())
}

/// The last whole line of a file, where it is as short as that of a begun call.
fn last_sample(path: &Path) -> io::Result<Option<Sample>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_BEGUN_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let mut lines = end.rsplit(|byte| *byte == b'\n');
    // What follows the last line end is not a line.
    let last = lines.nth(1).unwrap_or_default();
    Ok(serde_json::from_slice(last).ok())
}
