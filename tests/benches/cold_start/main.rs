//! How fast each Lambda starts, and what it holds in memory.
//!
//! `cargo bench --workspace --bench cold_start --profile dev -- FOLDER` starts the
//! functions of a folder, each as `NAME/bootstrap` or as `NAME`, 20 times; without
//! a folder, those that `hostbench deploy --build-only` has built. It prints the time
//! from the start of the process to its first answered event, and the resident memory
//! after 100 events. Events are answered in full: the planner plans, the invoker measures
//! a call, the aggregator writes a report. Runtime API, table, bucket and model are one
//! process on this machine that answers at once. The program fails where a function is
//! beyond its bounds.
//!
//! `cargo test` runs it, too, with one start of each function and without the bounds, so
//! that the events stay those that the functions take.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program of its own, whose figures are far below 2^53"
)]

mod cloud;
mod lambda;

use std::{env, path::Path, process::ExitCode};

use cloud::Cloud;
use hostbench::project::Project;
use lambda::{Figures, Function};
use serde_json::json;

/// Processes that are started of each function.
const STARTS: usize = 20;
/// Events that the last of them answers.
const EVENTS: usize = 100;
/// The most milliseconds to the first answered event, in the median.
const MAX_MS: f64 = 60.0;
/// The most megabytes resident.
const MAX_MB: f64 = 40.0;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_measured = arguments.iter().any(|argument| argument == "--bench");
    let (folder, starts, events) = if is_measured {
        let folder = arguments.iter().find(|word| !word.starts_with('-'));
        let folder = folder.map_or("target/lambda", String::as_str);
        // Cargo starts this program in another folder than its own.
        (support::root().join(folder), STARTS, EVENTS)
    } else {
        let project = Project::find().expect("the project");
        (support::programs(&project), 1, 1)
    };
    let cloud = Cloud::start().await;
    println!(
        "function    first answer ms: min  median     max    resident MB after {events} events"
    );
    let mut within = true;
    // The planner comes first: the others read its plan.
    for function in functions(&folder, cloud.url()) {
        let figures = lambda::measure(&function, cloud.url(), starts, events).await;
        within &= print_result(&function, &figures);
    }
    if within || !is_measured {
        ExitCode::SUCCESS
    } else {
        println!("beyond {MAX_MS} ms in the median or {MAX_MB} MB");
        ExitCode::FAILURE
    }
}

fn functions(folder: &Path, model: &str) -> [Function; 3] {
    let execution = json!({
        "name": "run",
        "arn": "arn:aws:states:us-east-1:111122223333:execution:benchmark:run",
        "started_at": "2026-03-04T05:06:07Z",
    });
    let config = json!({
        "name": "cold-start",
        "dataset": {"source": "builtin", "prompts": 1},
        "method": {"warmup": 0, "repetitions": 1},
        "targets": [{
            "id": "only", "kind": "http", "url": model, "request": "tgi", "stream": false,
        }],
    });
    let prompt = json!({
        "mode": "prompt", "run_id": "run", "target_id": "only", "prompt_index": 0,
    });
    [
        Function::new(
            folder,
            "planner",
            json!({
                "mode": "plan", "input": {"config": config}, "execution": execution,
                "functions": {"planner": "p", "invoker": "i", "aggregator": "a"},
                "lifecycle_endpoint_arns": "",
            }),
        ),
        Function::new(folder, "invoker", prompt),
        Function::new(folder, "aggregator", json!({"run_id": "run"})),
    ]
}

fn print_result(function: &Function, figures: &Figures) -> bool {
    let mut times: Vec<f64> = figures
        .first_answers
        .iter()
        .map(|time| time.as_secs_f64() * 1_000.0)
        .collect();
    times.sort_by(f64::total_cmp);
    let (min, max) = (times[0], times[times.len() - 1]);
    let median = f64::midpoint(times[(times.len() - 1) / 2], times[times.len() / 2]);
    let megabytes = figures.resident_kb as f64 / 1_000.0;
    let name = function.name;
    println!("{name:<28}{min:>5.1}{median:>8.1}{max:>8.1}{megabytes:>15.1}");
    median <= MAX_MS && megabytes <= MAX_MB
}
