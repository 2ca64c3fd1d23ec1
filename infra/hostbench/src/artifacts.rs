//! Download of the artifacts of a run.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Component, Path, PathBuf},
};

use bench_report::SamplesJsonl;
use bench_store::{Listed, Store, keys};
use futures::{StreamExt, TryStreamExt, stream};
use tempfile::{Builder, NamedTempFile};

use crate::error::Error;

/// The default folder of runs.
pub const RUNS: &str = "hostbench-runs";

/// Bytes of one ranged read: samples of a large run are far larger.
const PART_BYTES: u64 = 8 << 20;
/// The most parts that are read at once, which bounds the memory as well.
const MAX_CONCURRENT_PARTS: usize = 8;

/// Refuses a folder that has the artifacts of an earlier run, whose samples would be lost.
///
/// # Errors
///
/// [`Error::InvalidInput`].
pub fn refuse_to_overwrite(out: &Path) -> Result<(), Error> {
    let mut names = [SamplesJsonl::NAME, "report.json"].into_iter();
    match names.find(|name| out.join(name).is_file()) {
        None => Ok(()),
        Some(name) => Err(Error::InvalidInput(format!(
            "`{}` has `{name}` of an earlier run, which would be overwritten; choose another \
             folder, or move that one away",
            out.display()
        ))),
    }
}

/// Fetches every artifact of a run into a folder, under their names in S3, in
/// concurrent parts. A file appears when it is complete.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::File`].
pub async fn fetch(store: &Store, run_id: &str, out: &Path) -> Result<Vec<PathBuf>, Error> {
    let prefix = keys::artifact(run_id, "");
    let mut files = Vec::new();
    for object in store.list(&prefix).await? {
        if let Some(path) = local_path(out, object.key.strip_prefix(&prefix).unwrap_or_default()) {
            files.push(Partial::create(path, object)?);
        }
    }
    let parts = files.iter().flat_map(Partial::parts);
    stream::iter(parts)
        .map(|(file, start, length)| file.fetch(store, start, length))
        .buffer_unordered(MAX_CONCURRENT_PARTS)
        .try_collect::<()>()
        .await?;
    files.into_iter().map(Partial::finish).collect()
}

/// A file that is being downloaded.
struct Partial {
    object: Listed,
    path: PathBuf,
    file: NamedTempFile,
}

impl Partial {
    fn create(path: PathBuf, object: Listed) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        let file = partial(folder).map_err(Error::file("write", folder))?;
        Ok(Self { object, path, file })
    }

    /// Offset and length of every part, in bytes.
    fn parts(&self) -> impl Iterator<Item = (&Self, u64, u64)> {
        let starts =
            (0..self.object.size).step_by(usize::try_from(PART_BYTES).unwrap_or(usize::MAX));
        starts.map(move |start| (self, start, PART_BYTES.min(self.object.size - start)))
    }

    async fn fetch(&self, store: &Store, start: u64, length: u64) -> Result<(), Error> {
        let bytes = store.get_part(&self.object, start, length).await?;
        self.file
            .as_file()
            .write_all_at(&bytes, start)
            .map_err(Error::file("write", &self.path))
    }

    fn finish(self) -> Result<PathBuf, Error> {
        let Self { path, file, .. } = self;
        file.persist(&path)
            .map_err(|error| Error::file("write", &path)(error.error))?;
        Ok(path)
    }
}

/// A file in a folder that is to get its name when it is whole.
pub(crate) fn partial(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new()
        .prefix(".part-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)
}

/// The path of an artifact; `None` for a name that would lead out of the folder.
fn local_path(out: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    let inside = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (inside && name.file_name().is_some()).then(|| out.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_run_is_not_overwritten() {
        let folder = tempfile::TempDir::new().unwrap();
        assert!(refuse_to_overwrite(&folder.path().join("none")).is_ok());
        fs::write(folder.path().join("mine.txt"), "").unwrap();
        assert!(refuse_to_overwrite(folder.path()).is_ok());
        fs::write(folder.path().join("samples.jsonl"), "").unwrap();
        let error = refuse_to_overwrite(folder.path()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn artifacts_stay_in_their_folder() {
        let out = Path::new("runs/a");
        assert_eq!(
            local_path(out, "report.json"),
            Some(PathBuf::from("runs/a/report.json"))
        );
        for bad in ["", "../secret", "/etc/passwd", "a/../../b"] {
            assert_eq!(local_path(out, bad), None, "{bad}");
        }
    }
}
