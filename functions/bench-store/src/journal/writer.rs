//! Writing to a journal.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::{Mutex, PoisonError},
};

use bench_core::{
    plan::Plan,
    sample::{Outcome, Sample},
};

use super::{files, lines};
use crate::{StoreError, samples::bounded};

/// The part of a journal that one process writes.
#[derive(Debug)]
pub struct JournalWriter {
    folder: PathBuf,
    /// Made for the first line.
    file: Mutex<Option<File>>,
}

impl JournalWriter {
    /// Writes to the journal in an existing folder; nothing is written yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            file: Mutex::default(),
        }
    }

    /// Writes the plan of the run, unless it is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let path = self.folder.join(files::PLAN);
        if path.is_file() {
            return Ok(());
        }
        let write = || {
            let partial = self
                .folder
                .join(format!("{}.{}", files::PLAN, process::id()));
            let mut file = File::create(&partial)?;
            file.write_all(&serde_json::to_vec_pretty(plan)?)?;
            file.sync_all()?;
            fs::rename(&partial, &path)?;
            files::sync_folder(&self.folder)
        };
        write().map_err(files::error("write", &path))
    }

    /// Writes that a call is about to be sent; `sample` is what is known of it before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`], also when the journal is closed: the call must not be sent.
    pub fn begin(&self, sample: &Sample) -> Result<(), StoreError> {
        if self.folder.join(files::CLOSED).exists() {
            return Err(StoreError::Call {
                action: format!("begin a call of run `{}`", sample.run_id),
                reason: "the run is being stopped".to_owned(),
            });
        }
        self.append(&Sample {
            outcome: Outcome::Interrupted,
            ..sample.clone()
        })
    }

    /// Writes the sample of a call.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn put_sample(&self, sample: &Sample) -> Result<(), StoreError> {
        self.append(&bounded(sample))
    }

    /// The calls that other processes had begun when they ended: what became of them is not
    /// known. A process makes one call at a time.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn interrupted(&self) -> Result<Vec<Sample>, StoreError> {
        let read = || {
            let files = files::samples(&self.folder)?;
            let calls = files.iter().map(|file| lines::interrupted(file));
            calls
                .filter_map(io::Result::transpose)
                .collect::<io::Result<_>>()
        };
        read().map_err(files::error("read the journal", &self.folder))
    }

    fn append(&self, sample: &Sample) -> Result<(), StoreError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = append(&self.folder, &mut file, sample);
        if appended.is_err() {
            // It may have a part of the line: what comes next goes to another file.
            *file = None;
        }
        appended.map_err(files::error("write to the journal", &self.folder))
    }
}

fn append(folder: &Path, file: &mut Option<File>, sample: &Sample) -> io::Result<()> {
    let mut line = serde_json::to_vec(sample)?;
    line.push(b'\n');
    let mut file = match file {
        Some(file) => &*file,
        None => file.insert(files::create_samples(folder)?),
    };
    file.write_all(&line)?;
    file.sync_data()
}
