//! A run stops what it has started, whatever happened in between.
//!
//! The embedded AWS has EC2, so an instance really is started and stopped here;
//! what its API would refuse is answered by a mock configuration in the format
//! of AWS. SageMaker's control plane is walked through by the other interpreter,
//! in `second_interpreter`.

use serde_json::{Value, json};
use support::{Embedded, Record};

/// Whether the instance runs, and how a run of its target ended.
struct Ended {
    instance: String,
    target: Record,
    metrics: String,
}

/// Which states throw in which test case.
fn mocks() -> Value {
    let throws = |error: &str| json!({"0-99": {"Throw": {"Error": error, "Cause": "as told"}}});
    json!({
        "StateMachines": {
            "hostbench-benchmark": {
                "TestCases": {
                    "CannotStart": {"StartInstance": "NoCapacity"},
                    "CannotStop": {"StopInstance": "Refused"},
                },
            },
        },
        "MockedResponses": {
            "NoCapacity": throws("Ec2.InsufficientInstanceCapacity"),
            "Refused": throws("Ec2.UnauthorizedOperation"),
        },
    })
}

async fn start(folder: &tempfile::TempDir) -> Embedded {
    let path = folder.path().join("mocks.json");
    std::fs::write(&path, mocks().to_string()).expect("it succeeds");
    Embedded::start_with(1_000.0, &[], |options| {
        options.wait_scale = 0.0;
        let path = path.display().to_string();
        options
            .environment
            .push(("SFN_MOCK_CONFIG".to_owned(), path));
    })
    .await
}

/// An instance that is stopped.
async fn instance(aws: &Embedded) -> String {
    let image = json!({"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1});
    let made = aws.call("ec2", "run_instances", image).await;
    let id = made["Instances"][0]["InstanceId"]
        .as_str()
        .expect("it is there")
        .to_owned();
    aws.call("ec2", "stop_instances", json!({"InstanceIds": [id]}))
        .await;
    id
}

async fn state(aws: &Embedded, instance: &str) -> String {
    let question = json!({"InstanceIds": [instance]});
    let answer = aws.call("ec2", "describe_instances", question).await;
    let state = &answer["Reservations"][0]["Instances"][0]["State"]["Name"];
    state.as_str().expect("it is there").to_owned()
}

/// Runs one target on an instance of its own.
async fn run(aws: &Embedded, case: &str, url: &str) -> Ended {
    let instance = instance(aws).await;
    assert!(state(aws, &instance).await.starts_with("stop"));
    let config = json!({
        "name": "machine",
        "dataset": {"source": "builtin", "prompts": 1},
        "method": {"warmup": 0, "repetitions": 1},
        "targets": [{
            "id": "only", "kind": "http", "url": url, "request": "tgi", "simulated": true,
            "ready_within_s": 0, "lifecycle": {"instance": instance},
        }],
    });
    let name = format!("run-{instance}");
    let arn = aws
        .execute_case(&name, &json!({"config": config}), case)
        .await;
    let target = aws.records(&arn).await.remove(1);
    let question = json!({"Namespace": "hostbench/hostbench"});
    let metrics = aws.call("cloudwatch", "list_metrics", question).await;
    Ended {
        instance: state(aws, &instance).await,
        target,
        metrics: metrics.to_string(),
    }
}

#[tokio::test]
async fn what_a_run_starts_it_stops_whatever_happened() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder).await;

    let good = run(&aws, "", "http://simulated").await;
    assert_eq!(good.target.error, None);
    let called = |record: &Record| {
        let scheduled = record
            .events
            .iter()
            .filter_map(|event| event.task_scheduled_event_details());
        scheduled
            .map(|details| details.resource().to_owned())
            .collect::<Vec<_>>()
    };
    let lambda = "arn:aws:states:::lambda:invoke";
    assert_eq!(
        called(&good.target),
        [
            "arn:aws:states:::aws-sdk:ec2:startInstances",
            lambda,
            "arn:aws:states:::aws-sdk:ec2:stopInstances"
        ]
    );
    assert!(good.instance.starts_with("stop"), "{}", good.instance);

    let not_started = run(&aws, "CannotStart", "http://simulated").await;
    assert_eq!(
        not_started.target.error.as_deref(),
        Some("Ec2.InsufficientInstanceCapacity")
    );
    assert_eq!(
        called(&not_started.target).last().map(String::as_str),
        Some("arn:aws:states:::aws-sdk:ec2:stopInstances")
    );

    let not_measured = run(&aws, "", "http://simulated/simulate-error-400").await;
    assert_eq!(
        not_measured.target.error.as_deref(),
        Some("TargetUnavailable")
    );
    assert!(
        not_measured.instance.starts_with("stop"),
        "{}",
        not_measured.instance
    );
    assert!(!not_measured.metrics.contains("TargetsNotStopped"));

    let not_stopped = run(&aws, "CannotStop", "http://simulated").await;
    assert_eq!(
        not_stopped.target.error.as_deref(),
        Some("TargetNotStopped")
    );
    assert_eq!(not_stopped.instance, "running");
    assert!(
        not_stopped.metrics.contains("TargetsNotStopped"),
        "{}",
        not_stopped.metrics
    );
    let alarm = json!({"AlarmNamePrefix": "hostbench"});
    let alarms = aws
        .call("cloudwatch", "describe_alarms", alarm)
        .await
        .to_string();
    assert!(
        alarms.contains("TargetsNotStopped"),
        "an alarm watches it: {alarms}"
    );
}
