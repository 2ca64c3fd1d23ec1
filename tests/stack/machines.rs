//! An instance of the embedded AWS, runs of a target on it, leases and sweepers.

use aws_sdk_sfn::types::ExecutionStatus;
use hostbench::deploy;
use serde_json::{Value, json};
use support::{Embedded, Record, eventually};

/// Any instance: it gives a stack its sweeper's rules. The embedded AWS does not judge
/// by it which instances may be started.
pub(crate) const INSTANCES: (&str, &str) = (
    "InstanceArns",
    "arn:aws:ec2:us-east-1:000000000000:instance/i-0123456789abcdef0",
);

/// A pipeline whose waits are short, with responses in place of tasks by test case.
pub(crate) async fn start(folder: &tempfile::TempDir, mocks: Value) -> Embedded {
    let path = folder.path().join("mocks.json");
    std::fs::write(&path, mocks.to_string()).expect("it succeeds");
    Embedded::start_with(1_000.0, &[INSTANCES], |options| {
        options.wait_scale = 0.002;
        let path = path.display().to_string();
        options
            .environment
            .push(("SFN_MOCK_CONFIG".to_owned(), path));
    })
    .await
}

/// An instance that is stopped.
pub(crate) async fn stopped_instance(aws: &Embedded) -> String {
    let id = running_instance(aws).await;
    aws.call("ec2", "stop_instances", json!({"InstanceIds": [id]}))
        .await;
    assert_eq!(state(aws, &id).await, "stopped");
    id
}

/// An instance that runs.
pub(crate) async fn running_instance(aws: &Embedded) -> String {
    let image = json!({"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1});
    let made = aws.call("ec2", "run_instances", image).await;
    let id = made["Instances"][0]["InstanceId"]
        .as_str()
        .expect("it is there")
        .to_owned();
    assert_eq!(state(aws, &id).await, "running");
    id
}

pub(crate) async fn state(aws: &Embedded, instance: &str) -> String {
    let question = json!({"InstanceIds": [instance]});
    let answer = aws.call("ec2", "describe_instances", question).await;
    let state = &answer["Reservations"][0]["Instances"][0]["State"]["Name"];
    state.as_str().expect("it is there").to_owned()
}

/// A configuration with one target on an instance.
pub(crate) fn config(name: &str, instance: &str, url: &str) -> Value {
    json!({
        "name": name,
        "dataset": {"source": "builtin", "prompts": 1},
        "method": {"warmup": 0, "repetitions": 1},
        "targets": [{
            "id": "only", "kind": "http", "url": url, "request": "tgi", "simulated": true,
            "ready_within_s": 0, "lifecycle": {"instance": instance},
        }],
    })
}

/// The resources that the tasks of an execution called, in order.
pub(crate) fn called(record: &Record) -> Vec<&str> {
    let scheduled = record
        .events
        .iter()
        .filter_map(|event| event.task_scheduled_event_details());
    scheduled
        .map(|details| {
            let resource = details.resource();
            resource.rsplit(":::").next().unwrap_or(resource)
        })
        .collect()
}

/// An item of the table, as it is given to DynamoDB.
pub(crate) fn lease(machine: &str, owner: &str, started: bool, acquired_at: &str) -> Value {
    let kind = if machine.starts_with("i-") {
        "ec2-instance"
    } else {
        "sagemaker-endpoint"
    };
    json!({
        "pk": {"S": bench_store::keys::MACHINES},
        "sk": {"S": bench_store::keys::lease(machine)},
        "owner": {"S": owner}, "machine": {"S": machine}, "kind": {"S": kind},
        "started": {"BOOL": started}, "run_id": {"S": "earlier"}, "target_id": {"S": "only"},
        "acquired_at": {"S": acquired_at},
    })
}

/// The lease of a machine, with its owner.
pub(crate) async fn owner(aws: &Embedded, machine: &str) -> Option<String> {
    let key = json!({
        "pk": {"S": bench_store::keys::MACHINES},
        "sk": {"S": bench_store::keys::lease(machine)},
    });
    let question = json!({"TableName": aws.session.table(), "Key": key, "ConsistentRead": true});
    let answer = aws.call("dynamodb", "get_item", question).await;
    answer["Item"]["owner"]["S"].as_str().map(str::to_owned)
}

async fn sweeper(aws: &Embedded) -> String {
    let stack = json!({"StackName": deploy::STACK});
    let answer = aws.call("cloudformation", "describe_stacks", stack).await;
    let outputs = answer["Stacks"][0]["Outputs"].as_array().expect("outputs");
    let output = outputs
        .iter()
        .find(|output| output["OutputKey"] == "SweeperArn")
        .expect("the stack says where its sweeper is");
    output["OutputValue"].as_str().expect("an ARN").to_owned()
}

/// Starts a sweeper, in a test case of the mocks; gives its execution's ARN.
pub(crate) async fn start_sweeper(aws: &Embedded, case: &str) -> String {
    let machine = sweeper(aws).await;
    let machine = match case {
        "" => machine,
        case => format!("{machine}#{case}"),
    };
    let client = aws.session.step_functions();
    let started = client
        .start_execution()
        .state_machine_arn(machine)
        .input("{}")
        .send()
        .await;
    started.expect("started").execution_arn
}

/// The output of a sweeper that was started.
pub(crate) async fn swept(aws: &Embedded, execution: &str) -> Value {
    let client = aws.session.step_functions();
    let ended = eventually(|| async {
        let described = client.describe_execution().execution_arn(execution).send();
        let described = described.await.expect("an execution");
        (described.status != ExecutionStatus::Running).then_some(described)
    })
    .await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{ended:?}");
    serde_json::from_str(&ended.output.expect("an output")).expect("JSON")
}

/// Starts a sweeper and waits for its end; gives its output.
pub(crate) async fn sweep(aws: &Embedded, case: &str) -> Value {
    let execution = start_sweeper(aws, case).await;
    swept(aws, &execution).await
}

/// The machines that a sweeper put under a heading.
pub(crate) fn machines(output: &Value, heading: &str) -> Vec<String> {
    let listed = output[heading].as_array().expect("a list");
    let machine = |item: &Value| item["machine"].as_str().expect("a machine").to_owned();
    listed.iter().map(machine).collect()
}
