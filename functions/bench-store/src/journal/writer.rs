//! Writing to a journal.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use bench_core::{
    identity::TargetId,
    load::WorkerRecord,
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
        let write = || files::write_whole(&path, &serde_json::to_vec_pretty(plan)?);
        write().map_err(files::error("write", &path))
    }

    /// Writes that a call is about to be sent; `sample` is what is known of it before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`], also when the journal is closed: the call must not be sent.
    pub fn begin(&self, sample: &Sample) -> Result<(), StoreError> {
        self.append_begin(sample, Durability::OnDisk)
    }

    /// As [`JournalWriter::begin`], of a call under load, without waiting for the disk.
    ///
    /// # Errors
    ///
    /// As of [`JournalWriter::begin`].
    pub fn begin_under_load(&self, sample: &Sample) -> Result<(), StoreError> {
        self.append_begin(sample, Durability::OfProcess)
    }

    /// Writes the sample of a call.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn put_sample(&self, sample: &Sample) -> Result<(), StoreError> {
        self.append(&bounded(sample), Durability::OnDisk)
    }

    /// The calls that other processes had begun when they ended: what became of them is not
    /// known.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn interrupted(&self) -> Result<Vec<Sample>, StoreError> {
        let read = || {
            let mut calls = Vec::new();
            for file in files::samples(&self.folder)? {
                calls.extend(lines::interrupted(&file)?);
            }
            Ok(calls)
        };
        read().map_err(files::error("read the journal", &self.folder))
    }

    /// As [`JournalWriter::put_sample`], of a call under load, without waiting for the disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn put_under_load(&self, sample: &Sample) -> Result<(), StoreError> {
        self.append(&bounded(sample), Durability::OfProcess)
    }

    /// Writes how a worker of a load of a target ended, and waits for the disk to have the
    /// samples of its calls.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn end_worker(
        &self,
        target_id: &TargetId,
        record: &WorkerRecord,
    ) -> Result<(), StoreError> {
        let path = files::worker(&self.folder, target_id, record.step, record.worker);
        let write = || {
            let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(file) = file.as_ref() {
                file.sync_data()?;
            }
            files::write_whole(&path, &serde_json::to_vec(&(target_id, record))?)
        };
        write().map_err(files::error("write", &path))
    }

    fn append_begin(&self, sample: &Sample, durability: Durability) -> Result<(), StoreError> {
        if self.folder.join(files::CLOSED).exists() {
            return Err(StoreError::Call {
                action: format!("begin a call of run `{}`", sample.run_id),
                reason: "the run is being stopped".to_owned(),
            });
        }
        let begun = Sample {
            outcome: Outcome::Interrupted,
            ..sample.clone()
        };
        self.append(&begun, durability)
    }

    fn append(&self, sample: &Sample, durability: Durability) -> Result<(), StoreError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = append(&self.folder, &mut file, sample, durability);
        if appended.is_err() {
            // It may have a part of the line: what comes next goes to another file.
            *file = None;
        }
        appended.map_err(files::error("write to the journal", &self.folder))
    }
}

/// The failures that a written line survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The machine.
    OnDisk,
    /// The process that wrote it.
    OfProcess,
}

fn append(
    folder: &Path,
    file: &mut Option<File>,
    sample: &Sample,
    durability: Durability,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(sample)?;
    line.push(b'\n');
    let mut file = match file {
        Some(file) => &*file,
        None => file.insert(files::create_samples(folder)?),
    };
    file.write_all(&line)?;
    match durability {
        Durability::OnDisk => file.sync_data(),
        Durability::OfProcess => Ok(()),
    }
}
