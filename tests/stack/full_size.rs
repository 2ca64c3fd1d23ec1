//! The whole test split of GSM8K at four targets, every prompt in four invocations: states
//! stay within 256 KiB and every history within the events it is planned with.
//!
//! It takes many minutes, so it is asked for: `HOSTBENCH_FULL_SIZE=1 cargo test
//! --workspace --test stack full_size`. A smaller run of the same shape is made
//! always.

use std::path::{Path, PathBuf};

use bench_core::{config::Overrides, workflow};
use hostbench::{
    execution::ExecutionResult,
    request::{Configuration, RunRequest},
};
use serde_json::{Value, json};
use support::{Embedded, Record, Redeployment};

/// The problems of the test split.
const WHOLE: usize = 1_319;
/// Warm-up and measured calls of a prompt, each in an invocation of its own.
const CALLS: usize = 1 + 3;

/// GSM8K where it is, else as many problems of the same shape.
fn dataset(folder: &Path, problems: usize) -> PathBuf {
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

/// The targets of the demo with so many attempts at a call.
fn configuration(aws: &Embedded, folder: &Path, prompts: usize, attempts: u32) -> Configuration {
    let demo = aws.project.root().join("infra/configs/demo.toml");
    let text = std::fs::read_to_string(demo).expect("it succeeds");
    let target = format!("[[targets]]\nmax_attempts = {attempts}\n");
    let path = folder.join("full-size.toml");
    std::fs::write(&path, text.replace("[[targets]]\n", &target)).expect("it succeeds");
    let mut overrides = Overrides::default();
    for (field, value) in [
        ("dataset.source", json!("datasets/problems.jsonl")),
        ("dataset.prompts", json!(prompts)),
        ("method.warmup", json!(1)),
        ("method.repetitions", json!(CALLS - 1)),
        ("method.timeout_s", json!(840)),
    ] {
        overrides.set(field, value);
    }
    Configuration::read(&path, overrides).expect("it succeeds")
}

/// Gives invocations the time of one call: the planner reckons with one that takes 840 of
/// 900 s, and a simulated one is over at once.
async fn one_call_per_invocation(aws: &Embedded) {
    aws.redeploy(Redeployment {
        replaced: &[(
            "MemorySize: !Ref InvokerMemory\n      Timeout: 900",
            "MemorySize: !Ref InvokerMemory\n      Timeout: 10",
        )],
        ..Redeployment::default()
    })
    .await;
}

/// The prompts of a chunk and the events that AWS would note of it. The embedded AWS notes
/// two of an invocation: the call and its answer.
fn events_of(chunk: &Record) -> (usize, usize) {
    let input: Value = serde_json::from_str(&chunk.input).expect("JSON");
    let prompts = input["prompts"].as_array().expect("prompts").len();
    let events = chunk.tasks() * workflow::INVOCATION_EVENTS as usize
        + prompts * workflow::PROMPT_EVENTS as usize
        + workflow::CHUNK_EVENTS as usize;
    (prompts, events.max(chunk.events.len()))
}

/// Runs so many prompts at four targets and looks at what was noted of it.
async fn run(prompts: usize, attempts: u32) {
    let folder = tempfile::TempDir::new().expect("it succeeds");
    let dataset = dataset(folder.path(), prompts);
    let mut aws = Embedded::start_with(10_000.0, &[], |options| {
        options.dataset = Some(dataset.clone());
    })
    .await;
    let body = std::fs::read(&dataset).expect("it succeeds");
    let store = aws.session.store();
    store
        .put_object("datasets/problems.jsonl", "application/jsonl", body)
        .await
        .expect("it succeeds");
    one_call_per_invocation(&aws).await;
    let configuration = configuration(&aws, folder.path(), prompts, attempts);
    let size = workflow::RunSize::of(&configuration.run).expect("it fits");
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
        let measured = usize::try_from(target.calls.measured).expect("it succeeds");
        assert_eq!(measured, prompts * (CALLS - 1));
    }

    let machine = aws.session.state_machine_arn();
    let arn = machine.replace(":stateMachine:", ":execution:") + ":full-size";
    let records = aws.records(&arn).await;
    let chunks: Vec<_> = records
        .iter()
        .filter(|record| record.is_of_chunk())
        .collect();
    let planned: u32 = size.targets.iter().map(|target| target.chunks).sum();
    assert_eq!(chunks.len(), planned as usize);
    assert!(size.targets.iter().all(|target| target.chunks > 2));
    assert_eq!(records.len(), 1 + report.targets.len() + chunks.len());

    let payloads = records.iter().map(Record::longest_payload);
    let longest = payloads.max().expect("it is there");
    assert!(longest < workflow::MAX_WORK_BYTES, "{longest} bytes");
    let state = records[0].longest_payload();
    assert!(state <= size.max_state_bytes, "{state} bytes of {size:?}");
    let mut most = 0;
    for chunk in chunks {
        let (prompts, events) = events_of(chunk);
        assert_eq!(chunk.tasks(), prompts * CALLS, "four invocations a prompt");
        assert!(events < workflow::MAX_CHUNK_EVENTS as usize, "{events}");
        assert!(events <= size.max_events as usize, "{events} of {size:?}");
        most = most.max(events);
    }
    eprintln!(
        "{prompts} prompts at {} targets: {took:.0?}, at most {longest} bytes and {most} events",
        report.targets.len()
    );
}

#[tokio::test]
async fn a_run_of_forty_prompts_keeps_within_the_limits_of_step_functions() {
    run(40, 10).await;
}

#[tokio::test]
async fn a_run_of_the_whole_test_split_keeps_within_the_limits_of_step_functions() {
    if std::env::var_os("HOSTBENCH_FULL_SIZE").is_none() {
        eprintln!("not asked for: set `HOSTBENCH_FULL_SIZE` to 1 to run 1,319 prompts");
        return;
    }
    run(WHOLE, 1).await;
}
