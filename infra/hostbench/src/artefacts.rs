//! What a run leaves behind, brought from the bucket to this machine.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use bench_store::{Store, keys};

use crate::error::Error;

/// Where runs are kept unless told otherwise.
pub const RUNS: &str = "hostbench-runs";

/// Fetches every artefact of a run into a folder, under the names they have in S3.
///
/// # Errors
///
/// [`Error::Store`] or [`Error::File`].
pub async fn fetch(store: &Store, run_id: &str, out: &Path) -> Result<Vec<PathBuf>, Error> {
    let prefix = keys::artefact(run_id, "");
    fs::create_dir_all(out).map_err(Error::file("create", out))?;
    let mut files = Vec::new();
    for key in store.list_objects(&prefix).await? {
        let Some(path) = place(out, key.strip_prefix(&prefix).unwrap_or_default()) else {
            continue;
        };
        let Some(bytes) = store.get_object(&key).await? else {
            continue;
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        }
        fs::write(&path, bytes).map_err(Error::file("write", &path))?;
        files.push(path);
    }
    Ok(files)
}

/// The file for an artefact; `None` for a name that would lead out of the folder.
fn place(out: &Path, name: &str) -> Option<PathBuf> {
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
    fn artefacts_stay_in_their_folder() {
        let out = Path::new("runs/a");
        assert_eq!(
            place(out, "report.json"),
            Some(PathBuf::from("runs/a/report.json"))
        );
        for bad in ["", "../secret", "/etc/passwd", "a/../../b"] {
            assert_eq!(place(out, bad), None, "{bad}");
        }
    }
}
