//! The lines of a file of a journal.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use bench_core::sample::{Outcome, Sample};

use super::files;
use crate::StoreError;

/// More bytes than the line of a call without its response has.
const MAX_BEGUN_BYTES: u64 = 16 * 1024;

/// Gives every sample of a file. A last line without its end was being written when its
/// process was killed, and is passed over.
pub(super) fn read(path: &Path, mut each: impl FnMut(Sample)) -> Result<(), StoreError> {
    let open = || File::open(path).map_err(files::error("read", path));
    let mut lines = BufReader::new(open()?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = lines.read_until(b'\n', &mut line);
        read.map_err(files::error("read", path))?;
        if line.pop() != Some(b'\n') {
            break;
        }
        let sample = serde_json::from_slice(&line).map_err(|error| {
            StoreError::unreadable(
                format!("line {number} of `{}`", path.display()),
                format!("{error}; without the line its call may be made again"),
            )
        })?;
        each(sample);
    }
    Ok(())
}

/// The calls that the process of a file waits for; none where it does not run. Outside of a
/// load it makes one call at a time, and its last line tells.
pub(super) fn in_flight(path: &Path) -> io::Result<usize> {
    if !is_open(path)? {
        return Ok(0);
    }
    match last_sample(path)? {
        Some(last) if last.is_under_load() => under_way(path),
        Some(last) if last.outcome == Outcome::Interrupted => Ok(1),
        _ => Ok(0),
    }
}

/// The calls of a file that were begun and have no other line.
fn under_way(path: &Path) -> io::Result<usize> {
    let mut begun = HashSet::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let Ok(sample) = serde_json::from_slice::<Sample>(&line?) else {
            continue;
        };
        if sample.outcome == Outcome::Interrupted {
            begun.insert(sample.key());
        } else {
            begun.remove(&sample.key());
        }
    }
    Ok(begun.len())
}

/// Whether the process that writes a file runs.
pub(super) fn is_open(path: &Path) -> io::Result<bool> {
    match File::open(path)?.try_lock() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
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
