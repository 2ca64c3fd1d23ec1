//! A run stops what it has started, whatever happened in between, and nothing else.
//!
//! The embedded AWS has EC2, so an instance really is started and stopped here;
//! what its API would refuse is answered by a mock configuration in the format
//! of AWS. SageMaker's control plane is walked through by the other interpreter,
//! in `second_interpreter`.

use serde_json::{Value, json};
use support::{Embedded, Record};

use crate::machines::{
    called, config, machines, owner, running_instance, start, state, stopped_instance, sweep,
};

/// Whether the instance runs, and how a run of its target ended.
struct Ended {
    id: String,
    instance: String,
    run: Record,
    target: Record,
    metrics: String,
}

/// Which states throw or answer otherwise in which test case.
fn mocks() -> Value {
    let throws = |error: &str| json!({"0-99": {"Throw": {"Error": error, "Cause": "as told"}}});
    let described = |state: &str| {
        let reason = "Client.InternalError: Client error on launch";
        let instance = json!({"State": {"Name": state}, "StateReason": {"Message": reason}});
        json!({"0-99": {"Return": {"Reservations": [{"Instances": [instance]}]}}})
    };
    let was_running = json!({"StartingInstances": [{"PreviousState": {"Name": "running"}}]});
    json!({
        "StateMachines": {
            "hostbench-benchmark": {
                "TestCases": {
                    "CannotStart": {"StartInstance": "NoCapacity"},
                    "CannotStop": {"StopInstance": "Refused"},
                    "StopsAgain": {"DescribeStarted": "Stopped"},
                    "StartedByOthers": {"StartInstance": "WasRunning", "DescribeStarted": "Running"},
                    "LambdaKilled": {"ProbeTarget": "Killed"},
                    "Terminated": {"StopInstance": "NotFound"},
                },
            },
        },
        "MockedResponses": {
            "NoCapacity": throws("Ec2.InsufficientInstanceCapacity"),
            "Refused": throws("Ec2.UnauthorizedOperation"),
            "Killed": throws("Lambda.Unknown"),
            "Stopped": described("stopped"),
            "Running": described("running"),
            "WasRunning": {"0-99": {"Return": was_running}},
            "NotFound": {"0-99": {"Throw": {
                "Error": "Ec2.Ec2Exception", "Cause": "The instance ID 'i-0' does not exist (…)",
            }}},
        },
    })
}

/// Runs one target on an instance.
async fn run_on(aws: &Embedded, instance: String, case: &str, url: &str) -> Ended {
    let name = format!("run-{instance}");
    let input = json!({"config": config("machine", &instance, url)});
    let arn = aws.execute_case(&name, &input, case).await;
    let mut records = aws.records(&arn).await;
    let question = json!({"Namespace": "hostbench/hostbench"});
    let metrics = aws.call("cloudwatch", "list_metrics", question).await;
    Ended {
        instance: state(aws, &instance).await,
        id: instance,
        target: records.remove(1),
        run: records.remove(0),
        metrics: metrics.to_string(),
    }
}

async fn run(aws: &Embedded, case: &str, url: &str) -> Ended {
    run_on(aws, stopped_instance(aws).await, case, url).await
}

const LAMBDA: &str = "lambda:invoke";
const DESCRIBE: &str = "aws-sdk:ec2:describeInstances";
const START: &str = "aws-sdk:ec2:startInstances";
const STOP: &str = "aws-sdk:ec2:stopInstances";

/// The calls of a run between acquiring and releasing the lease of an instance.
fn with_lease<'a>(between: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["dynamodb:updateItem"];
    all.extend(between);
    all.push("dynamodb:deleteItem");
    all
}

#[tokio::test]
async fn what_a_run_starts_it_stops_whatever_happened() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;

    let good = run(&aws, "", "http://simulated").await;
    assert_eq!(good.target.error, None);
    let read = "dynamodb:getItem";
    let mark = "dynamodb:updateItem";
    assert_eq!(
        called(&good.target),
        with_lease(&[
            DESCRIBE, mark, START, DESCRIBE, LAMBDA, read, STOP, DESCRIBE
        ])
    );
    assert_eq!(good.instance, "stopped");
    assert_eq!(owner(&aws, &good.id).await, None);

    let not_started = run(&aws, "CannotStart", "http://simulated").await;
    assert_eq!(
        not_started.target.error.as_deref(),
        Some("Ec2.InsufficientInstanceCapacity")
    );
    // It may have started after all.
    assert!(called(&not_started.target).contains(&STOP));
    assert_eq!(owner(&aws, &not_started.id).await, None);
    assert_report_says(&not_started, "as told");

    for (case, url, error) in [
        (
            "",
            "http://simulated/simulate-error-400",
            "TargetUnavailable",
        ),
        ("LambdaKilled", "http://simulated", "Lambda.Unknown"),
    ] {
        let not_measured = run(&aws, case, url).await;
        assert_eq!(not_measured.target.error.as_deref(), Some(error));
        assert_eq!(not_measured.instance, "stopped");
        assert_eq!(owner(&aws, &not_measured.id).await, None);
        assert!(!not_measured.metrics.contains("TargetsNotStopped"));
    }
}

fn assert_report_says(ended: &Ended, why: &str) {
    assert_eq!(ended.run.error.as_deref(), Some("IncompleteRun"));
    let output = &ended.run.output;
    assert!(output.contains("never became ready"), "{output}");
    assert!(output.contains(why), "{output}");
}

#[tokio::test]
async fn a_machine_that_cannot_be_stopped_is_alarmed_about_and_left_to_the_sweeper() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
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
    let holder = owner(&aws, &not_stopped.id).await.expect("a lease");
    assert!([not_stopped.target.arn, not_stopped.run.arn].contains(&holder));
    let swept = sweep(&aws, "").await;
    assert_eq!(machines(&swept, "stopped"), [not_stopped.id.as_str()]);
    assert_eq!(state(&aws, &not_stopped.id).await, "stopped");
    assert_eq!(owner(&aws, &not_stopped.id).await, None);
}

#[tokio::test]
async fn a_machine_that_does_not_exist_any_more_is_not_asked_to_stop_for_half_an_hour() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let gone = run(&aws, "Terminated", "http://simulated").await;
    assert_eq!(gone.target.error, None);
    let stops = called(&gone.target);
    let stops = stops.iter().filter(|resource| **resource == STOP).count();
    assert_eq!(stops, 1);
    assert_eq!(owner(&aws, &gone.id).await, None);
}

#[tokio::test]
async fn an_instance_that_ran_before_a_run_runs_after_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    for url in ["http://simulated", "http://simulated/simulate-error-400"] {
        let instance = running_instance(&aws).await;
        let ended = run_on(&aws, instance, "", url).await;
        assert_eq!(ended.instance, "running");
        let called = called(&ended.target);
        assert!(!called.contains(&START), "{called:?}");
        assert!(!called.contains(&STOP), "{called:?}");
        assert_eq!(owner(&aws, &ended.id).await, None);
    }
    // Somebody starts it between the description and the start of the run.
    let ended = run(&aws, "StartedByOthers", "http://simulated").await;
    assert_eq!(ended.target.error, None);
    // Responses of the mocks are not in the history.
    let (write, read) = ("dynamodb:updateItem", "dynamodb:getItem");
    let without_stop = with_lease(&[DESCRIBE, write, write, LAMBDA, read]);
    assert_eq!(called(&ended.target), without_stop);
    assert_eq!(owner(&aws, &ended.id).await, None);
}

#[tokio::test]
async fn an_instance_that_stops_again_is_told_at_once_with_the_reason_of_ec2() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let ended = run(&aws, "StopsAgain", "http://simulated").await;
    assert_eq!(ended.target.error.as_deref(), Some("TargetNotStarted"));
    assert_eq!(ended.instance, "stopped");
    for why in ["Client error on launch", "`KmsKeyArns`", &ended.id] {
        assert_report_says(&ended, why);
    }
}

#[tokio::test]
async fn two_configurations_on_one_instance_run_one_after_the_other() {
    let folder = tempfile::TempDir::new().unwrap();
    let aws = start(&folder, mocks()).await;
    let instance = stopped_instance(&aws).await;
    let input = |name: &str| {
        let mut config = config(name, &instance, "http://simulated");
        config["dataset"]["prompts"] = json!(10);
        config["method"]["repetitions"] = json!(3);
        json!({"config": config})
    };
    let (one, other) = (input("one"), input("other"));
    let (one, other) = tokio::join!(aws.execute("one", &one), aws.execute("other", &other));
    let mut windows = Vec::new();
    let mut waited = 0;
    for (run, arn) in [("one", one), ("other", other)] {
        let records = aws.records(&arn).await;
        assert_eq!(records[0].error, None, "{}", records[0].output);
        let failed = records[1].failed_steps();
        waited += usize::from(
            failed
                .iter()
                .any(|step| step.error.contains("ConditionalCheckFailed")),
        );
        let calls = called(&records[1]);
        assert!(calls.contains(&START) && calls.contains(&STOP), "{calls:?}");
        let samples = aws.session.store().samples(run, "only").await.unwrap();
        let started = samples.iter().map(|sample| sample.started_at);
        windows.push((started.clone().min().unwrap(), started.max().unwrap()));
    }
    assert_eq!(waited, 1, "one of them waited for the lease");
    let [(one_first, one_last), (other_first, other_last)] = windows[..] else {
        panic!("two runs")
    };
    assert!(one_last < other_first || other_last < one_first);
    assert_eq!(state(&aws, &instance).await, "stopped");
    assert_eq!(owner(&aws, &instance).await, None);
}
