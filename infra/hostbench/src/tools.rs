//! External programs that a checkout or a deployment needs.

use std::{env, ffi::OsStr, path::PathBuf};

use crate::error::Error;

/// Builds the programs of a checkout.
pub const CARGO: Tool = Tool {
    program: "cargo",
    remedy: "run an installed hostbench outside of the checkout, or install Rust",
};
/// Builds the functions for the architectures of Lambda.
pub const CARGO_LAMBDA: Tool = Tool {
    program: "cargo-lambda",
    remedy: "install it with `pip install cargo-lambda`",
};
/// Packages and deploys the template.
pub const SAM: Tool = Tool {
    program: "sam",
    remedy: "install it with `pip install aws-sam-cli`",
};

/// An external program, and how to install it.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The name of the program.
    pub program: &'static str,
    remedy: &'static str,
}

impl Tool {
    /// Checks that the program is in `PATH`.
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
                "program `{}` not found; {}, and make sure that it is in `PATH`",
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
    fn a_missing_program_is_named_with_how_to_install_it() {
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
