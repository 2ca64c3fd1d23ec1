//! Lookup of a Python interpreter for the emulator.

use std::{
    env,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::error::Error;

/// The oldest version that the emulator runs on.
const MIN_VERSION: (u32, u32) = (3, 10);

/// Names in the order of lookup; the plain name first, since users set it up.
const NAMES: &[&str] = &[
    "python3",
    "python",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
];

/// Prints version, platform and path of the interpreter.
const DESCRIBE_SCRIPT: &str = "import sys, sysconfig; print(sys.version_info[0], sys.version_info[1], \
                   sysconfig.get_platform(), sys.executable)";

/// An interpreter that is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter.
    pub program: PathBuf,
    /// The platform of compiled packages: `3.11-linux-x86_64`.
    pub abi: String,
}

impl Python {
    /// Finds an interpreter: the one in `HOSTBENCH_PYTHON`, or else the one in the folder of
    /// this command, which installed it, or else one in `PATH`.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] when none is new enough.
    pub async fn find() -> Result<Self, Error> {
        let named = env::var("HOSTBENCH_PYTHON")
            .ok()
            .filter(|name| !name.is_empty());
        let beside = env::current_exe().ok().and_then(|path| beside(&path));
        let candidates = named.as_deref().map_or_else(
            || {
                beside
                    .as_deref()
                    .into_iter()
                    .chain(NAMES.iter().copied())
                    .collect()
            },
            |name| vec![name],
        );
        let mut too_old = Vec::new();
        for name in candidates {
            match describe(name).await {
                Some(Ok(python)) => return Ok(python),
                Some(Err(version)) => too_old.push(format!("`{name}` is {version}")),
                None => {}
            }
        }
        let found = if too_old.is_empty() {
            named.map_or_else(
                || "none is in `PATH`".to_owned(),
                |name| format!("`{name}` cannot be run"),
            )
        } else {
            too_old.join(", ")
        };
        let (major, minor) = MIN_VERSION;
        Err(Error::Program(format!(
            "the embedded AWS needs Python {major}.{minor} or newer, but {found}; install it, or set \
             `HOSTBENCH_PYTHON` to its path"
        )))
    }

    /// A command that runs this interpreter without the user's Python settings.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for name in [
            "PYTHONHOME",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "__PYVENV_LAUNCHER__",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Whether the interpreter has a module.
    pub(super) async fn has(&self, module: &str) -> bool {
        let mut command = self.command();
        command.args(["-m", module, "--help"]);
        command
            .output()
            .await
            .is_ok_and(|output| output.status.success())
    }
}

/// The interpreter in the folder of an executable, where `pip` puts commands.
fn beside(executable: &Path) -> Option<String> {
    let executable = executable.canonicalize().ok()?;
    let python = executable.with_file_name("python3");
    python
        .is_file()
        .then(|| python.to_string_lossy().into_owned())
}

/// Describes an interpreter: `None` when it cannot be run, its version when too old.
async fn describe(name: &str) -> Option<Result<Python, String>> {
    let output = Command::new(name)
        .args(["-c", DESCRIBE_SCRIPT])
        .output()
        .await
        .ok()?;
    output
        .status
        .success()
        .then(|| parse_description(&String::from_utf8_lossy(&output.stdout)))?
}

fn parse_description(answer: &str) -> Option<Result<Python, String>> {
    let mut words = answer.trim_end().splitn(4, ' ');
    let major: u32 = words.next()?.parse().ok()?;
    let minor: u32 = words.next()?.parse().ok()?;
    let (platform, program) = (words.next()?, words.next()?);
    if (major, minor) < MIN_VERSION {
        return Some(Err(format!("{major}.{minor}")));
    }
    Some(Ok(Python {
        program: program.into(),
        abi: format!("{major}.{minor}-{platform}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_enough_interpreter_is_taken_as_it_names_itself() {
        let python = parse_description("3 12 linux-x86_64 /opt/my python/bin/python3\n")
            .unwrap()
            .unwrap();
        assert_eq!(python.program, PathBuf::from("/opt/my python/bin/python3"));
        assert_eq!(python.abi, "3.12-linux-x86_64");
    }

    #[test]
    fn the_interpreter_that_installed_the_command_is_beside_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let command = folder.join("hostbench");
        std::fs::write(&command, "").unwrap();
        assert_eq!(beside(&command), None);
        std::fs::write(folder.join("python3"), "").unwrap();
        let link = folder.join("link");
        std::os::unix::fs::symlink(&command, &link).unwrap();
        let python = folder.join("python3").display().to_string();
        assert_eq!(beside(&link), Some(python));
    }

    #[test]
    fn an_old_interpreter_is_refused_with_its_version() {
        assert_eq!(
            parse_description("3 9 linux-x86_64 /usr/bin/python3"),
            Some(Err("3.9".to_owned()))
        );
        assert_eq!(
            parse_description("2 7 linux2 /usr/bin/python"),
            Some(Err("2.7".to_owned()))
        );
        assert_eq!(parse_description("not python"), None);
    }
}
