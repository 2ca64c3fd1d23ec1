//! Work folders of sessions, locked while in use and removed afterwards.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::error::Error;

const PREFIX: &str = "work-";
const LOCK: &str = "lock";

/// A folder for the files of one session.
#[derive(Debug)]
pub struct WorkDir {
    folder: TempDir,
    // Held for the life of the session; other sessions remove an unlocked folder.
    _lock: File,
}

impl WorkDir {
    /// Creates a folder below `parent`, and removes those of killed sessions.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot be created.
    pub fn create(parent: &Path) -> Result<Self, Error> {
        fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        let guard = lock_file(&parent.join("work.lock"))?;
        guard.lock().map_err(Error::file("lock", parent))?;
        sweep(parent);
        let folder = TempDir::with_prefix_in(PREFIX, parent)
            .map_err(Error::file("create a folder in", parent))?;
        let lock = lock_file(&folder.path().join(LOCK))?;
        lock.lock().map_err(Error::file("lock", folder.path()))?;
        for name in ["tmp", "state"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).map_err(Error::file("create", &path))?;
        }
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the folder.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Renames the folder so that it is kept, and returns its path.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        let path = self.folder.keep();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let kept = path.with_file_name(name.replacen(PREFIX, "kept-", 1));
        match fs::rename(&path, &kept) {
            Ok(()) => kept,
            Err(_) => path,
        }
    }
}

fn lock_file(path: &Path) -> Result<File, Error> {
    File::create(path).map_err(Error::file("create", path))
}

/// Removes folders that no session has locked.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let folder = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) || !folder.is_dir() {
            continue;
        }
        let held = File::open(folder.join(LOCK))
            .is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        if !held {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_in_use_is_left_alone_and_a_dead_one_is_swept() {
        let parent = TempDir::new().unwrap();
        let alive = WorkDir::create(parent.path()).unwrap();
        let dead = parent.path().join("work-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("emulator.log"), "old").unwrap();
        let second = WorkDir::create(parent.path()).unwrap();
        assert!(alive.path().is_dir() && second.path().is_dir());
        assert!(!dead.exists());
        let path = alive.path().to_owned();
        drop(alive);
        assert!(!path.exists());
    }

    #[test]
    fn a_kept_folder_stays() {
        let parent = TempDir::new().unwrap();
        let kept = WorkDir::create(parent.path()).unwrap().keep();
        drop(WorkDir::create(parent.path()).unwrap());
        assert!(kept.join("tmp").is_dir());
    }
}
