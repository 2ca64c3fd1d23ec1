//! A simulator in a process of its own, for programs that measure what they take themselves.
//!
//! The process is started from the program itself, whose `main` begins with
//! [`SimulatorProcess::serve_if_asked`]. What only Linux tells is read from `/proc`.

use std::{
    collections::HashMap,
    env, fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{command, ledger::Call};

/// Set in the process that is the simulator.
const IS_SIMULATOR: &str = "HOSTBENCH_IS_SIMULATOR";

/// A simulator's process; it ends when this is dropped.
#[derive(Debug)]
pub struct SimulatorProcess {
    child: Child,
    url: String,
}

impl SimulatorProcess {
    /// Is the simulator until it ends, where this process was started as one; `false` at once
    /// where it was not.
    ///
    /// # Errors
    ///
    /// A runtime that cannot be built.
    pub fn serve_if_asked() -> io::Result<bool> {
        if env::var_os(IS_SIMULATOR).is_none() {
            return Ok(false);
        }
        let _ = Runtime::new()?.block_on(command::run());
        Ok(true)
    }

    /// Starts the simulator; it listens on return.
    ///
    /// # Errors
    ///
    /// A process that cannot be started, or does not say where it listens.
    pub fn start() -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg("--exit-with-stdin")
            .env(IS_SIMULATOR, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let said: Value = serde_json::from_str(&line)?;
        let url = said["listening"].as_str().map(str::to_owned);
        let url = url.ok_or_else(|| io::Error::other("the simulator names no URL"))?;
        Ok(Self { child, url })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Every call that has ended and had a prompt, by the hash of it.
    ///
    /// # Errors
    ///
    /// An answer that cannot be read.
    pub fn calls_by_prompt(&self) -> io::Result<HashMap<String, Call>> {
        let mut stream = TcpStream::connect(self.address())?;
        let request = "GET /_simulator/calls HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let calls: Vec<Call> = serde_json::from_str(body)?;
        let with_prompt = |call: Call| Some((call.prompt_sha256.clone()?, call));
        Ok(calls.into_iter().filter_map(with_prompt).collect())
    }
}

impl Drop for SimulatorProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of this process, in seconds.
///
/// # Errors
///
/// A system other than Linux.
pub fn cpu_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// The most memory that this process has had resident, in MB.
///
/// # Errors
///
/// A system other than Linux.
pub fn max_resident_mb() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: Option<f64> = figure.and_then(|figure| figure.parse().ok());
    let kilobytes = kilobytes.ok_or_else(|| io::Error::other("no `VmHWM` in the status"))?;
    Ok(kilobytes / 1_024.0)
}
