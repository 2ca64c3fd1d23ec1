//! The `hostbench` command against a deployed stack, as a user runs it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A working directory for the command, with an environment whose AWS is the
/// embedded one.
#[derive(Debug)]
pub struct Shell {
    program: PathBuf,
    endpoint_url: String,
    folder: TempDir,
    /// The folder at the front of `PATH`.
    first_in_path: Option<PathBuf>,
}

/// Exit code and output of a command.
#[derive(Debug)]
pub struct CommandOutput {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Shell {
    /// A shell for the AWS at this address.
    ///
    /// # Panics
    ///
    /// When no folder can be made.
    #[must_use]
    pub fn new(programs: &Path, endpoint_url: &str) -> Self {
        Self {
            program: programs.join("hostbench"),
            endpoint_url: endpoint_url.to_owned(),
            folder: TempDir::new().expect("a folder"),
            first_in_path: None,
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the folder.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        let parent = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::write(&path, text).expect("a file");
    }

    /// Puts a fake program before all others of its name in `PATH`.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn fake_program(&mut self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.folder().join("stand-ins");
        self.write(&format!("stand-ins/{name}"), script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.join(name), executable).expect("a program");
        self.first_in_path = Some(folder);
    }

    /// Runs a command.
    ///
    /// # Panics
    ///
    /// When the command does not start or is killed.
    #[must_use]
    pub fn hostbench(&self, arguments: &[&str]) -> CommandOutput {
        self.answering(arguments, "")
    }

    /// Runs a command and answers its prompt.
    ///
    /// # Panics
    ///
    /// When the command does not start or is killed.
    #[must_use]
    pub fn answering(&self, arguments: &[&str], answer: &str) -> CommandOutput {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut stdin, answer.as_bytes()).expect("an answer");
        drop(stdin);
        child.wait_with_output().expect("the command ends").into()
    }

    /// Runs a command without AWS credentials.
    ///
    /// # Panics
    ///
    /// When the command does not start or is killed.
    #[must_use]
    pub fn signed_out(&self, arguments: &[&str]) -> CommandOutput {
        let mut command = self.command(arguments);
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY");
        command.output().expect("the command ends").into()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut path = OsString::from(self.first_in_path.clone().unwrap_or_default());
        path.push(":/usr/bin:/bin");
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder())
            .env("AWS_ENDPOINT_URL", &self.endpoint_url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the command ends by itself"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
