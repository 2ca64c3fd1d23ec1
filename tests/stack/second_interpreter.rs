//! The same definition in an interpreter that shares nothing with the embedded
//! AWS's: moto's, which is stricter. The Lambdas behind it are the real ones.
//!
//! It has SageMaker's control plane as well, so the endpoint that a run creates
//! and deletes is walked through here.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use bench_store::keys;
use hostbench::{emulator, progress::Console};
use serde_json::{Value, json};
use support::{Embedded, Redeployment};

use crate::machines::{lease, machines};

const REQUIREMENTS: &str = include_str!("../tools/moto.txt");

/// The definition with the functions that were deployed.
pub(crate) async fn definition(aws: &Embedded) -> Value {
    let client = aws.session.step_functions();
    let described = client
        .describe_state_machine()
        .state_machine_arn(aws.session.state_machine_arn())
        .send()
        .await
        .expect("it succeeds");
    serde_json::from_str(&described.definition).expect("it succeeds")
}

/// Runs the definition once for each run, one after another.
pub(crate) async fn interpret(aws: &Embedded, before: Value, runs: Vec<Value>) -> Vec<Value> {
    interpret_definition(aws, definition(aws).await, before, runs).await
}

/// The same for another definition.
pub(crate) async fn interpret_definition(
    aws: &Embedded,
    definition: Value,
    before: Value,
    runs: Vec<Value>,
) -> Vec<Value> {
    let cache = aws.project.cache();
    let console = Console::silent();
    let installation = emulator::install_packages(&cache, "moto", REQUIREMENTS, &console);
    let installation = installation.await.unwrap_or_else(|error| panic!("{error}"));
    let port = aws
        .session
        .endpoint_url()
        .rsplit(':')
        .next()
        .expect("it is there");
    let mut child = Command::new(&installation.python.program)
        .args(["-I", "-S"])
        .arg(support::root().join("tests/tools/interpret.py"))
        .arg(&installation.packages)
        .arg(port)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it succeeds");
    let work = json!({"definition": definition, "before": before, "runs": runs});
    child
        .stdin
        .take()
        .expect("it is there")
        .write_all(work.to_string().as_bytes())
        .expect("it succeeds");
    let output = tokio::task::spawn_blocking(|| child.wait_with_output())
        .await
        .expect("it succeeds")
        .expect("it succeeds");
    let said = String::from_utf8_lossy(&output.stderr);
    let ended: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(ended.len(), runs.len());
    ended
}

/// How often a state was entered.
pub(crate) fn entered(run: &Value, state: &str) -> usize {
    let states = run["entered"].as_array().expect("it is there");
    states.iter().filter(|name| **name == state).count()
}

pub(crate) fn target(id: &str, url: &str) -> Value {
    json!({
        "id": id, "kind": "http", "url": url, "request": "tgi", "simulated": true,
        "ready_within_s": 0,
    })
}

pub(crate) fn config(name: &str, prompts: u32, targets: &[Value]) -> Value {
    json!({
        "name": name,
        "dataset": {"source": "builtin", "prompts": prompts},
        "method": {"warmup": 1, "repetitions": 2},
        "targets": targets,
    })
}

pub(crate) fn run(name: &str, config: &Value) -> Value {
    json!({"name": name, "input": {"config": config}})
}

/// The answer of both interpreters: what the run came to, without its name.
fn outcome(output: &Value) -> (Value, Value) {
    (output["complete"].clone(), output["reason"].clone())
}

#[tokio::test]
async fn it_comes_to_the_same_result_for_a_good_run_and_for_one_with_a_failing_target() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let good = config(
        "good",
        3,
        &[
            target("a", "http://a.example"),
            target("b", "http://b.example"),
        ],
    );
    let failing = config(
        "failing",
        3,
        &[
            target("a", "http://a.example"),
            target("b", "http://simulated/simulate-error-400"),
        ],
    );
    let runs = vec![run("moto-good", &good), run("moto-failing", &failing)];
    let ended = interpret(&aws, json!([]), runs).await;

    let arn = aws.execute("ours-good", &json!({"config": good})).await;
    let ours: Value = serde_json::from_str(&aws.records(&arn).await[0].output).unwrap();
    assert_eq!(ended[0]["status"], "SUCCEEDED", "{:?}", ended[0]);
    assert_eq!(outcome(&ended[0]["output"]), outcome(&ours));
    assert_eq!(entered(&ended[0], "InvokePrompt"), 2 * 3);

    let arn = aws
        .execute("ours-failing", &json!({"config": failing}))
        .await;
    let ours = &aws.records(&arn).await[0];
    assert_eq!(ended[1]["status"], "FAILED");
    assert_eq!(ended[1]["error"].as_str(), ours.error.as_deref());
    assert_eq!(ended[1]["error"], "IncompleteRun");
    assert_eq!(
        entered(&ended[1], "InvokePrompt"),
        3,
        "the good target is measured"
    );
    assert_eq!(entered(&ended[1], "TargetFailed"), 1);

    // What was measured is the same as well, call by call.
    let store = aws.session.store();
    for run in ["good", "failing"] {
        for target in ["a", "b"] {
            let mut calls = Vec::new();
            for run in [format!("moto-{run}"), format!("ours-{run}")] {
                let samples = store.samples(&run, target).await.unwrap();
                let call = |sample: &bench_core::sample::Sample| {
                    (keys::sample(&sample.key()), sample.outcome)
                };
                calls.push(samples.iter().map(call).collect::<Vec<_>>());
            }
            assert_eq!(calls[0], calls[1], "{run} {target}");
            assert!(!calls[0].is_empty());
        }
    }
}

/// An invocation that has time for one call only, so that every call is the end
/// of one and the state machine has to ask again.
#[tokio::test]
async fn it_asks_again_when_an_invocation_ends_before_its_calls_are_made() {
    let aws = Embedded::start(1_000.0, &[]).await;
    aws.redeploy(Redeployment {
        replaced: &[("Timeout: 900", "Timeout: 10")],
        ..Redeployment::default()
    })
    .await;

    let mut config = config("deadline", 2, &[target("a", "http://a.example")]);
    // Five seconds are kept free at the end of an invocation: a call that may
    // take six is made when it is the first one, and left to the next if not.
    config["method"]["timeout_s"] = json!(6);
    let ended = interpret(&aws, json!([]), vec![run("moto-deadline", &config)]).await;
    assert_eq!(ended[0]["status"], "SUCCEEDED", "{:?}", ended[0]);
    assert_eq!(ended[0]["output"]["complete"], true);
    let calls = 2 * 3;
    assert_eq!(entered(&ended[0], "InvokePrompt"), calls);

    let arn = aws
        .execute("ours-deadline", &json!({"config": config}))
        .await;
    let records = aws.records(&arn).await;
    let ours: Value = serde_json::from_str(&records[0].output).unwrap();
    assert_eq!(outcome(&ended[0]["output"]), outcome(&ours));
    assert_eq!(records.len(), 3, "the run, its target and its chunk");
    assert_eq!(records[1].tasks(), 1, "the probe");
    assert_eq!(records[2].tasks(), calls, "an invocation a call");
}

/// Endpoints that runs may create and delete: the planner refuses any other.
const LIFECYCLE_ENDPOINTS: [(&str, &str); 1] = [(
    "LifecycleEndpointArns",
    "arn:aws:sagemaker:us-east-1:000000000000:endpoint/deepseek-8b,\
     arn:aws:sagemaker:us-east-1:000000000000:endpoint/simulate-error-400",
)];

fn endpoint(name: &str, endpoint_config: &str) -> Value {
    json!({
        "id": "only", "kind": "sagemaker", "endpoint": name, "request": "tgi", "simulated": true,
        "ready_within_s": 0, "lifecycle": {"endpoint_config": endpoint_config},
    })
}

fn call(service: &str, operation: &str, arguments: Value) -> Value {
    let mut call = json!({"service": service, "operation": operation});
    call["arguments"] = arguments;
    call
}

/// The resources that runs of endpoints need of moto: a table for leases, and the
/// configurations of endpoints.
fn endpoint_configs(table: &str) -> Value {
    let variant = json!({
        "VariantName": "all", "ModelName": "m", "InstanceType": "ml.m4.xlarge",
        "InitialInstanceCount": 1,
    });
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    json!([
        call(
            "dynamodb",
            "create_table",
            json!({
                "TableName": table,
                "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
                "AttributeDefinitions": [attribute("pk"), attribute("sk")],
                "BillingMode": "PAY_PER_REQUEST",
            }),
        ),
        call(
            "sagemaker",
            "create_model",
            json!({"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/m"}),
        ),
        call(
            "sagemaker",
            "create_endpoint_config",
            json!({"EndpointConfigName": "small", "ProductionVariants": [variant]}),
        ),
    ])
}

fn create_endpoint(name: &str) -> Value {
    let arguments = json!({"EndpointName": name, "EndpointConfigName": "small"});
    call("sagemaker", "create_endpoint", arguments)
}

/// The endpoints, the metrics and the leases that are there after a run.
fn what_is_left(table: &str) -> Value {
    json!([
        call("sagemaker", "list_endpoints", json!({})),
        call(
            "cloudwatch",
            "list_metrics",
            json!({"Namespace": "hostbench/hostbench"})
        ),
        call("dynamodb", "scan", json!({"TableName": table})),
    ])
}

/// The names of the endpoints that were left.
fn endpoints_left(run: &Value) -> Vec<&str> {
    let left = run["after"][0]["Endpoints"].as_array().expect("a list");
    left.iter()
        .map(|endpoint| endpoint["EndpointName"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn an_endpoint_that_a_run_creates_it_deletes_whatever_happened_and_no_other() {
    let aws = Embedded::start(1_000.0, &LIFECYCLE_ENDPOINTS).await;
    let table = aws.session.table();
    let run = |name: &str, target: Value| {
        let mut run = run(name, &config(name, 1, &[target]));
        run["after"] = what_is_left(table);
        run
    };
    let mut existing = run("existing", endpoint("deepseek-8b", "small"));
    existing["before"] = json!([create_endpoint("deepseek-8b")]);
    let runs = vec![
        run("good", endpoint("deepseek-8b", "small")),
        run("not-measured", endpoint("simulate-error-400", "small")),
        run("not-started", endpoint("deepseek-8b", "missing")),
        existing,
    ];
    let ended = interpret(&aws, endpoint_configs(table), runs).await;
    let [good, not_measured, not_started, existing] = ended.as_slice() else {
        panic!("four runs")
    };
    for run in [good, not_measured, not_started] {
        assert!(
            entered(run, "CreateEndpoint") > 0 && entered(run, "DeleteEndpoint") > 0,
            "{run}"
        );
        assert_eq!(endpoints_left(run), [""; 0], "{run}");
    }
    for run in &ended {
        assert_eq!(run["after"][1]["Metrics"], json!([]), "{run}");
        assert_eq!(
            run["after"][2]["Items"],
            json!([]),
            "no lease is left: {run}"
        );
    }
    assert_eq!(good["output"]["complete"], true, "{good}");
    assert_eq!(entered(good, "TargetMeasured"), 1);
    assert!(entered(good, "DescribeCreated") > 0);
    assert!(entered(good, "DescribeDeleting") > 0);

    assert_eq!(not_measured["error"], "IncompleteRun");
    assert_eq!(entered(not_measured, "TargetUnavailable"), 1);
    assert_eq!(entered(not_measured, "TargetFailed"), 1);

    // What was never created cannot be deleted, and nobody is called for that.
    assert_eq!(not_started["error"], "IncompleteRun");
    assert_eq!(entered(not_started, "MeasureTarget"), 0);
    assert_eq!(entered(not_started, "TargetNotStarted"), 1);

    // An endpoint that somebody has in production is nothing of ours.
    assert_eq!(existing["error"], "IncompleteRun", "{existing}");
    assert_eq!(entered(existing, "CreateEndpoint"), 0);
    assert_eq!(entered(existing, "DeleteEndpoint"), 0);
    assert_eq!(endpoints_left(existing), ["deepseek-8b"]);
    let cause = existing["cause"].as_str().expect("a cause");
    assert!(
        cause.contains("endpoint `deepseek-8b` exists already"),
        "{cause}"
    );
}

#[tokio::test]
async fn an_endpoint_whose_run_has_ended_is_deleted_by_the_sweeper() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let table = aws.session.table();
    let put = |machine: &str, started: bool| {
        let owner = "arn:aws:states:us-east-1:123456789012:execution:benchmark:no";
        let item = lease(machine, owner, started, "2026-01-02T03:04:05.678Z");
        call(
            "dynamodb",
            "put_item",
            json!({"TableName": table, "Item": item}),
        )
    };
    let sweeper = json!({
        "name": "sweeper", "input": {}, "definition": sweeper_definition(table),
        "before": [
            create_endpoint("created"), put("created", true),
            create_endpoint("existing"), put("existing", false),
            put("never-created", true),
        ],
        "after": what_is_left(table),
    });
    let ended = interpret(&aws, endpoint_configs(table), vec![sweeper]).await;
    let swept = &ended[0];
    assert_eq!(swept["status"], "SUCCEEDED", "{swept}");
    let mut stopped = machines(&swept["output"], "stopped");
    stopped.sort();
    assert_eq!(stopped, ["created", "never-created"], "{swept}");
    assert_eq!(machines(&swept["output"], "released"), ["existing"]);
    assert_eq!(endpoints_left(swept), ["existing"]);
    assert_eq!(swept["after"][2]["Items"], json!([]));
}

/// The definition of the sweeper for a table.
fn sweeper_definition(table: &str) -> Value {
    let definition = support::read("statemachine/sweeper.asl.json");
    let definition = definition
        .replace("${ResultsTable}", table)
        .replace("${Partition}", "aws")
        .replace("${MetricsNamespace}", "hostbench/hostbench");
    serde_json::from_str(&definition).expect("JSON")
}
