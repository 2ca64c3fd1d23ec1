//! The server.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use hostbench::project::Project;
use tempfile::TempDir;

/// The Python packages of the server and of the model writer.
const PACKAGES: &[&str] = &["llama-cpp-python[server]==0.3.36", "gguf==0.19.0"];

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> std::process::Output {
    let output = command.output().expect("a program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// A Python with the server, installed once below the target folder.
fn python(project: &Project) -> PathBuf {
    let build = project.build().expect("a checkout");
    let folder = build.target.join("llama-cpp");
    let python = folder.join("bin/python");
    let whole = folder.join("whole");
    if !whole.exists() {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder));
        run(Command::new(&python)
            .args(["-m", "pip", "install"])
            .args(PACKAGES));
        std::fs::write(whole, "").expect("written");
    }
    python
}

/// The server; it ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    // The file of the model.
    _folder: TempDir,
    // One test at a time: two on one machine would measure each other.
    _alone: MutexGuard<'static, ()>,
}

impl Server {
    /// Starts the server, which is still loading then. `None` where nobody has asked for it.
    pub(crate) fn start(project: &Project) -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        if std::env::var_os("HOSTBENCH_LLAMA_CPP").is_none() {
            eprintln!(
                "skipped: `HOSTBENCH_LLAMA_CPP=1` builds and asks the server, which takes minutes"
            );
            return None;
        }
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let python = python(project);
        let folder = TempDir::new().expect("a folder");
        let model = folder.path().join("random.gguf");
        let tool = support::root().join("tests/tools/random_model.py");
        run(Command::new(&python).arg(tool).arg(&model));
        // Free now; the server takes it in a moment.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut command = Command::new(&python);
        command
            // Left to itself it breaks a stream off when another request comes.
            .args(["-m", "llama_cpp.server", "--interrupt_requests", "false"])
            .args(["--n_ctx", "2048", "--model"])
            .arg(&model)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = command.spawn().expect("the server");
        Some(Self {
            process,
            port,
            _folder: folder,
            _alone: alone,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
