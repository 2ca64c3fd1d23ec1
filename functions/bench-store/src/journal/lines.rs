//! The lines of a file of a journal.

use std::{
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

/// Whether the process of a file runs and waits for a response.
pub(super) fn is_in_flight(path: &Path) -> io::Result<bool> {
    Ok(is_open(path)? && begun_last(path)?.is_some())
}

/// The call that the process of a file had begun when it ended.
pub(super) fn interrupted(path: &Path) -> io::Result<Option<Sample>> {
    if is_open(path)? {
        return Ok(None);
    }
    begun_last(path)
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

/// The last call of a file, if it has no end.
fn begun_last(path: &Path) -> io::Result<Option<Sample>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_BEGUN_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let mut lines = end.rsplit(|byte| *byte == b'\n');
    // What follows the last line end is not a line.
    let last = lines.nth(1).unwrap_or_default();
    let last = serde_json::from_slice::<Sample>(last).ok();
    Ok(last.filter(|sample| sample.outcome == Outcome::Interrupted))
}
