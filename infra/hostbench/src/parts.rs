//! The parts that an installed command carries within its own file: template, definitions,
//! prices, configurations, functions and simulator.
//!
//! Such a file is the program as cargo built it, then a ZIP archive with the layout of a
//! checkout, then the SHA-256 of the archive (32 bytes), its length in bytes (8, little
//! endian) and `MAGIC`. `infra/dist/pack.py` writes it.

use std::{
    fs::{self, File},
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bench_core::hash::{hex, sha256_hex};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::error::Error;

/// The end of the file of an installed command.
const MAGIC: &[u8; 8] = b"hostbnch";
/// Digest, length and magic.
const TRAILER_BYTES: u64 = 32 + 8 + MAGIC.len() as u64;
/// The beginning of the name of a folder with parts.
const PREFIX: &str = "parts-";
/// How long parts stay where those of another version are unpacked: longer than any run that
/// may still use them.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// The programs that run on this machine, by their names.
pub(crate) const PROGRAMS: &str = "programs";

/// The archive at the end of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    executable: PathBuf,
    start: u64,
    length: u64,
    /// SHA-256 in hexadecimal.
    digest: String,
}

impl Parts {
    /// The parts that a program carries; `None` of one that carries none, or cannot be read.
    #[must_use]
    pub fn of(executable: &Path) -> Option<Self> {
        let mut file = File::open(executable).ok()?;
        let end = file.metadata().ok()?.len().checked_sub(TRAILER_BYTES)?;
        file.seek(SeekFrom::Start(end)).ok()?;
        let mut trailer = Vec::new();
        file.take(TRAILER_BYTES).read_to_end(&mut trailer).ok()?;
        let (digest, rest) = trailer.split_at_checked(32)?;
        let (length, magic) = rest.split_first_chunk()?;
        if magic != MAGIC {
            return None;
        }
        let length = u64::from_le_bytes(*length);
        Some(Self {
            executable: executable.to_path_buf(),
            start: end.checked_sub(length)?,
            length,
            digest: hex(digest),
        })
    }

    /// The program that carries them.
    #[must_use]
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Unpacks the parts below `cache`, unless they are there, and returns their folder. Those of
    /// other versions are removed a month after they were unpacked; such a version unpacks its
    /// own again.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] when the program is damaged, [`Error::File`].
    pub fn unpack(&self, cache: &Path) -> Result<PathBuf, Error> {
        let folder = cache.join(format!("{PREFIX}{}", &self.digest[..12]));
        if folder.is_dir() {
            return Ok(folder);
        }
        let archive = self.read().map_err(Error::file("read", &self.executable))?;
        if sha256_hex(&archive) != self.digest {
            return Err(self.damaged(&"its parts have another checksum"));
        }
        fs::create_dir_all(cache).map_err(Error::file("create", cache))?;
        // Renamed when complete: two commands may unpack at the same time.
        let parent = TempDir::with_prefix_in("unpacking-", cache)
            .map_err(Error::file("create a folder in", cache))?;
        let unpacked = parent.path().join("parts");
        ZipArchive::new(Cursor::new(archive))
            .and_then(|mut archive| archive.extract(&unpacked))
            .map_err(|error| self.damaged(&error))?;
        remove_old(cache);
        match fs::rename(&unpacked, &folder) {
            Err(_) if folder.is_dir() => Ok(folder),
            renamed => renamed
                .map(|()| folder.clone())
                .map_err(Error::file("create", folder)),
        }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.executable)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut archive = Vec::new();
        file.take(self.length).read_to_end(&mut archive)?;
        Ok(archive)
    }

    fn damaged(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::Program(format!(
            "`{}` is damaged: {reason}; install hostbench again",
            self.executable.display()
        ))
    }
}

/// What cannot be removed stays: it takes some space, and nothing else depends on it.
fn remove_old(cache: &Path) {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let is_old = |modified: SystemTime| modified.elapsed().is_ok_and(|age| age > KEPT);
    for entry in entries {
        let is_parts = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if is_parts && modified.is_ok_and(is_old) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{io::Write, os::unix::fs::PermissionsExt};

    use sha2::{Digest, Sha256};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    /// Writes a command that carries these files.
    pub(crate) fn write_command(path: &Path, files: &[(&str, &[u8])]) {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = SimpleFileOptions::default().unix_permissions(0o755);
            archive.start_file(*name, options).unwrap();
            archive.write_all(content).unwrap();
        }
        let archive = archive.finish().unwrap().into_inner();
        let mut command = b"a program".to_vec();
        command.extend(&archive);
        command.extend(Sha256::digest(&archive));
        command.extend((archive.len() as u64).to_le_bytes());
        command.extend(MAGIC);
        fs::write(path, command).unwrap();
    }

    #[test]
    fn parts_are_unpacked_once_and_their_programs_can_be_run() {
        let folder = TempDir::new().unwrap();
        let command = folder.path().join("hostbench");
        write_command(&command, &[("programs/planner", b"#!/bin/sh\n")]);
        let parts = Parts::of(&command).unwrap();
        let cache = folder.path().join("cache/hostbench");
        let unpacked = parts.unpack(&cache).unwrap();
        let planner = unpacked.join("programs/planner");
        assert_eq!(fs::read(&planner).unwrap(), b"#!/bin/sh\n");
        let mode = fs::metadata(&planner).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111);
        fs::write(&planner, "changed").unwrap();
        assert_eq!(parts.unpack(&cache).unwrap(), unpacked);
        assert_eq!(fs::read(&planner).unwrap(), b"changed");
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);
    }

    #[test]
    fn parts_of_another_version_go_a_month_after_they_were_unpacked() {
        let folder = TempDir::new().unwrap();
        let cache = folder.path().join("cache");
        let unpack = |version: &str| {
            let command = folder.path().join(version);
            write_command(&command, &[("LICENSE", version.as_bytes())]);
            Parts::of(&command).unwrap().unpack(&cache).unwrap()
        };
        let (old, young) = (unpack("1"), unpack("2"));
        let other = cache.join("datasets");
        fs::create_dir(&other).unwrap();
        let month_ago = SystemTime::now() - KEPT - Duration::from_mins(1);
        for folder in [&old, &other] {
            File::open(folder).unwrap().set_modified(month_ago).unwrap();
        }
        let new = unpack("3");
        assert!(!old.exists());
        assert!([young, new, other].iter().all(|folder| folder.is_dir()));
        assert_eq!(
            fs::read_to_string(unpack("1").join("LICENSE")).unwrap(),
            "1"
        );
    }

    #[test]
    fn a_program_of_cargo_carries_no_parts() {
        let folder = TempDir::new().unwrap();
        let command = folder.path().join("hostbench");
        assert_eq!(Parts::of(&command), None);
        for content in ["", "a program", &"long".repeat(100)] {
            fs::write(&command, content).unwrap();
            assert_eq!(Parts::of(&command), None);
        }
    }

    #[test]
    fn a_damaged_command_is_not_unpacked() {
        let folder = TempDir::new().unwrap();
        let command = folder.path().join("hostbench");
        write_command(&command, &[("programs/planner", b"a planner")]);
        let mut content = fs::read(&command).unwrap();
        content[20] ^= 1;
        fs::write(&command, content).unwrap();
        let cache = folder.path().join("cache");
        let error = Parts::of(&command).unwrap().unpack(&cache).unwrap_err();
        assert!(
            error.to_string().contains("install hostbench again"),
            "{error}"
        );
        assert!(!cache.exists());
    }
}
