//! The commands of the documentation run, in the order of their page, in a folder that has
//! the files of the page and two runs of the demo, `RUN` and `BASELINE`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hostbench::project::Project;
use serde_json::Value;
use support::root;
use tempfile::TempDir;

use crate::markdown::{Page, pages};

const RUNS: &str = "hostbench-runs";

/// Runs a command in a folder; its standard output.
fn run(command: &mut Command, at: &str) -> String {
    let output = command.stdin(Stdio::null()).output().expect("a command");
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let stderr = String::from_utf8_lossy(&stderr);
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{at}: {status}\n{stdout}\n{stderr}");
    stdout
}

/// The demo, with two prompts, in a folder of its own.
fn demo(programs: &Path) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut command = Command::new(programs.join("hostbench"));
    command
        .args(["demo", "--json", "--out", "hostbench-runs/RUN"])
        .args([
            "--set",
            "dataset.source=builtin",
            "--set",
            "dataset.prompts=2",
        ])
        .args(["--set", "method.warmup=1", "--set", "method.repetitions=2"])
        .arg("--bin-dir")
        .arg(programs)
        .current_dir(folder.path());
    let outcome = run(&mut command, "demo");
    let outcome: Value = serde_json::from_str(&outcome).expect("one JSON object");
    let id = outcome["run_id"].as_str().expect("a run id");

    // The same run under another id.
    let runs = folder.path().join(RUNS);
    fs::create_dir(runs.join("BASELINE")).expect("a folder");
    for name in ["plan.json", "samples.jsonl", "report.json", "report.html"] {
        let text = fs::read_to_string(runs.join("RUN").join(name)).expect(name);
        let text = text.replace(id, "baseline");
        fs::write(runs.join("BASELINE").join(name), text).expect(name);
    }
    folder
}

/// A folder with what the commands of a page need.
fn folder_for(page: &Page, demo: &Path) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    symlink(root().join("infra"), folder.path().join("infra")).expect("a link");
    for run in ["RUN", "BASELINE"] {
        let to = folder.path().join(RUNS).join(run);
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(demo.join(RUNS).join(run))
            .expect("a run")
            .flatten()
        {
            if entry.path().is_file() {
                fs::copy(entry.path(), to.join(entry.file_name())).expect("a file");
            }
        }
    }
    for block in &page.blocks {
        if let Some(name) = block.attributes.get("file") {
            fs::write(folder.path().join(name), &block.text).expect("a file");
        }
    }
    folder
}

/// A folder in which `hostbench` is the command that was built.
fn wrapper(programs: &Path) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let script = folder.path().join("hostbench");
    let program = programs.join("hostbench");
    fs::write(
        &script,
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display()),
    )
    .expect("a file");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a program");
    folder
}

#[test]
fn the_demo_and_every_command_that_is_not_marked_run() {
    let programs: PathBuf = support::programs(&Project::find().expect("the project"));
    let demo = demo(&programs);
    assert!(demo.path().join(RUNS).join("RUN/report.html").is_file());

    let wrapper = wrapper(&programs);
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("{}:{path}", wrapper.path().display());
    let mut count = 0;
    for page in pages() {
        let folder = folder_for(&page, demo.path());
        for block in &page.blocks {
            let marked = ["run-by", "no-run"].iter();
            let is_marked = marked
                .into_iter()
                .any(|name| block.attributes.contains_key(*name));
            if block.language != "sh" || is_marked {
                continue;
            }
            let at = format!("{}:{}", page.path.display(), block.line);
            let mut shell = Command::new("sh");
            shell
                .args(["-e", "-c", &block.text])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env_remove("HOSTBENCH_DATASETS");
            run(&mut shell, &at);
            count += 1;
        }
    }
    assert!(count > 3, "{count}");
}
