//! The free space of the disks that a run on this machine writes to.

use std::{path::Path, time::Duration};

use nix::sys::statvfs::statvfs;
use tokio::time::sleep;

use crate::error::Error;

/// Fewer free bytes than this begin no run, and end one: its last samples have to fit.
const MIN_FREE_BYTES: u64 = 32 << 20;
/// The time between two looks at a disk.
const POLL: Duration = Duration::from_secs(1);

/// Refuses a folder whose disk is full or nearly so. A disk that does not tell its size is
/// taken for one with room.
///
/// # Errors
///
/// [`Error::Program`] with the free space and the remedy.
pub fn check(folder: &Path) -> Result<(), Error> {
    match free_bytes(folder) {
        Some(free) if free < MIN_FREE_BYTES => Err(Error::Program(format!(
            "the disk of `{}` has {} MB free, and a run on this machine needs {} MB; free some \
             space, or name a folder on another disk with `--out`",
            folder.display(),
            free >> 20,
            MIN_FREE_BYTES >> 20
        ))),
        _ => Ok(()),
    }
}

/// Waits until the disk of a folder is nearly full; its error is that of [`check`].
pub async fn until_full(folder: &Path) -> Error {
    loop {
        if let Err(full) = check(folder) {
            return full;
        }
        sleep(POLL).await;
    }
}

/// The free bytes of the disk of a folder; `None` where it does not tell.
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = statvfs(folder).ok()?;
    // The types of both differ from system to system.
    let free = u128::from(disk.blocks_available()) * u128::from(disk.fragment_size());
    (disk.blocks() > 0).then(|| u64::try_from(free).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_disk_with_room_is_taken_and_one_that_does_not_tell_as_well() {
        let folder = TempDir::new().unwrap();
        assert!(free_bytes(folder.path()).is_some());
        assert!(check(folder.path()).is_ok());
        let none = folder.path().join("none");
        assert_eq!(free_bytes(&none), None);
        assert!(check(&none).is_ok());
    }
}
