//! The journal of a run, as the command that makes the run has it.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use bench_core::{identity::TargetId, load::WorkerRecord, plan::Plan};

use super::{files, lines, samples::JournalSamples};
use crate::StoreError;

/// The journal of a run. Nobody else has it while this is there.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    _lock: File,
}

impl Journal {
    /// Makes the folder, or opens the one that is there, for calls to be made; `None` while
    /// another process has it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn open(folder: &Path) -> Result<Option<Self>, StoreError> {
        let open = || {
            fs::create_dir_all(folder)?;
            let folder = folder.canonicalize()?;
            let lock = File::create(folder.join(files::LOCK))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The folder may have been made with those around it.
            for folder in folder.ancestors().take(3) {
                // One that cannot be read was not made here.
                let _ = files::sync_folder(folder);
            }
            match fs::remove_file(folder.join(files::CLOSED)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            Ok(Some(Self {
                folder,
                _lock: lock,
            }))
        };
        open().map_err(files::error("open the journal", folder))
    }

    /// Whether a folder has the journal of a run that has begun.
    #[must_use]
    pub fn has_begun(folder: &Path) -> bool {
        folder.join(files::PLAN).is_file()
    }

    /// The folder, by its absolute path.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The plan of the run; `None` before its first call.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn plan(&self) -> Result<Option<Plan>, StoreError> {
        let path = self.folder.join(files::PLAN);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(files::error("read", &path)(error)),
        };
        let plan = serde_json::from_slice(&bytes);
        plan.map(Some)
            .map_err(|error| StoreError::unreadable(format!("plan `{}`", path.display()), error))
    }

    /// The sample of every call that was begun. Calls that never ended are
    /// [`Outcome::Interrupted`], so this is for when no process makes calls.
    ///
    /// [`Outcome::Interrupted`]: bench_core::sample::Outcome::Interrupted
    ///
    /// # Errors
    ///
    /// [`StoreError`]; a line that is not a sample is unreadable.
    pub fn samples(&self) -> Result<JournalSamples, StoreError> {
        JournalSamples::of(self.files()?)
    }

    /// The record of every worker of a load that has ended, with its target.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn ended_workers(&self) -> Result<Vec<(TargetId, WorkerRecord)>, StoreError> {
        let list = files::workers(&self.folder);
        let list = list.map_err(files::error("read", &self.folder))?;
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).map_err(files::error("read", &path))?;
            let record = serde_json::from_slice(&bytes);
            record.map_err(|error| {
                StoreError::unreadable(format!("record `{}`", path.display()), error)
            })
        };
        list.into_iter().map(read).collect()
    }

    /// From now on no call is begun.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn close(&self) -> Result<(), StoreError> {
        let path = self.folder.join(files::CLOSED);
        let closed = File::create(&path).map_err(files::error("write", &path));
        closed.map(drop)
    }

    /// How many calls are in flight.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn in_flight(&self) -> Result<usize, StoreError> {
        self.count(lines::in_flight)
    }

    /// How many processes can make calls. They may outlive a command that was killed by a
    /// moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn writers(&self) -> Result<usize, StoreError> {
        self.count(|file| lines::is_open(file).map(usize::from))
    }

    /// Deletes the journal, with the samples in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub fn delete(&self) -> Result<(), StoreError> {
        fs::remove_dir_all(&self.folder).map_err(files::error("delete", &self.folder))
    }

    fn count(&self, of: impl Fn(&Path) -> std::io::Result<usize>) -> Result<usize, StoreError> {
        let mut count = 0;
        for file in self.files()? {
            count += of(&file).map_err(files::error("read", &file))?;
        }
        Ok(count)
    }

    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        files::samples(&self.folder).map_err(files::error("read", &self.folder))
    }
}
