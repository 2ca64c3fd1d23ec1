//! `hostbench init` finds the server and writes a configuration that runs as it is.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use bench_core::sample::{Outcome, Phase, Sample};
use hostbench::project::Project;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, run};

/// The longest time in which the server loads its model.
const LOADS_WITHIN: Duration = Duration::from_mins(1);

/// The command on this machine alone.
pub(crate) fn command(project: &Project, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(support::programs(project).join("hostbench"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("AWS_CONFIG_FILE", folder.join("nothing"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("nothing"))
        .env("AWS_EC2_METADATA_DISABLED", "true");
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"] {
        command.env_remove(variable);
    }
    command
}

/// Waits until the server has loaded its model; what `init` finds then.
pub(crate) fn found(project: &Project, folder: &Path, port: &str) -> Value {
    let began = Instant::now();
    loop {
        let arguments = ["init", "--json", "--ports", port];
        let output = run(&mut command(project, folder, &arguments));
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        if found["targets"]
            .as_array()
            .is_some_and(|targets| !targets.is_empty())
        {
            return found;
        }
        assert!(began.elapsed() < LOADS_WITHIN, "{found}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_configuration_that_is_written_for_the_server_runs_as_it_is() {
    let project = Project::find().unwrap();
    let Some(server) = Server::start(&project) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let port = server.port.to_string();
    let found = found(&project, folder.path(), &port);
    assert_eq!(found["targets"][0]["server"], "llama-cpp-python", "{found}");
    assert_eq!(found["suggested"], json!(["llama-cpp-python-random"]));

    let write = ["init", "mine.toml", "--yes", "--ports", &port];
    run(&mut command(&project, folder.path(), &write));
    run(&mut command(
        &project,
        folder.path(),
        &["check", "mine.toml", "--probe"],
    ));
    let bin_dir = support::programs(&project).display().to_string();
    // The file is as it was written; the model hardly ever ends by itself.
    let short = ["--set", "method.max_tokens=48"];
    let measure = [
        "run",
        "mine.toml",
        "--local",
        "--out",
        "out",
        "--bin-dir",
        &bin_dir,
    ];
    let measure = [&measure[..], &short].concat();
    run(&mut command(&project, folder.path(), &measure));
    let samples = fs::read_to_string(folder.path().join("out/samples.jsonl")).unwrap();
    let samples = samples
        .lines()
        .map(|line| serde_json::from_str::<Sample>(line).unwrap());
    let measured: Vec<Sample> = samples
        .filter(|sample| sample.phase == Phase::Measured)
        .collect();
    assert_eq!(measured.len(), 20, "10 prompts, twice");
    for sample in &measured {
        assert_eq!(sample.outcome, Outcome::Ok, "{sample:?}");
    }
}
