//! The whole test split of GSM8K at four targets: states stay within 256 KiB and
//! every history within 25,000 events.
//!
//! It takes several minutes, so it is asked for: `HOSTBENCH_FULL_SIZE=1 cargo test
//! --workspace --test stack full_size`. A smaller run of the same shape is made
//! always.

use std::path::Path;

use bench_core::config::Overrides;
use hostbench::{
    execution::ExecutionResult,
    request::{Configuration, RunRequest},
};
use serde_json::json;
use support::{Embedded, Record};

/// The problems of the test split.
const WHOLE: usize = 1_319;
const MAX_STATE_BYTES: usize = 256 * 1024;
const MAX_EVENTS: usize = 25_000;

/// The history events of one prompt that needs one invocation: start and end of the
/// iteration, five events of a Lambda call, two of a Choice, two of a Pass.
/// The embedded AWS notes two of them: the call and its answer.
const EVENTS_PER_PROMPT: usize = 11;

/// GSM8K where it is, else as many problems of the same shape.
fn dataset(folder: &Path, problems: usize) -> std::path::PathBuf {
    let real = std::env::var_os("HOSTBENCH_DATASETS")
        .map(|folder| Path::new(&folder).join("gsm8k/test.jsonl"))
        .filter(|path| path.is_file());
    let text = match real {
        Some(path) => std::fs::read_to_string(path).expect("it succeeds"),
        None => (0..problems)
            .map(|number| {
                let question =
                    format!("Ann has {number} pears and buys 7 more. How many has she now?");
                let answer = format!("{number} + 7 = {}\n#### {}", number + 7, number + 7);
                json!({"question": question, "answer": answer}).to_string() + "\n"
            })
            .collect(),
    };
    let path = folder.join("problems.jsonl");
    std::fs::write(&path, text).expect("it succeeds");
    path
}

/// Runs so many prompts at four targets and looks at what was noted of it.
async fn run(prompts: usize) {
    let folder = tempfile::TempDir::new().expect("it succeeds");
    let dataset = dataset(folder.path(), prompts);
    let mut aws = Embedded::start_with(10_000.0, &[], |options| {
        options.dataset = Some(dataset.clone());
    })
    .await;
    let key = "datasets/problems.jsonl";
    let store = aws.session.store();
    store
        .put_object(
            key,
            "application/jsonl",
            std::fs::read(&dataset).expect("it succeeds"),
        )
        .await
        .expect("it succeeds");
    let mut overrides = Overrides::default();
    for (field, value) in [
        ("dataset.source", json!(key)),
        ("dataset.prompts", json!(prompts)),
        ("method.warmup", json!(0)),
        ("method.repetitions", json!(1)),
    ] {
        overrides.set(field, value);
    }
    let demo = aws.project.root().join("infra/configs/demo.toml");
    let configuration = Configuration::read(&demo, overrides).expect("it succeeds");
    let request = RunRequest {
        configuration,
        dataset: None,
        files: Vec::new(),
        run_id: "full-size".parse().expect("a run id"),
    };
    let started = std::time::Instant::now();
    let finished = aws.run(&request).await;
    let took = started.elapsed();
    assert_eq!(finished.ending, ExecutionResult::Complete);
    let report = finished.report();
    assert!(report.run.complete);
    for target in &report.targets {
        assert_eq!(
            usize::try_from(target.calls.measured).expect("it succeeds"),
            prompts
        );
    }

    let machine = aws.session.state_machine_arn();
    let arn = machine.replace(":stateMachine:", ":execution:") + ":full-size";
    let records = aws.records(&arn).await;
    assert_eq!(records.len(), 1 + report.targets.len());
    let longest = records
        .iter()
        .map(Record::longest_payload)
        .max()
        .expect("it is there");
    assert!(longest < MAX_STATE_BYTES, "{longest} bytes");
    let events = |record: &Record| {
        let tasks = record
            .events
            .iter()
            .filter(|event| event.task_scheduled_event_details().is_some());
        let tasks = tasks.count();
        assert!(!record.is_of_target() || tasks > prompts, "{tasks} tasks");
        record.events.len().max(tasks * EVENTS_PER_PROMPT)
    };
    let most = records.iter().map(events).max().expect("it is there");
    assert!(most < MAX_EVENTS, "{most} events");
    eprintln!(
        "{prompts} prompts at {} targets: {took:.0?}, at most {longest} bytes and {most} events",
        report.targets.len()
    );
}

#[tokio::test]
async fn a_run_of_sixty_prompts_keeps_within_the_limits_of_step_functions() {
    run(60).await;
}

#[tokio::test]
async fn a_run_of_the_whole_test_split_keeps_within_the_limits_of_step_functions() {
    if std::env::var_os("HOSTBENCH_FULL_SIZE").is_none() {
        eprintln!("not asked for: set `HOSTBENCH_FULL_SIZE` to 1 to run 1,319 prompts");
        return;
    }
    run(WHOLE).await;
}
