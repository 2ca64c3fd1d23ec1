//! The ten lines of the README on the capacity of a server, tried on this one.

use std::fs;

use bench_core::load::Criterion;
use bench_load::{EndReason, OpenEnd};
use bench_report::{Report, TargetLoad};
use hostbench::project::Project;
use tempfile::TempDir;

use crate::{
    server::{Server, run},
    written::{command, found},
};

#[test]
fn the_capacity_of_the_server_is_an_interval() {
    let project = Project::find().unwrap();
    let Some(server) = Server::start(&project) else {
        return;
    };
    // It answers one request after another, and does not count its tokens in a stream.
    let load = measured(&project, &server, |text| {
        text.replace("tpot_p95_ms = 50", "")
            .replace("ttft_p95_ms = 1000", "latency_p95_ms = 400")
    });
    for step in &load.steps {
        let answered = step.requests_per_s.value();
        eprintln!(
            "{} callers: {answered:?} requests/s, {:?}",
            step.plan.level, step.judgment.steadiness
        );
    }
    eprintln!("{:?}, ended by {:?}", load.capacity, load.ended);
    let (low, high) = (load.capacity.low.unwrap(), load.capacity.high.unwrap());
    assert!(1.0 <= low && low <= high && high < 16.0, "{low} to {high}");
}

#[test]
fn a_limit_on_tokens_that_it_does_not_count_ends_the_load_with_that_reason() {
    let project = Project::find().unwrap();
    let Some(server) = Server::start(&project) else {
        return;
    };
    let load = measured(&project, &server, str::to_owned);
    assert_eq!(load.steps.len(), 1);
    assert_eq!(load.ended, Some(EndReason::Unmeasured));
    assert_eq!(load.capacity.unmeasured, Some(Criterion::Tpot));
    assert_eq!(load.capacity.low_open, Some(OpenEnd::Unmeasured));
}

/// The load of the one target that `infra/configs/load.toml` has, after the lines of the
/// README, with short steps and what else is changed.
fn measured(project: &Project, server: &Server, change: impl Fn(&str) -> String) -> TargetLoad {
    let folder = TempDir::new().expect("a folder");
    found(project, folder.path(), &server.port.to_string());
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
            "steps = [1, 4, 16]".to_owned(),
        ),
        ("step_s = 120".to_owned(), "step_s = 15".to_owned()),
        ("ramp_s = 20".to_owned(), "ramp_s = 2".to_owned()),
        ("max_steps = 14".to_owned(), "max_steps = 7".to_owned()),
        ("prompts = 20".to_owned(), "prompts = 3".to_owned()),
        ("max_tokens = 512".to_owned(), "max_tokens = 48".to_owned()),
    ];
    let mut own = change(&text);
    for (from, to) in changes {
        assert!(own.contains(&from), "{from}");
        own = own.replacen(&from, &to, 1);
    }
    fs::write(folder.path().join("my-load.toml"), own).expect("a file");
    // Lines 4 and 5.
    run(&mut command(
        project,
        folder.path(),
        &["check", "my-load.toml"],
    ));
    let bin_dir = support::programs(project).display().to_string();
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
    let output = run(&mut command(project, folder.path(), &measure));
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    // Lines 6 and 7.
    let report = fs::read(folder.path().join("out/report.json")).expect("a report");
    let report: Report = serde_json::from_slice(&report).expect("a report");
    let load = report.load.expect("a load");
    load.targets.into_iter().next().expect("a target")
}
