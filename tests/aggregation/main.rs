//! The aggregator with more samples than it may hold: what it needs in memory, and what
//! it leaves when it is killed or refused in the middle.
//!
//! 5,284 samples of 6 KB of text each are aggregated, or with `HOSTBENCH_FULL_SIZE=1` the
//! 42,212 of the whole test split of GSM8K at four targets. Each aggregator is a process
//! of its own, started from this program: it is measured, and it can be killed.

#![expect(
    clippy::print_stdout,
    reason = "a program of its own, which tells its figures"
)]

mod cloud;
mod samples;

use std::{
    env, fs,
    process::{Command, ExitCode, Output, Stdio},
    time::Instant,
};

use aggregator::{App, Request, Settings};
use bench_report::{SamplesCsv, SamplesJsonl};
use cloud::{Cloud, Contents};
use samples::{MadeUp, TARGETS};
use serde_json::{Value, json};
use tokio::process;

/// Set to the URL of the services in the process of an aggregator.
const IS_AGGREGATOR: &str = "HOSTBENCH_AGGREGATOR";

/// Set to run the whole test split.
const FULL_SIZE: &str = "HOSTBENCH_FULL_SIZE";

/// The names of these tests.
const NAMES: [&str; 4] = [
    "aggregating_takes_the_memory_of_a_few_pages_and_writes_every_sample",
    "an_aggregator_that_was_killed_ends_with_the_same_bytes_when_it_is_asked_again",
    "a_report_that_cannot_be_written_leaves_the_samples_and_the_command_that_makes_it",
    "an_upload_that_fails_is_aborted_and_leaves_no_object",
];

const JSONL: &str = "runs/made-up/samples.jsonl";
const CSV: &str = "runs/made-up/samples.csv";
const HTML: &str = "runs/made-up/report.html";

/// Peak resident memory in MiB, whatever the number of samples.
const MAX_MIB: u64 = 300;

fn main() -> ExitCode {
    if let Ok(url) = env::var(IS_AGGREGATOR) {
        return aggregate(&url);
    }
    let requested: Vec<&str> = NAMES
        .into_iter()
        .filter(|name| is_requested(name))
        .collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        for name in requested {
            let started = Instant::now();
            match NAMES.iter().position(|known| *known == name) {
                Some(0) => memory().await,
                Some(1) => killed().await,
                Some(2) => report_refused().await,
                _ => part_refused().await,
            }
            println!("test {name} ... ok in {:.1?}", started.elapsed());
        }
    });
    ExitCode::SUCCESS
}

/// Whether the arguments select a test, as the standard harness reads them.
fn is_requested(name: &str) -> bool {
    let mut filters = env::args().skip(1).filter(|one| !one.starts_with('-'));
    let lists = env::args().any(|one| one == "--list");
    let first = filters.next();
    !lists
        && first.is_none_or(|first| {
            name.contains(&first) || filters.any(|filter| name.contains(&filter))
        })
}

/// The aggregator: prints its reply, or its error, and its peak memory.
fn aggregate(url: &str) -> ExitCode {
    let request: Request = serde_json::from_str(&env::args().nth(1).expect("a request"))
        .expect("a request of the state machine");
    let settings = Settings {
        table: "table".to_owned(),
        bucket: "bucket".to_owned(),
        metrics_namespace: None,
        stack: Some("mine".to_owned()),
    };
    // As in the Lambda: one thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let app = App::new(&hostbench::aws::local_config(url, "us-east-1"), &settings);
    let handled = runtime.block_on(aggregator::handle(&app, request));
    let peak_mib = peak_kib() / 1_024;
    let told = match &handled {
        Ok(reply) => json!({"reply": reply, "peak_mib": peak_mib}),
        Err(error) => json!({"error": error.name(), "message": error.to_string()}),
    };
    println!("{told}");
    ExitCode::SUCCESS
}

/// The most memory this process has had resident.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    figure
        .and_then(|figure| figure.parse().ok())
        .expect("a figure")
}

fn command(cloud: &Cloud, request: &Value) -> process::Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .arg(request.to_string())
        .env(IS_AGGREGATOR, &cloud.url)
        .stdout(Stdio::piped());
    let mut command = process::Command::from(command);
    command.kill_on_drop(true);
    command
}

/// Runs an aggregator to its end.
async fn run(cloud: &Cloud, request: &Value) -> Value {
    let output = command(cloud, request).output().await;
    let Output { stdout, status, .. } = output.expect("an aggregator");
    assert!(status.success(), "{status}");
    serde_json::from_slice(&stdout).expect("JSON")
}

fn request() -> Value {
    json!({"run_id": samples::RUN})
}

/// The run at its size.
fn made_up() -> MadeUp {
    let is_full = env::var_os(FULL_SIZE).is_some();
    MadeUp {
        prompts: if is_full { 1_319 } else { 165 },
    }
}

/// Enough for several parts.
const SMALL: MadeUp = MadeUp { prompts: 80 };

async fn memory() {
    let run = made_up();
    let cloud = Cloud::start(run, None).await;
    let told = self::run(&cloud, &request()).await;
    assert_eq!(told["reply"]["complete"], true, "{told}");
    let peak = told["peak_mib"].as_u64().expect("a figure");
    println!("{} samples: at most {peak} MiB resident", run.samples());
    assert!(peak <= MAX_MIB, "{peak} MiB, expected at most {MAX_MIB}");
    check_files(run, &cloud.contents());
}

/// Whether both files have every sample once, in order.
fn check_files(run: MadeUp, contents: &Contents) {
    let mut csv = SamplesCsv::new([]);
    let rows = &contents.objects[CSV];
    let mut rows = rows
        .strip_prefix("\u{feff}".as_bytes())
        .expect("a mark, since a cell is not ASCII");
    let mut take = |expected: Vec<u8>| {
        let (start, rest) = rows.split_at(expected.len().min(rows.len()));
        assert!(start == expected, "{}", String::from_utf8_lossy(&expected));
        rows = rest;
    };
    take(csv.header());
    let mut lines = &contents.objects[JSONL][..];
    for target in TARGETS {
        for sample in run.of_target(target) {
            take(csv.lines([&sample]));
            let line = SamplesJsonl::lines([&sample]);
            assert!(lines.starts_with(&line), "{:?}", sample.key());
            lines = &lines[line.len()..];
        }
    }
    assert!(rows.is_empty() && lines.is_empty());
    assert!(contents.uploads.is_empty());
}

async fn killed() {
    let run = SMALL;
    let undisturbed = Cloud::start(run, None).await;
    self::run(&undisturbed, &request()).await;
    let mut cloud = Cloud::start(run, None).await;
    let mut process = command(&cloud, &request()).spawn().expect("an aggregator");
    cloud.parts.recv().await.expect("a part");
    process.kill().await.expect("it runs");
    {
        let contents = cloud.contents();
        assert_eq!(contents.uploads.len(), 1, "what was sent is an upload");
        let names: Vec<_> = contents.objects.keys().collect();
        assert_eq!(names, ["runs/made-up/plan.json"], "and no object");
    }
    let told = self::run(&cloud, &request()).await;
    assert_eq!(told["reply"]["complete"], true, "{told}");
    let (expected, found) = (undisturbed.contents(), cloud.contents());
    assert_eq!(
        found.objects.keys().collect::<Vec<_>>(),
        expected.objects.keys().collect::<Vec<_>>()
    );
    for (name, body) in &expected.objects {
        assert!(found.objects[name] == *body, "`{name}` differs");
    }
}

async fn report_refused() {
    let cloud = Cloud::start(SMALL, Some(HTML)).await;
    let told = run(&cloud, &request()).await;
    assert_eq!(told["error"], "StoreFailed", "{told}");
    check_files(SMALL, &cloud.contents());
    assert!(cloud.contents().updates.is_empty(), "it may still succeed");

    // What the state machine does then.
    let cause = json!({"errorType": "StoreFailed", "errorMessage": told["message"]});
    let failed = json!({
        "run_id": samples::RUN,
        "failure": {"Error": "StoreFailed", "Cause": cause.to_string()},
    });
    let told = run(&cloud, &failed).await;
    let cause = told["reply"]["cause"].as_str().expect("a cause");
    assert!(cause.contains("`hostbench rebuild --samples "), "{cause}");
    assert!(cause.contains("`StoreFailed`: could not write"), "{cause}");
    check_files(SMALL, &cloud.contents());
    let contents = cloud.contents();
    let values = &contents.updates[0]["ExpressionAttributeValues"];
    assert_eq!(values[":status"]["S"], "report_failed");
    assert_eq!(values[":reason"]["S"], cause);
}

async fn part_refused() {
    let cloud = Cloud::start(SMALL, Some("partNumber=3")).await;
    let told = run(&cloud, &request()).await;
    assert_eq!(told["error"], "StoreFailed", "{told}");
    let contents = cloud.contents();
    assert_eq!((contents.aborted, contents.uploads.len()), (1, 0));
    assert!(!contents.objects.contains_key(JSONL));
}
