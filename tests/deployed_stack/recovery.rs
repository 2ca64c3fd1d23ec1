//! A run that is stopped in the middle, and brought to its end later.

use std::{collections::BTreeMap, sync::Arc};

use bench_core::sample::{Phase, Sample};
use serde_json::{Value, json};
use support::{Embedded, Shell, eventually, kill_invokers, one_target, programs};

use super::object;

const RUN: &str = "mine";

/// Long enough that it is stopped in the middle.
fn config() -> Value {
    one_target("small", 20, [0, 5])
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

/// A lease of a machine that an execution of long ago has started.
async fn lease(aws: &Embedded, machine: &str, kind: &str) {
    let text = |text: &str| json!({"S": text});
    let owner = "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Targets:gone";
    let item = json!({
        "TableName": aws.session.table(),
        "Item": {
            "pk": text("MACHINES"),
            "sk": text(&bench_store::keys::lease(machine)),
            "owner": text(owner),
            "run_id": text(RUN),
            "target_id": text("only"),
            "kind": text(kind),
            "machine": text(machine),
            "started": {"BOOL": true},
            "acquired_at": text("2026-03-04T05:06:07Z"),
        },
    });
    aws.call("dynamodb", "put_item", item).await;
}

#[tokio::test]
async fn machines_are_stopped_before_a_stack_goes_and_what_cannot_be_stopped_keeps_it() {
    let parameters = [
        ("ScheduleState", "ENABLED"),
        ("ScheduleExpression", "rate(7 days)"),
    ];
    let aws = Embedded::start_with(1_000.0, &parameters, |options| options.wait_scale = 0.0).await;
    let shell = Shell::new(&programs(&aws.project), aws.session.endpoint_url());
    let input = json!({"config": config(), "overrides": {"dataset.prompts": 1}, "run_id": RUN});
    aws.execute(RUN, &input).await;
    let image = json!({"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1});
    let instances = aws.call("ec2", "run_instances", image).await;
    let instance = instances["Instances"][0]["InstanceId"]
        .as_str()
        .expect("an id")
        .to_owned();

    lease(&aws, &instance, "ec2-instance").await;
    let output = run_in(&shell, &["stop", RUN]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output.out.contains(&format!(
            "stopped: EC2 instance `{instance}` of target `only`"
        )),
        "{output:?}"
    );
    let question = json!({"InstanceIds": [instance]});
    let answer = aws.call("ec2", "describe_instances", question).await;
    let state = answer["Reservations"][0]["Instances"][0]["State"]["Name"].clone();
    assert!(
        state.as_str().expect("a state").starts_with("stop"),
        "{state}"
    );

    // The embedded AWS has no SageMaker that could delete it.
    lease(&aws, "deepseek", "sagemaker-endpoint").await;
    let remedy = "aws sagemaker delete-endpoint --endpoint-name deepseek --region us-east-1";
    let output = run_in(&shell, &["stop", RUN]);
    assert!(
        output.code == 1
            && output.out.contains("STILL RUNNING AND BILLED")
            && output.out.contains(remedy),
        "{output:?}"
    );
    let output = shell.answering(&["destroy"], "hostbench\n");
    assert_eq!(output.code, 1, "{output:?}");
    for words in [
        "SageMaker endpoint `deepseek` of target `only` of run `mine` is running and will be stopped",
        remedy,
        "1 machine could not be stopped, so stack `hostbench` was not deleted",
    ] {
        assert!(output.err.contains(words), "{words}: {output:?}");
    }
    let runs = object(&run_in(&shell, &["runs", "--json"]));
    assert_eq!(runs["runs"][0]["status"], "complete", "its data is there");
    let schedules = aws.call("scheduler", "list_schedules", json!({})).await;
    let schedules = schedules["Schedules"]
        .as_array()
        .expect("schedules")
        .clone();
    assert_eq!(schedules.len(), 1);
    assert_eq!(schedules[0]["State"], "DISABLED");

    let output = shell.hostbench(&["destroy", "--yes", "--abandon-machines"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output.err.contains("STILL RUNNING AND BILLED"),
        "{output:?}"
    );
    assert_eq!(run_in(&shell, &["runs"]).code, 2);
}
