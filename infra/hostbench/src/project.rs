//! The files of hostbench on this machine, and its cache: of a checkout, or of an installation.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    parts::{self, Parts},
};

/// The file that identifies the root of a checkout, and of the parts of an installation.
const ROOT_MARKER: &str = "statemachine/benchmark.asl.json";

/// The folder of the files that users may name, below the root.
const FILES: &str = "infra";

/// The files of hostbench. Below its root, template, definitions, prices and configurations
/// have the same paths in a checkout and in an installation.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    cache: PathBuf,
    build: Option<Build>,
}

/// How cargo builds the programs of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The name of the profile's folder.
    profile: String,
    /// The target folder.
    pub target: PathBuf,
}

/// Where the files of this command are from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The root of a checkout.
    Checkout(PathBuf),
    /// The command itself.
    Installed(Parts),
}

impl Origin {
    /// The checkout around the current folder, or else the parts of this command, or else
    /// the checkout it was built from; `None` when there is none of them.
    fn find(here: &Path, executable: &Path) -> Option<Self> {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let built = built.filter(|root| root.join(ROOT_MARKER).is_file());
        find_root(here)
            .map(Self::Checkout)
            .or_else(|| Parts::of(executable).map(Self::Installed))
            .or_else(|| built.map(|root| Self::Checkout(root.to_path_buf())))
    }
}

impl Project {
    /// Finds the checkout around the current folder, or else the parts that this command
    /// carries, which it unpacks into its cache once, or else the checkout it was built from.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when there is none of them, or no folder for the cache, and
    /// those of [`Parts::unpack`].
    pub fn find() -> Result<Self, Error> {
        let here = env::current_dir().map_err(Error::file("read", "."))?;
        let executable = executable()?;
        match Origin::find(&here, &executable) {
            Some(Origin::Checkout(root)) => {
                let build = Build::of(&executable, &root);
                Ok(Self {
                    root,
                    cache: build.target.join("hostbench"),
                    build: Some(build),
                })
            }
            Some(Origin::Installed(parts)) => Self::installed(&parts, user_cache()?),
            None => Err(Error::InvalidInput(format!(
                "`{}` carries none of its parts, and no parent folder of `{}` has `{ROOT_MARKER}`; \
                 install a packaged hostbench, or run the command inside a checkout",
                executable.display(),
                here.display()
            ))),
        }
    }

    /// The parts of an installed command, unpacked below a cache.
    ///
    /// # Errors
    ///
    /// Those of [`Parts::unpack`].
    pub fn installed(parts: &Parts, cache: PathBuf) -> Result<Self, Error> {
        Ok(Self {
            root: parts.unpack(&cache)?,
            cache,
            build: None,
        })
    }

    /// The root of the checkout, or of the parts of the installation.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How cargo builds the programs of the checkout; `None` of an installation, whose
    /// programs are built.
    #[must_use]
    pub fn build(&self) -> Option<&Build> {
        self.build.as_ref()
    }

    /// The folder with the built Lambdas and the simulator, by their names.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.build
            .as_ref()
            .map_or_else(|| self.root.join(parts::PROGRAMS), Build::programs)
    }

    /// The price catalog.
    #[must_use]
    pub fn prices(&self) -> PathBuf {
        self.root.join("infra/prices.toml")
    }

    /// The cache of this command: the emulator, datasets, logs and work folders.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.cache.clone()
    }
}

impl Build {
    /// As `executable` was built, if cargo built it, and otherwise for debugging.
    fn of(executable: &Path, root: &Path) -> Self {
        Self::find(executable).unwrap_or_else(|| Self {
            profile: "debug".to_owned(),
            target: root.join("target"),
        })
    }

    /// Of a program that cargo built: `target/debug/hostbench`, or `target/debug/deps/…`
    /// for a test.
    fn find(executable: &Path) -> Option<Self> {
        let mut folder = executable.parent()?;
        if folder.file_name()? == "deps" {
            folder = folder.parent()?;
        }
        let profile = folder.file_name()?.to_str()?.to_owned();
        let target = folder.parent()?;
        // Cargo marks its folders; an installed program is not in one.
        target.join(".rustc_info.json").is_file().then(|| Self {
            profile,
            target: target.to_path_buf(),
        })
    }

    /// The profile, as cargo's `--profile` takes it.
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
}

/// Where this command has its files from, as text; `None` when it has none.
#[must_use]
pub fn origin() -> Option<String> {
    let here = env::current_dir().unwrap_or_default();
    Some(match Origin::find(&here, &executable().ok()?)? {
        Origin::Checkout(root) => format!("checkout {}", root.display()),
        Origin::Installed(parts) => format!("installed {}", parts.executable().display()),
    })
}

/// The file that a user names: the one here, or else the one that hostbench has below `infra`,
/// such as `infra/prices.toml`, wherever the command is called.
#[must_use]
pub fn named(path: &Path) -> PathBuf {
    if path.starts_with(FILES)
        && !path.exists()
        && let Ok(project) = Project::find()
        && project.root().join(path).is_file()
    {
        return project.root().join(path);
    }
    path.to_path_buf()
}

fn executable() -> Result<PathBuf, Error> {
    env::current_exe()
        .and_then(|path| path.canonicalize())
        .map_err(Error::file("find", "hostbench"))
}

/// The cache of an installed command.
fn user_cache() -> Result<PathBuf, Error> {
    let folder = user_cache_in(env::var_os("XDG_CACHE_HOME"), env::home_dir());
    folder.ok_or_else(|| {
        Error::InvalidInput(
            "there is no home folder to keep the embedded AWS in; set `HOME`, or set \
             `XDG_CACHE_HOME` to the absolute path of a folder"
                .to_owned(),
        )
    })
}

/// Below `XDG_CACHE_HOME`, which counts only if it is absolute, or else where the operating
/// system keeps caches in a home folder.
fn user_cache_in(xdg: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let caches = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    let named = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| home.is_absolute());
    let parent = named.or_else(|| Some(home?.join(caches)))?;
    Some(parent.join("hostbench"))
}

fn find_root(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| folder.join(ROOT_MARKER).is_file())
        .map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::parts::tests::write_command;

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
        assert_eq!(Build::find(&target.join("release/hostbench")), None);
        fs::write(target.join(".rustc_info.json"), "{}").unwrap();
        let built = |path: &str| Build::find(&target.join(path)).unwrap();
        let release = built("release/hostbench");
        assert_eq!((release.profile(), &release.target), ("release", &target));
        assert_eq!(release.programs(), target.join("release"));
        assert_eq!(built("debug/deps/local-1a2b").profile(), "dev");
    }

    #[test]
    fn an_installed_command_uses_the_checkout_it_stands_in_and_else_its_own_parts() {
        let folder = TempDir::new().unwrap();
        let command = folder.path().join("hostbench");
        write_command(&command, &[(ROOT_MARKER, b"{}")]);
        let found = Origin::find(folder.path(), &command);
        let Some(Origin::Installed(parts)) = found else {
            panic!("{found:?}")
        };
        let project = Project::installed(&parts, folder.path().join("cache")).unwrap();
        assert!(project.root().join(ROOT_MARKER).is_file());
        assert_eq!(project.build(), None);
        assert_eq!(project.programs(), project.root().join("programs"));
        fs::create_dir(folder.path().join("statemachine")).unwrap();
        fs::write(folder.path().join(ROOT_MARKER), "{}").unwrap();
        let checkout = Origin::Checkout(folder.path().to_path_buf());
        assert_eq!(Origin::find(folder.path(), &command), Some(checkout));
    }

    #[test]
    fn the_cache_of_a_user_is_where_the_system_keeps_caches() {
        let home = || Some(PathBuf::from("/home/me"));
        let caches = if cfg!(target_os = "macos") {
            "/home/me/Library/Caches/hostbench"
        } else {
            "/home/me/.cache/hostbench"
        };
        let cache = |xdg: &str| user_cache_in(Some(xdg.into()), home());
        assert_eq!(cache("/var/cache"), Some("/var/cache/hostbench".into()));
        for ignored in ["", "relative"] {
            assert_eq!(cache(ignored), Some(caches.into()));
        }
        assert_eq!(user_cache_in(None, None), None);
    }
}
