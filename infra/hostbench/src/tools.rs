//! Programs of others that a deployment needs.

use std::{env, ffi::OsStr, path::PathBuf};

use crate::error::Error;

/// What builds the functions for the machines of Lambda.
pub const CARGO_LAMBDA: Tool = Tool {
    program: "cargo-lambda",
    remedy: "install it with `pip install cargo-lambda`",
};
/// What packages the template and deploys it.
pub const SAM: Tool = Tool {
    program: "sam",
    remedy: "install it with `pip install aws-sam-cli`",
};

/// A program, and where it is had from.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Its name.
    pub program: &'static str,
    remedy: &'static str,
}

impl Tool {
    /// Sees that the program can be found.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] with the remedy.
    pub fn require(&self) -> Result<(), Error> {
        self.require_in(env::var_os("PATH").unwrap_or_default().as_os_str())
    }

    fn require_in(&self, path: &OsStr) -> Result<(), Error> {
        let found: Option<PathBuf> = env::split_paths(path)
            .map(|folder| folder.join(self.program))
            .find(|file| file.is_file());
        match found {
            Some(_) => Ok(()),
            None => Err(Error::Program(format!(
                "there is no program `{}`; {}, and see that it is in `PATH`",
                self.program, self.remedy
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_missing_program_is_told_with_the_way_to_it() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().as_os_str();
        let error = SAM.require_in(path).unwrap_err().to_string();
        assert!(
            error.contains("`sam`") && error.contains("`pip install aws-sam-cli`"),
            "{error}"
        );
        std::fs::write(folder.path().join("sam"), "").unwrap();
        assert!(SAM.require_in(path).is_ok());
    }
}
