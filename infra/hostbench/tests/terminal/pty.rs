//! A pseudo-terminal that stands in for the one of a person.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    process::{Child, Command},
};

use nix::pty::{Winsize, openpty};

/// A command on a terminal.
pub(crate) struct Terminal {
    /// The end of the person: what is typed and seen.
    person: File,
    command: Child,
    seen: String,
}

impl Terminal {
    /// Starts the command in a folder, on a terminal of so many columns.
    pub(crate) fn start(
        folder: &Path,
        columns: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let size = Winsize {
            ws_row: 40,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).expect("a terminal");
        let end = || File::from(pty.slave.try_clone().expect("a further handle"));
        let command = Command::new(env!("CARGO_BIN_EXE_hostbench"))
            .args(arguments)
            .current_dir(folder)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS")
            .env("TERM", "xterm-256color")
            .envs(environment.iter().copied())
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the command starts");
        Self {
            person: File::from(pty.master),
            command,
            seen: String::new(),
        }
    }

    /// Reads until a text is seen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "`{text}` never came: {}", self.seen);
        }
    }

    /// Types a line.
    pub(crate) fn answer(&mut self, line: &str) {
        writeln!(self.person, "{line}").expect("the command reads");
    }

    /// Waits for the end of the command, and returns its exit code and what was seen.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        let status = self.command.wait().expect("the command ends");
        (status.code(), self.seen.replace("\r\n", "\n"))
    }

    /// Reads some more; `false` where the command has ended.
    fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        // Linux answers with an error where nobody holds the other end, and macOS with nothing.
        match self.person.read(&mut some) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.push_str(&String::from_utf8_lossy(&some[..count]));
                true
            }
        }
    }
}
