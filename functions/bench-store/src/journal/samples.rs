//! The samples of a journal, read from the disk when they are asked for.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use bench_core::sample::{Outcome, Sample, SampleKey};

use super::{files, lines};
use crate::StoreError;

/// The sample of every call that was begun. About 100 bytes of each are in memory; the rest
/// stays in the files of the journal, which must not be deleted meanwhile.
#[derive(Debug, Clone, Default)]
pub struct JournalSamples {
    files: Vec<PathBuf>,
    places: BTreeMap<SampleKey, Place>,
}

/// Where the line of a sample is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Position in the list of files.
    file: usize,
    line: lines::Line,
    is_interrupted: bool,
}

impl JournalSamples {
    /// Looks through the lines of files. Of a call, the first line counts that says how it
    /// ended.
    pub(super) fn of(files: Vec<PathBuf>) -> Result<Self, StoreError> {
        let mut places = BTreeMap::new();
        for (number, path) in files.iter().enumerate() {
            lines::read(path, |line, sample| {
                let place = Place {
                    file: number,
                    line,
                    is_interrupted: sample.outcome == Outcome::Interrupted,
                };
                match places.entry(sample.key()) {
                    Entry::Vacant(entry) => {
                        entry.insert(place);
                    }
                    Entry::Occupied(mut known) if known.get().is_interrupted => {
                        known.insert(place);
                    }
                    Entry::Occupied(_) => {}
                }
            })?;
        }
        Ok(Self { files, places })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no call was begun.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The calls, in order.
    pub fn keys(&self) -> impl Iterator<Item = &SampleKey> {
        self.places.keys()
    }

    /// How many of the calls have no other end than that their process ended.
    #[must_use]
    pub fn interrupted(&self) -> usize {
        let places = self.places.values();
        places.filter(|place| place.is_interrupted).count()
    }

    /// Every sample, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = Result<Sample, StoreError>> {
        let mut open: Vec<Option<File>> = Vec::new();
        open.resize_with(self.files.len(), || None);
        self.places.values().map(move |place| {
            let path = &self.files[place.file];
            sample_at(&mut open[place.file], path, place.line)
                .map_err(files::error("read a sample of", path))
        })
    }
}

/// Reads a line of a file, which is opened for the first of them.
fn sample_at(open: &mut Option<File>, path: &Path, line: lines::Line) -> io::Result<Sample> {
    let file = match open {
        Some(file) => file,
        None => open.insert(File::open(path)?),
    };
    file.seek(SeekFrom::Start(line.start))?;
    let mut bytes = vec![0; line.length];
    file.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
