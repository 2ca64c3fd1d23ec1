//! Installation of the emulator and other Python packages into the cache.
//!
//! The packages go into a folder named after the pinned versions and the
//! interpreter. It is built under another name and renamed when complete; a lock
//! keeps two commands from building it at the same time.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use bench_core::dataset::sha256_hex;
use tempfile::TempDir;

use super::python::Python;
use crate::{error::Error, process, progress::Console};

/// The pinned packages of the emulator.
const REQUIREMENTS: &str = include_str!("../../emulator.txt");

/// Prefix of folders that are being built.
const UNFINISHED: &str = "installing-";

/// Installed packages.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The interpreter that they are installed for.
    pub python: Python,
    /// The folder with the packages.
    pub packages: PathBuf,
}

/// Installs the emulator below `parent`, unless it is installed.
///
/// # Errors
///
/// [`Error::Program`] when there is no Python, no `pip`, or the installation fails.
pub async fn install(parent: &Path, console: &Console) -> Result<Installation, Error> {
    install_packages(parent, "emulator", REQUIREMENTS, console).await
}

/// Installs packages below `parent`, in a folder with the prefix `name`, unless
/// they are installed. Every line of `requirements` pins a package.
///
/// # Errors
///
/// Those of [`install`].
pub async fn install_packages(
    parent: &Path,
    name: &str,
    requirements: &str,
    console: &Console,
) -> Result<Installation, Error> {
    let python = Python::find().await?;
    let packages = parent.join(folder_name(name, requirements, &python.abi));
    let installation = Installation { python, packages };
    if installation.packages.is_dir() {
        return Ok(installation);
    }
    let _lock = lock(&parent.join("emulator.lock"), console).await?;
    if !installation.packages.is_dir() {
        build(parent, &installation, requirements, console).await?;
    }
    Ok(installation)
}

fn folder_name(name: &str, requirements: &str, abi: &str) -> String {
    let digest = sha256_hex(format!("{abi}\n{requirements}").as_bytes());
    format!("{name}-{}", &digest[..12])
}

async fn lock(path: &Path, console: &Console) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    let mut is_noted = false;
    // Polled, since a blocked thread could not be interrupted.
    while file.try_lock().is_err() {
        if !is_noted {
            console
                .note("waiting for another hostbench process that is installing the embedded AWS");
            is_noted = true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(file)
}

async fn build(
    parent: &Path,
    installation: &Installation,
    pinned: &str,
    console: &Console,
) -> Result<(), Error> {
    let mut step = console.step("installing the embedded AWS (first run only)");
    sweep(parent);
    let folder = TempDir::with_prefix_in(UNFINISHED, parent)
        .map_err(Error::file("create a folder in", parent))?;
    let requirements = folder.path().join("requirements.txt");
    fs::write(&requirements, pinned).map_err(Error::file("write", &requirements))?;
    let installer = installer(&installation.python, folder.path(), &mut step).await?;
    let packages = folder.path().join("packages");
    let mut command = installer.command();
    command
        .args([
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-compile",
            "--no-warn-script-location",
            "--prefer-binary",
            "--target",
        ])
        .arg(&packages)
        .arg("--requirement")
        .arg(&requirements)
        // Overrides settings of the user that contradict `--target`.
        .envs([("PIP_USER", "0"), ("PIP_REQUIRE_VIRTUALENV", "0")]);
    process::run(
        &mut command,
        "installing the embedded AWS with pip",
        &mut step,
    )
    .await
    .map_err(|error| explained(&error))?;
    fs::rename(&packages, &installation.packages)
        .map_err(Error::file("create", &installation.packages))?;
    step.done("installed");
    Ok(())
}

/// Removes unfinished folders of killed commands. The caller holds the lock, so
/// nobody is building them.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// An interpreter with `pip`: this one, or a temporary virtual environment of it.
async fn installer(
    python: &Python,
    folder: &Path,
    step: &mut crate::progress::Step,
) -> Result<Python, Error> {
    if python.has("pip").await {
        return Ok(python.clone());
    }
    let environment = folder.join("pip");
    let mut command = python.command();
    command.args(["-m", "venv"]).arg(&environment);
    process::run(&mut command, "creating a virtual environment", step).await.map_err(|_| {
        Error::Program(format!(
            "`{}` has neither `pip` nor a working `venv`, one of which is needed to install the \
             embedded AWS; install one, on Debian and Ubuntu with `apt-get install python3-venv`",
            python.program.display()
        ))
    })?;
    Ok(Python {
        program: environment.join("bin/python3"),
        abi: python.abi.clone(),
    })
}

fn explained(error: &Error) -> Error {
    Error::Program(format!(
        "{error}\ncheck the connection to the package index that pip is configured for, and run the \
         command again"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned() {
        let packages: Vec<_> = REQUIREMENTS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .collect();
        assert!(packages.iter().any(|line| line.starts_with("ministack==")));
        assert!(
            packages
                .iter()
                .any(|line| line.starts_with("aws-sam-translator=="))
        );
        let loose: Vec<_> = packages
            .iter()
            .filter(|line| !line.contains("=="))
            .collect();
        assert!(loose.is_empty(), "not pinned: {loose:?}");
    }

    #[tokio::test]
    async fn without_an_installer_the_remedy_is_named() {
        let python = Python {
            program: "false".into(),
            abi: String::new(),
        };
        let folder = TempDir::new().unwrap();
        let mut step = Console::silent().step("installing");
        let error = installer(&python, folder.path(), &mut step)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("apt-get install python3-venv"),
            "{error}"
        );
    }

    #[test]
    fn another_version_or_interpreter_is_another_folder() {
        let folder = |requirements, abi| folder_name("emulator", requirements, abi);
        let this = folder("ministack==1", "3.11-linux-x86_64");
        assert_ne!(this, folder("ministack==2", "3.11-linux-x86_64"));
        assert_ne!(this, folder("ministack==1", "3.12-linux-x86_64"));
        assert_eq!(this, folder("ministack==1", "3.11-linux-x86_64"));
    }
}
