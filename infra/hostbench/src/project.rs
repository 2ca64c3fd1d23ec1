//! The folders of the project: its root, its target folder and our cache there.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// The file that identifies the root of the project.
const ROOT_MARKER: &str = "statemachine/benchmark.asl.json";

/// The folders of the project.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    profile: String,
    target: PathBuf,
}

impl Project {
    /// Finds the project around the current folder, or else the one this
    /// command was built from.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when there is neither.
    pub fn find() -> Result<Self, Error> {
        let here = env::current_dir().map_err(Error::file("read", "."))?;
        let built = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .map(Path::to_path_buf);
        let root =
            find_root(&here).or_else(|| built.filter(|root| root.join(ROOT_MARKER).is_file()));
        let root = root.ok_or_else(|| {
            Error::InvalidInput(format!(
                "no parent folder of `{}` has `{ROOT_MARKER}`; run the command inside the project",
                here.display()
            ))
        })?;
        let executable = env::current_exe().map_err(Error::file("find", "hostbench"))?;
        let (profile, target) =
            build_folders(&executable).unwrap_or_else(|| ("debug".to_owned(), root.join("target")));
        Ok(Self {
            root,
            profile,
            target,
        })
    }

    /// The root of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The target folder of cargo.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The profile this command was built with, as cargo's `--profile` takes it.
    #[must_use]
    pub fn profile(&self) -> &str {
        if self.profile == "debug" {
            "dev"
        } else {
            &self.profile
        }
    }

    /// The folder with the built programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.target.join(&self.profile)
    }

    /// The price catalog.
    #[must_use]
    pub fn prices(&self) -> PathBuf {
        self.root.join("infra/prices.toml")
    }

    /// The cache of this command: the emulator, datasets and work folders.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.target.join("hostbench")
    }
}

fn find_root(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| folder.join(ROOT_MARKER).is_file())
        .map(Path::to_path_buf)
}

/// Profile and target folder of a program that cargo built: `target/debug/hostbench`,
/// or `target/debug/deps/…` for a test.
fn build_folders(executable: &Path) -> Option<(String, PathBuf)> {
    let mut folder = executable.parent()?;
    if folder.file_name()? == "deps" {
        folder = folder.parent()?;
    }
    let profile = folder.file_name()?.to_str()?.to_owned();
    let target = folder.parent()?;
    // Cargo marks its folders; an installed program is not in one.
    target
        .join(".rustc_info.json")
        .is_file()
        .then(|| (profile, target.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_root_is_found_from_a_folder_inside() {
        let folder = TempDir::new().unwrap();
        let inside = folder.path().join("infra/configs");
        fs::create_dir_all(&inside).unwrap();
        assert_eq!(find_root(&inside), None);
        fs::create_dir(folder.path().join("statemachine")).unwrap();
        fs::write(folder.path().join(ROOT_MARKER), "{}").unwrap();
        assert_eq!(find_root(&inside).as_deref(), Some(folder.path()));
    }

    #[test]
    fn lambdas_are_built_as_this_command_was() {
        let folder = TempDir::new().unwrap();
        let target = folder.path().to_path_buf();
        assert_eq!(build_folders(&target.join("release/hostbench")), None);
        fs::write(target.join(".rustc_info.json"), "{}").unwrap();
        let built = |path: &str| build_folders(&target.join(path));
        assert_eq!(
            built("release/hostbench"),
            Some(("release".into(), target.clone()))
        );
        assert_eq!(
            built("debug/deps/local-1a2b"),
            Some(("debug".into(), target.clone()))
        );
    }
}
