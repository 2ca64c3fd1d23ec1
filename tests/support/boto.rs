//! Services that the project has no client of, through the emulator's own Python.

use std::process::Command;

use hostbench::{emulator, progress::Console, project::Project};
use serde_json::Value;

/// Calls an operation at the embedded AWS: `call(…, "iam", "list_roles", json!({}))`.
///
/// # Panics
///
/// When the service refuses it, with what it said.
pub(crate) async fn call(
    project: &Project,
    endpoint_url: &str,
    service: &str,
    operation: &str,
    arguments: Value,
) -> Value {
    let installation = emulator::install(&project.cache(), &Console::silent())
        .await
        .expect("the emulator is installed");
    let output = Command::new(&installation.python.program)
        .args(["-I", "-S"])
        .arg(crate::root().join("tests/tools/aws.py"))
        .arg(&installation.packages)
        .args([endpoint_url, "us-east-1", service, operation])
        .arg(arguments.to_string())
        .output()
        .expect("python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{service} {operation}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
