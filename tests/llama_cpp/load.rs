//! The ten lines of the README on the capacity of a server, tried on this one.

use std::fs;

use bench_report::Report;
use hostbench::project::Project;
use tempfile::TempDir;

use crate::{
    server::{Server, run},
    written::{command, found},
};

/// The steps that are configured; a search may add more.
const STEPS: [f64; 3] = [1.0, 2.0, 4.0];

#[test]
fn the_capacity_of_the_server_is_found_or_the_reason_is_stated() {
    let project = Project::find().unwrap();
    let Some(server) = Server::start(&project) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    found(&project, folder.path(), &server.port.to_string());
    // Line 3: the configuration is copied, and URL, model and limits are set.
    let text = support::read("infra/configs/load.toml");
    let changes = [
        (
            "http://127.0.0.1:8000".to_owned(),
            format!("http://127.0.0.1:{}", server.port),
        ),
        (
            "deepseek-ai/DeepSeek-R1-Distill-Llama-8B".to_owned(),
            "random".to_owned(),
        ),
        (
            "steps = [1, 2, 4, 8, 16, 32, 64]".to_owned(),
            "steps = [1, 2, 4]".to_owned(),
        ),
        ("step_s = 120".to_owned(), "step_s = 10".to_owned()),
        ("ramp_s = 20".to_owned(), "ramp_s = 2".to_owned()),
        ("max_steps = 14".to_owned(), "max_steps = 5".to_owned()),
        ("prompts = 20".to_owned(), "prompts = 3".to_owned()),
        ("max_tokens = 512".to_owned(), "max_tokens = 48".to_owned()),
    ];
    let mut own = text;
    for (from, to) in changes {
        assert!(own.contains(&from), "{from}");
        own = own.replacen(&from, &to, 1);
    }
    fs::write(folder.path().join("my-load.toml"), own).unwrap();
    // Lines 4 and 5.
    run(&mut command(
        &project,
        folder.path(),
        &["check", "my-load.toml"],
    ));
    let bin_dir = support::programs(&project).display().to_string();
    let measure = [
        "run",
        "my-load.toml",
        "--local",
        "--yes",
        "--out",
        "out",
        "--bin-dir",
        &bin_dir,
    ];
    let output = run(&mut command(&project, folder.path(), &measure));
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    // Lines 6 and 7.
    let report = fs::read(folder.path().join("out/report.json")).unwrap();
    let report: Report = serde_json::from_slice(&report).unwrap();
    let load = &report.load.expect("a load").targets[0];
    for step in &load.steps {
        let answered = step.requests_per_s.value();
        eprintln!(
            "{} callers: {answered:?} requests/s, {:?}",
            step.plan.level, step.judgment.steadiness
        );
    }
    eprintln!("{:?}, ended by {:?}", load.capacity, load.ended);
    let levels: Vec<f64> = load.steps.iter().map(|step| step.plan.level).collect();
    assert!(
        STEPS.iter().all(|level| levels.contains(level)) || load.capacity.high.is_some(),
        "{levels:?}"
    );
    let capacity = &load.capacity;
    assert_eq!(
        capacity.low.is_none(),
        capacity.low_open.is_some(),
        "{capacity:?}"
    );
    assert_eq!(
        capacity.high.is_none(),
        capacity.high_open.is_some(),
        "{capacity:?}"
    );
}
