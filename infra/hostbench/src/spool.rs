//! Samples on disk instead of in memory, in any order in and in theirs out.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use bench_core::{
    identity::RunId,
    sample::{Sample, SampleKey},
};

/// Samples in a file without a name, which the system deletes when it is closed. About 100
/// bytes of each are in memory.
#[derive(Debug)]
pub struct Spool {
    file: BufWriter<File>,
    entries: Vec<Entry>,
    end: u64,
    failed: Option<io::Error>,
}

/// Where a sample lies; entries are ordered as the lines of `samples.jsonl` are.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: SampleKey,
    run_id: RunId,
    start: u64,
    length: usize,
}

impl Spool {
    /// An empty one on the disk of `folder`.
    ///
    /// # Errors
    ///
    /// Any of the file system.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(folder)?),
            entries: Vec::new(),
            end: 0,
            failed: None,
        })
    }

    /// Adds a sample. A failure is told by [`Spool::in_order`].
    pub fn add(&mut self, sample: &Sample) {
        if self.failed.is_some() {
            return;
        }
        match self.write(sample) {
            Ok(length) => {
                self.entries.push(Entry {
                    key: sample.key(),
                    run_id: sample.run_id.clone(),
                    start: self.end,
                    length,
                });
                self.end += length as u64;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    fn write(&mut self, sample: &Sample) -> io::Result<usize> {
        let line = serde_json::to_vec(sample)?;
        self.file.write_all(&line)?;
        Ok(line.len())
    }

    /// Every sample, ordered by key and run.
    ///
    /// # Errors
    ///
    /// The first failure of the file system since the beginning.
    pub fn in_order(self) -> io::Result<impl Iterator<Item = io::Result<Sample>>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut file = BufReader::with_capacity(1 << 16, self.file.into_inner()?);
        file.rewind()?;
        let mut entries = self.entries;
        entries.sort();
        let mut at = 0;
        Ok(entries.into_iter().map(move |place| {
            // A file that is in order already is read through, without a jump.
            if place.start != at {
                file.seek(SeekFrom::Start(place.start))?;
            }
            let mut line = vec![0; place.length];
            file.read_exact(&mut line)?;
            at = place.start + place.length as u64;
            Ok(serde_json::from_slice(&line)?)
        }))
    }
}

#[cfg(test)]
mod tests {
    use bench_core::sample::{Outcome, Phase};
    use jiff::Timestamp;

    use super::*;

    fn sample(target: &str, prompt: u32, run: &str) -> Sample {
        let key = SampleKey {
            target: target.parse().unwrap(),
            step: 0,
            worker: 0,
            prompt,
            phase: Phase::Measured,
            repetition: 1,
            attempt: 1,
        };
        let text = Some(format!("{target} {prompt} “{run}”"));
        let run = run.parse().unwrap();
        Sample {
            response_text: text,
            ..Sample::new(run, "p", key, Outcome::Ok, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn samples_come_back_as_they_were_ordered_by_key_and_run() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut spool = Spool::new(folder.path()).unwrap();
        let [a, b, c, d] = [
            sample("a", 1, "r"),
            sample("a", 2, "q"),
            sample("a", 2, "r"),
            sample("b", 0, "r"),
        ];
        for sample in [&c, &d, &a, &b] {
            spool.add(sample);
        }
        let read: Vec<Sample> = spool.in_order().unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [a, b, c, d]);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
