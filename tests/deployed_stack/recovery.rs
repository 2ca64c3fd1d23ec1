//! A run that is stopped in the middle, and brought to its end later.

use std::{collections::BTreeMap, sync::Arc};

use bench_core::sample::{Phase, Sample};
use serde_json::{Value, json};
use support::{Embedded, Shell, eventually, kill_invokers, programs};

use super::object;

const RUN: &str = "mine";

/// Long enough that it is stopped in the middle.
fn config() -> Value {
    json!({
        "name": "small",
        "dataset": {"source": "builtin", "prompts": 20},
        "method": {"warmup": 0, "repetitions": 5},
        "targets": [{
            "id": "only", "kind": "http", "url": "http://simulated", "request": "tgi",
            "simulated": true,
        }],
    })
}

/// The measured calls, by prompt, repetition and attempt.
async fn samples(aws: &Embedded) -> BTreeMap<(u32, u32, u32), Sample> {
    let store = aws.session.store();
    let samples = store.samples(RUN, "only").await.expect("samples");
    samples
        .into_iter()
        .filter(|sample| sample.phase == Phase::Measured)
        .map(|sample| {
            let key = (sample.prompt_index, sample.repetition, sample.attempt);
            (key, sample)
        })
        .collect()
}

fn run_in(shell: &Shell, arguments: &[&str]) -> support::CommandOutput {
    shell.hostbench(&[arguments, &["--stack", "hostbench"]].concat())
}

fn status(shell: &Shell) -> String {
    let runs = object(&run_in(shell, &["runs", "--json"]));
    let run = runs["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .find(|run| run["run_id"] == RUN);
    run.expect("the run")["status"]
        .as_str()
        .expect("a status")
        .to_owned()
}

#[tokio::test]
async fn a_run_that_is_stopped_in_the_middle_is_resumed_and_makes_no_call_twice() {
    let aws = Embedded::start(400.0, &[]).await;
    let shell = Arc::new(Shell::new(
        &programs(&aws.project),
        aws.session.endpoint_url(),
    ));
    let started = aws
        .session
        .step_functions()
        .start_execution()
        .state_machine_arn(aws.session.state_machine_arn())
        .name("started-by-a-schedule")
        .input(json!({"config": config(), "run_id": RUN}).to_string())
        .send()
        .await;
    started.expect("started");
    eventually(|| async { (samples(&aws).await.len() > 5).then_some(()) }).await;
    assert_eq!(status(&shell), "running");
    let output = run_in(&shell, &["run", "--resume", RUN]);
    assert!(
        output.code == 2 && output.err.contains("run `mine` is still running"),
        "{output:?}"
    );

    // The embedded AWS leaves child executions running, as AWS does for a while; without
    // their invokers they end.
    let stopping = tokio::task::spawn_blocking({
        let shell = Arc::clone(&shell);
        move || run_in(&shell, &["stop", RUN, "--json"])
    });
    while !stopping.is_finished() {
        let _ = kill_invokers(aws.session.endpoint_url());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let output = stopping.await.expect("the command ends");
    assert_eq!(output.code, 0, "{output:?}");
    let stopped = object(&output);
    assert_eq!(stopped["was_running"], true);
    assert_eq!(
        (&stopped["stopped"], &stopped["left"]),
        (&json!([]), &json!([]))
    );
    let before = samples(&aws).await;
    assert!(before.len() < 100, "it was stopped in the middle");
    assert_eq!(status(&shell), "aborted");
    let output = run_in(&shell, &["runs"]);
    assert!(
        output.out.contains("aborted")
            && output
                .out
                .contains("`hostbench run --resume RUN --stack hostbench`"),
        "{output:?}"
    );
    let output = run_in(&shell, &["report", RUN]);
    assert!(
        output.code == 2 && output.err.contains("its status is aborted"),
        "{output:?}"
    );
    let output = run_in(&shell, &["stop", RUN]);
    assert!(
        output.code == 0 && output.out.contains("was not running"),
        "{output:?}"
    );

    // By the name of its execution, as in the alert.
    let output = run_in(
        &shell,
        &["run", "--resume", "started-by-a-schedule", "--json"],
    );
    assert_eq!(output.code, 0, "{output:?}");
    let run = object(&output);
    assert_eq!(
        (&run["run_id"], &run["complete"]),
        (&json!(RUN), &json!(true))
    );
    assert_eq!(status(&shell), "complete");
    let after = samples(&aws).await;
    assert_eq!(after.len(), 100);
    for (key, sample) in &before {
        assert_eq!(after.get(key), Some(sample), "{key:?} was not made again");
    }

    let output = run_in(&shell, &["run", "--resume", RUN]);
    assert!(
        output.code == 2
            && output
                .err
                .contains("is complete, there is nothing to resume"),
        "{output:?}"
    );
    for arguments in [["run", "--resume", "other"], ["stop", "other", "--json"]] {
        let output = run_in(&shell, &arguments);
        assert!(
            output.code == 2 && output.err.contains("run `other` not found"),
            "{output:?}"
        );
    }
}
