//! Child processes that never outlive the command.
//!
//! Each one leads its own process group, so that its descendants are stopped with
//! it, and Ctrl-C reaches this command alone, which stops them in order.

use std::{
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::{
        signal::{Signal, killpg},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

use crate::{error::Error, progress::Step};

/// Time from SIGTERM to SIGKILL.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Time to wait for the rest of a group after SIGKILL.
const KILL_TIMEOUT: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(20);

/// A running program with its descendants.
///
/// Dropping it stops the whole group: SIGTERM, and SIGKILL after two seconds.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    group: Option<Pid>,
}

impl ProcessGroup {
    /// Starts the program as the leader of a new process group.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] when it cannot be started.
    pub fn spawn(command: &mut Command) -> Result<Self, Error> {
        let name = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        adopt_orphans();
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|error| Error::Program(format!("cannot start `{name}`: {error}")))?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw);
        Ok(Self { child, group })
    }

    /// The process id of the leader, which is the id of the group; `None` once it was reaped.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The exit status of the leader; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The leader's standard input, if it is a pipe and was not taken before.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// The leader's standard output, if it is a pipe and was not taken before.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits for the leader to end.
    ///
    /// # Errors
    ///
    /// [`Error::Program`] when it cannot be waited for.
    pub async fn wait(&mut self) -> Result<ExitStatus, Error> {
        self.child
            .wait()
            .await
            .map_err(|error| Error::Program(format!("cannot wait for a program: {error}")))
    }

    /// Stops the group: SIGTERM, wait, SIGKILL.
    pub fn stop(&mut self) {
        let Some(group) = self.group.take() else {
            return;
        };
        drop(self.child.stdin.take());
        let _ = killpg(group, Signal::SIGTERM);
        self.wait_until(STOP_TIMEOUT, |stopped| stopped.ended().is_some());
        let _ = killpg(group, Signal::SIGKILL);
        self.wait_until(KILL_TIMEOUT, |stopped| {
            stopped.ended().is_some() && {
                reap(group);
                killpg(group, None).is_err()
            }
        });
    }

    fn wait_until(&mut self, limit: Duration, reached: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + limit;
        while !reached(self) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes this process the subreaper of orphaned descendants: in a container
/// there may be no init to reap them.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        // Without it orphans are init's to reap, as elsewhere.
        ONCE.call_once(|| {
            let _ = nix::sys::prctl::set_child_subreaper(true);
        });
    }
}

/// Reaps members of a group that have ended; its leader must have been waited for.
fn reap(group: Pid) {
    let members = Pid::from_raw(-group.as_raw());
    while let Ok(status) = waitpid(members, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            break;
        }
    }
}

/// Runs a program to its end, showing the last line of its standard error.
///
/// # Errors
///
/// [`Error::Program`] when it cannot be started or fails, with its standard error.
pub async fn run(command: &mut Command, what: &str, step: &mut Step) -> Result<(), Error> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut group = ProcessGroup::spawn(command)?;
    let mut said = String::new();
    if let Some(stderr) = group.take_stderr() {
        let mut lines = BufReader::new(stderr).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line);
            step.detail(&line);
            said.push_str(&line);
            said.push('\n');
        }
    }
    let status = group.wait().await?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Program(format!(
        "{what} failed ({status}):\n{}",
        said.trim_end()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Console;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    async fn first_line(group: &mut ProcessGroup) -> String {
        let stdout = group.take_stdout().expect("standard output is a pipe");
        let mut lines = BufReader::new(stdout).lines();
        lines
            .next_line()
            .await
            .unwrap()
            .expect("the program says a line")
    }

    #[tokio::test]
    async fn what_a_program_started_ends_with_it() {
        let script = "sleep 600 & echo $!; wait";
        let mut group = ProcessGroup::spawn(shell(script).stdout(Stdio::piped())).unwrap();
        let grandchild = first_line(&mut group).await;
        drop(group);
        assert!(!runs(&grandchild), "process {grandchild} is still there");
    }

    #[tokio::test]
    async fn a_program_that_will_not_listen_is_killed() {
        let script = "trap '' TERM; echo ready; while :; do sleep 1; done";
        let mut group = ProcessGroup::spawn(shell(script).stdout(Stdio::piped())).unwrap();
        let leader = group.id().unwrap().to_string();
        assert_eq!(first_line(&mut group).await, "ready");
        drop(group);
        assert!(!runs(&leader), "process {leader} is still there");
    }

    #[tokio::test]
    async fn a_failing_program_is_quoted() {
        let mut step = Console::silent().step("trying");
        let mut command = shell("echo 'no such crate' >&2; exit 3");
        let error = run(&mut command, "building", &mut step)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("building failed") && error.contains("no such crate"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let error = ProcessGroup::spawn(&mut Command::new("no-such-program")).unwrap_err();
        assert!(error.to_string().contains("`no-such-program`"), "{error}");
    }

    /// Whether the process exists, be it as a zombie.
    fn runs(pid: &str) -> bool {
        let pid = Pid::from_raw(pid.parse().unwrap());
        nix::sys::signal::kill(pid, None).is_ok()
    }
}
