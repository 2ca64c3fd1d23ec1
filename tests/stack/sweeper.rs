//! Machines whose runs have ended without stopping them are stopped by the sweeper,
//! and no others.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Embedded, eventually};

use crate::machines::{
    config, lease, machines, owner, running_instance, start, start_sweeper, state,
    stopped_instance, sweep, swept,
};

const LONG_AGO: &str = "2026-01-02T03:04:05.678Z";
const UNKNOWN: &str =
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Targets:no";

/// Which states answer otherwise in which test case. The embedded AWS has no SageMaker.
fn mocks() -> Value {
    let throws =
        |cause: &str| json!({"Throw": {"Error": "SageMaker.SageMakerException", "Cause": cause}});
    let status = |status: &str| json!({"Return": {"EndpointStatus": status}});
    let not_found = "Could not find endpoint \"arn:…\". (Service: SageMaker, Status Code: 400)";
    let creating = "Cannot update in-progress endpoint \"arn:…\". (Service: SageMaker)";
    json!({
        "StateMachines": {
            "hostbench-benchmark": {
                // What a child does that comes past its history: it ends, and nothing
                // of its definition is done any more.
                "TestCases": {"PastItsHistory": {"ReadLease": "Nothing"}},
            },
            "hostbench-sweeper": {
                "TestCases": {
                    "Endpoints": {"DeleteEndpoint": "Deleted", "DescribeEndpoint": "Deleting"},
                    "NoEndpoint": {"DeleteEndpoint": "NotFound"},
                    "Refused": {"StopInstance": "Refused"},
                },
            },
        },
        "MockedResponses": {
            "Nothing": {"0-99": {"Return": {}}},
            "Deleted": {"0-1": throws(creating), "2-99": {"Return": {}}},
            "Deleting": {"0-1": status("Deleting"), "2-99": throws(not_found)},
            "NotFound": {"0-99": throws(not_found)},
            "Refused": {"0-99": throws("You are not authorized to perform this operation.")},
        },
    })
}

async fn put(aws: &Embedded, lease: Value) {
    let item = json!({"TableName": aws.session.table(), "Item": lease});
    aws.call("dynamodb", "put_item", item).await;
}

/// A run whose target does not become ready for an hour, with the owner of its lease:
/// the execution of the target, which the embedded AWS takes for that of the run.
async fn waiting_run(aws: &Embedded, instance: &str) -> (String, String) {
    let mut config = config("waiting", instance, "http://simulated/simulate-error-503");
    config["targets"][0]["ready_within_s"] = json!(3_600);
    let client = aws.session.step_functions();
    let started = client
        .start_execution()
        .state_machine_arn(aws.session.state_machine_arn())
        .name(format!("waiting-{instance}"))
        .input(json!({"config": config}).to_string())
        .send()
        .await;
    let run = started.expect("started").execution_arn;
    let child = eventually(|| owner(aws, instance)).await;
    eventually(|| async { (state(aws, instance).await == "running").then_some(()) }).await;
    (run, child)
}

async fn abort(aws: &Embedded, execution: &str) {
    let client = aws.session.step_functions();
    let stopped = client.stop_execution().execution_arn(execution).send();
    stopped.await.expect("stopped");
}

#[tokio::test]
async fn a_run_that_is_aborted_by_hand_ends_with_its_machine_stopped() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let instance = stopped_instance(&aws).await;
    let (run, child) = waiting_run(&aws, &instance).await;

    // While it runs, nobody takes its machine from it.
    let output = sweep(&aws, "").await;
    assert_eq!(machines(&output, "left"), [instance.as_str()]);
    assert_eq!(owner(&aws, &instance).await, Some(child.clone()));
    assert_eq!(state(&aws, &instance).await, "running");

    // The event of the run's end starts the sweeper.
    for execution in BTreeSet::from([child, run]) {
        abort(&aws, &execution).await;
    }
    eventually(|| async { owner(&aws, &instance).await.is_none().then_some(()) }).await;
    assert_eq!(state(&aws, &instance).await, "stopped");
}

#[tokio::test]
async fn a_target_that_ends_past_its_history_ends_with_its_machine_stopped() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let instance = stopped_instance(&aws).await;
    let input = json!({"config": config("past", &instance, "http://simulated")});
    aws.execute_case("past", &input, "PastItsHistory").await;
    assert_eq!(state(&aws, &instance).await, "running");
    let output = sweep(&aws, "").await;
    assert_eq!(machines(&output, "stopped"), [instance.as_str()]);
    let found = &output["stopped"][0];
    assert_eq!(
        (&found["run_id"], &found["target_id"]),
        (&json!("past"), &json!("only"))
    );
    assert_eq!(state(&aws, &instance).await, "stopped");
    assert_eq!(owner(&aws, &instance).await, None);
}

#[tokio::test]
async fn only_what_a_run_has_started_is_stopped() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let ran_before = running_instance(&aws).await;
    put(&aws, lease(&ran_before, UNKNOWN, false, LONG_AGO)).await;
    let no_lease = running_instance(&aws).await;
    // An instance that was terminated since, as nobody can be told to stop it.
    let gone = "i-0123456789abcdef0";
    put(&aws, lease(gone, UNKNOWN, true, LONG_AGO)).await;
    let output = sweep(&aws, "").await;
    assert_eq!(machines(&output, "released"), [ran_before.as_str()]);
    assert_eq!(machines(&output, "stopped"), [gone]);
    assert_eq!(output["failed"], json!([]));
    for instance in [&ran_before, &no_lease] {
        assert_eq!(state(&aws, instance).await, "running");
    }
    for machine in [&ran_before, gone] {
        assert_eq!(owner(&aws, machine).await, None);
    }
    let nothing = json!({"stopped": [], "released": [], "left": [], "failed": []});
    assert_eq!(sweep(&aws, "").await, nothing);
}

#[tokio::test]
async fn a_lease_that_is_younger_than_the_record_of_its_owner_survives() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let instance = running_instance(&aws).await;
    let now = jiff::Timestamp::now().to_string();
    put(&aws, lease(&instance, UNKNOWN, true, &now)).await;
    let output = sweep(&aws, "").await;
    assert_eq!(machines(&output, "left"), [instance.as_str()]);
    assert_eq!(owner(&aws, &instance).await.as_deref(), Some(UNKNOWN));
    assert_eq!(state(&aws, &instance).await, "running");
}

#[tokio::test]
async fn sweepers_that_meet_share_the_machines() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let mut instances = Vec::new();
    for _ in 0..4 {
        let instance = running_instance(&aws).await;
        put(&aws, lease(&instance, UNKNOWN, true, LONG_AGO)).await;
        instances.push(instance);
    }
    let mut executions = Vec::new();
    for _ in 0..3 {
        executions.push(start_sweeper(&aws, "").await);
    }
    let mut stopped = Vec::new();
    for execution in &executions {
        let output = swept(&aws, execution).await;
        assert_eq!(output["failed"], json!([]));
        stopped.extend(machines(&output, "stopped"));
    }
    stopped.sort();
    instances.sort();
    assert_eq!(stopped, instances, "each by one of them");
    for instance in &instances {
        assert_eq!(state(&aws, instance).await, "stopped");
        assert_eq!(owner(&aws, instance).await, None);
    }
}

#[tokio::test]
async fn a_machine_that_a_sweeper_cannot_stop_is_counted_and_left_to_the_next() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let instance = running_instance(&aws).await;
    put(&aws, lease(&instance, UNKNOWN, true, LONG_AGO)).await;
    let execution = start_sweeper(&aws, "Refused").await;
    let output = swept(&aws, &execution).await;
    assert_eq!(machines(&output, "failed"), [instance.as_str()]);
    let cause = output["failed"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("not authorized"), "{cause}");
    assert_eq!(owner(&aws, &instance).await, Some(execution));
    let question = json!({"Namespace": "hostbench/hostbench"});
    let metrics = aws.call("cloudwatch", "list_metrics", question).await;
    assert!(metrics.to_string().contains("TargetsNotStopped"));
    // The sweeper that holds the lease has ended, so the next one takes it.
    let output = sweep(&aws, "").await;
    assert_eq!(machines(&output, "stopped"), [instance.as_str()]);
    assert_eq!(state(&aws, &instance).await, "stopped");
}

#[tokio::test]
async fn an_endpoint_is_deleted_once_it_is_created_and_waited_for_until_it_is_gone() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    for case in ["Endpoints", "NoEndpoint"] {
        put(&aws, lease("DeepSeek-8B", UNKNOWN, true, LONG_AGO)).await;
        let output = sweep(&aws, case).await;
        assert_eq!(
            machines(&output, "stopped"),
            ["DeepSeek-8B"],
            "{case}: {output}"
        );
        assert_eq!(owner(&aws, "DeepSeek-8B").await, None);
    }
}
