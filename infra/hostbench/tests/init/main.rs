//! `hostbench init` as its users meet it: what it finds, asks and writes.

mod account;
mod fake;
mod file;
mod listed;
mod recognized;
mod servers;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use bench_core::config::{Overrides, RunConfig, from_toml};
use serde_json::Value;
use tempfile::TempDir;

use self::fake::Fake;

/// The command in a folder, without an AWS account.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let nowhere = folder.join("nothing");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostbench"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere);
    command
}

/// Runs `init` with the ports of these servers, and an account where there is one.
fn init(folder: &Path, servers: &[&Fake], account: Option<&Fake>, arguments: &[&str]) -> Output {
    // Nothing listens on port 9.
    let ports: Vec<String> = servers
        .iter()
        .map(|server| server.port.to_string())
        .collect();
    let ports = if ports.is_empty() {
        "9".to_owned()
    } else {
        ports.join(",")
    };
    let mut command = command(folder, &[&["init", "--ports", &ports], arguments].concat());
    if let Some(account) = account {
        command
            .env("AWS_ENDPOINT_URL", account.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
    }
    command.output().expect("the command runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command ends by itself")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The candidates found, as JSON.
fn found(servers: &[&Fake], account: Option<&Fake>) -> Value {
    let folder = TempDir::new().expect("a folder");
    let output = init(folder.path(), servers, account, &["--json"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        0,
        "nothing is written"
    );
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// The ids that were found.
fn ids(found: &Value) -> Vec<&str> {
    let targets = found["targets"].as_array().expect("targets");
    targets
        .iter()
        .map(|target| target["id"].as_str().expect("an id"))
        .collect()
}

/// Writes a file, and reads it as a run would; the file, and what the command printed.
fn written(
    servers: &[&Fake],
    account: Option<&Fake>,
    arguments: &[&str],
) -> (String, RunConfig, String) {
    let folder = TempDir::new().expect("a folder");
    let output = init(
        folder.path(),
        servers,
        account,
        &[&["my.toml"], arguments].concat(),
    );
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("my.toml")).expect("a file");
    let checked = command(folder.path(), &["check", "my.toml"])
        .output()
        .expect("it runs");
    assert_eq!(code(&checked), 0, "{text}\n{}", said(&checked));
    let run = from_toml(&text, &Overrides::default()).expect("a configuration");
    (text, run, printed(&output))
}
