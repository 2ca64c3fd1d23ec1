//! The permissions of each role: none is missing and none is unused.
//!
//! The embedded AWS judges every call of a Lambda by the role of its function.
//! It judges neither what Lambda does for itself (logs, traces, network
//! interfaces) nor what the state machine and the schedules do by their roles;
//! those are put to its policy simulator, as they were deployed.

use bench_core::sample::{Phase, Sample};
use hostbench::{deploy, local::LOOPBACK, package, project::Project};
use serde_json::{Value, json};
use simulator::{Settings, Simulator};
use support::{Embedded, Record};

use crate::template::{Statement, statements, without};

pub(crate) const KEY: &str = "sk-kept-in-a-secret";
const PARAMETER: &str = "arn:aws:ssm:us-east-1:000000000000:parameter/hostbench/key";
const MODEL: &str =
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
const MANTLE_PROJECT: &str = "arn:aws:bedrock-mantle:us-east-1:000000000000:project/default";
const ENDPOINT: &str = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/small";
const ENDPOINT_CONFIG: &str = "arn:aws:sagemaker:us-east-1:000000000000:endpoint-config/small";
const LIFECYCLE_ENDPOINT: &str = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/created";
const INSTANCE: &str = "arn:aws:ec2:us-east-1:000000000000:instance/i-0123456789abcdef0";
const KMS_KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) const PARAMETERS: [(&str, &str); 12] = [
    ("VpcSubnetIds", "subnet-0123abcd"),
    ("VpcSecurityGroupIds", "sg-0123abcd"),
    ("ModelArns", MODEL),
    ("MantleProjectArns", MANTLE_PROJECT),
    ("BearerTokenArns", "*"),
    ("EndpointArns", ENDPOINT),
    ("LifecycleEndpointArns", LIFECYCLE_ENDPOINT),
    ("KmsKeyArns", KMS_KEY),
    ("EndpointConfigArns", ENDPOINT_CONFIG),
    ("InstanceArns", INSTANCE),
    (
        "SecretArns",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:hostbench/key-??????",
    ),
    ("SecureParameterArns", PARAMETER),
];

/// A run that needs every permission of the Lambdas: a dataset of the bucket,
/// keys in both places, certificates, a budget, a load.
fn config(url: &str) -> Value {
    let server = |id: &str, key: &str| {
        json!({
            "id": id, "kind": "http", "url": url, "request": "openai-chat", "api_key": key,
            "ready_within_s": 0,
        })
    };
    let mut with_secret = server("secret", "secretsmanager:hostbench/key");
    with_secret["ca"] = json!("configs/authority.pem");
    json!({
        "name": "privilege",
        "dataset": {"source": "datasets/tiny.jsonl", "prompts": 1},
        "method": {"warmup": 0, "repetitions": 1},
        "budget_usd": "5",
        "load": {"steps": [1], "max_steps": 1, "step_s": 1, "ramp_s": 0, "search": false},
        "targets": [
            with_secret,
            server("parameter", "ssm:/hostbench/key"),
        ],
    })
}

pub(crate) async fn prepare(aws: &Embedded, url: &str) {
    let store = aws.session.store();
    for (key, body) in [
        ("configs/privilege.json", config(url).to_string()),
        (
            "configs/authority.pem",
            include_str!("authority.pem").to_owned(),
        ),
        (
            "datasets/tiny.jsonl",
            "{\"question\": \"2 + 2?\", \"answer\": \"#### 4\"}\n".to_owned(),
        ),
    ] {
        store
            .put_object(key, "text/plain", body)
            .await
            .expect("it succeeds");
    }
    aws_sdk_secretsmanager::Client::new(aws.session.aws())
        .create_secret()
        .name("hostbench/key")
        .secret_string(KEY)
        .send()
        .await
        .expect("it succeeds");
    aws_sdk_ssm::Client::new(aws.session.aws())
        .put_parameter()
        .name("/hostbench/key")
        .r#type(aws_sdk_ssm::types::ParameterType::SecureString)
        .value(KEY)
        .send()
        .await
        .expect("it succeeds");
}

pub(crate) async fn server() -> Simulator {
    let settings = Settings {
        time_scale: 1_000.0,
        api_key: Some(KEY.to_owned()),
        ..Settings::default()
    };
    Simulator::start(settings).await.expect("it succeeds")
}

/// Where it shows that an action is missing.
enum Shows {
    /// A task of the definition fails.
    Task(&'static str),
    /// The probe of a target is refused.
    Probe(&'static str),
}

/// Every permission that the embedded AWS judges, and where a run without it fails.
const JUDGED: [(&str, &str, Shows); 22] = [
    ("ReadConfigurations", "s3:GetObject", Shows::Task("PlanRun")),
    ("ReadDatasets", "s3:GetObject", Shows::Task("PlanRun")),
    ("ReadPrices", "s3:GetObject", Shows::Task("PlanRun")),
    ("ReadEarlierPlan", "s3:GetObject", Shows::Task("PlanRun")),
    ("WritePlan", "s3:PutObject", Shows::Task("PlanRun")),
    ("RecordRun", "dynamodb:GetItem", Shows::Task("PlanRun")),
    ("RecordRun", "dynamodb:PutItem", Shows::Task("PlanRun")),
    ("ReadSteps", "dynamodb:Query", Shows::Task("NextStep")),
    (
        "WatchEarlierRun",
        "states:DescribeExecution",
        Shows::Task("PlanRun"),
    ),
    ("ReadPlan", "s3:GetObject", Shows::Task("ProbeTarget")),
    ("ReadCertificates", "s3:GetObject", Shows::Probe("secret")),
    (
        "StoreSamples",
        "dynamodb:PutItem",
        Shows::Task("ProbeTarget"),
    ),
    ("StoreSamples", "dynamodb:Query", Shows::Task("ProbeTarget")),
    (
        "StoreSamples",
        "dynamodb:GetItem",
        Shows::Task("InvokeWorker"),
    ),
    (
        "StoreSamples",
        "dynamodb:UpdateItem",
        Shows::Task("ProbeTarget"),
    ),
    (
        "ReadSecrets",
        "secretsmanager:GetSecretValue",
        Shows::Probe("secret"),
    ),
    (
        "ReadSecureParameters",
        "ssm:GetParameter",
        Shows::Probe("parameter"),
    ),
    (
        "ReadPlanOfRun",
        "s3:GetObject",
        Shows::Task("AggregateResults"),
    ),
    (
        "WriteReports",
        "s3:PutObject",
        Shows::Task("AggregateResults"),
    ),
    (
        "ReadSamplesAndEndRun",
        "dynamodb:Query",
        Shows::Task("AggregateResults"),
    ),
    (
        "ReadSamplesAndEndRun",
        "dynamodb:UpdateItem",
        Shows::Task("AggregateResults"),
    ),
    ("ListRuns", "dynamodb:Scan", Shows::Task("AggregateResults")),
];

/// A permission that AWS services use for the pipeline, which the embedded AWS
/// does not check.
struct ServicePermission {
    role: &'static str,
    sid: &'static str,
    actions: &'static [&'static str],
    /// An ARN, or the resource of the template in braces.
    on: &'static str,
    /// Its users.
    step: &'static str,
}

const fn used(
    role: &'static str,
    sid: &'static str,
    actions: &'static [&'static str],
    on: &'static str,
    step: &'static str,
) -> ServicePermission {
    ServicePermission {
        role,
        sid,
        actions,
        on,
        step,
    }
}

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:hostbench-benchmark";
const CHILD: &str = "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark:one";
/// The state machine and the executions of a Map within a child execution: AWS does not say
/// whether the label of the outer Map is in the names as well.
const TARGET_MACHINE: &str =
    "arn:aws:states:us-east-1:000000000000:stateMachine:hostbench-benchmark/Targets";
const TARGET: &str =
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Targets:one";
const CHUNKS: [&str; 2] = [
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Chunks:one",
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Targets/Chunks:one",
];
const LOAD: &str =
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-benchmark/Targets/Load:one";
const SWEEPER: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:hostbench-sweeper";
const OTHER_SWEEPER: &str =
    "arn:aws:states:us-east-1:000000000000:execution:hostbench-sweeper:other";
const MACHINE_ROLE: &str = "BenchmarkStateMachineRole";
const SWEEPER_ROLE: &str = "SweeperStateMachineRole";
const INVOKE: &[&str] = &["lambda:InvokeFunction"];
const WRITE: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
const TRACE: &[&str] = &["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
const TRACE_STATES: &[&str] = &[
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
];

const SERVICE_PERMISSIONS: &[ServicePermission] = &[
    used(
        MACHINE_ROLE,
        "InvokeFunctions",
        INVOKE,
        "{PlannerFunction}",
        "PlanRun",
    ),
    used(
        MACHINE_ROLE,
        "InvokeFunctions",
        INVOKE,
        "{InvokerFunction}",
        "ProbeTarget",
    ),
    used(
        MACHINE_ROLE,
        "InvokeFunctions",
        INVOKE,
        "{VpcInvokerFunction}",
        "ProbeTarget",
    ),
    used(
        MACHINE_ROLE,
        "InvokeFunctions",
        INVOKE,
        "{AggregatorFunction}",
        "AggregateResults",
    ),
    used(
        MACHINE_ROLE,
        "StartChildExecutions",
        &["states:StartExecution"],
        MACHINE,
        "MeasureTargets",
    ),
    used(
        MACHINE_ROLE,
        "StartChildExecutions",
        &["states:StartExecution"],
        TARGET_MACHINE,
        "MeasureChunks",
    ),
    used(
        MACHINE_ROLE,
        "WatchChildExecutions",
        &["states:DescribeExecution", "states:StopExecution"],
        CHILD,
        "MeasureTargets",
    ),
    used(
        MACHINE_ROLE,
        "WatchChildExecutions",
        &["states:DescribeExecution", "states:StopExecution"],
        TARGET,
        "MeasureTargets",
    ),
    used(
        MACHINE_ROLE,
        "WatchChildExecutions",
        &["states:DescribeExecution", "states:StopExecution"],
        CHUNKS[0],
        "MeasureChunks",
    ),
    used(
        MACHINE_ROLE,
        "WatchChildExecutions",
        &["states:DescribeExecution", "states:StopExecution"],
        CHUNKS[1],
        "MeasureChunks",
    ),
    used(
        MACHINE_ROLE,
        "WatchChildExecutions",
        &["states:DescribeExecution", "states:StopExecution"],
        LOAD,
        "MeasureLoad",
    ),
    used(
        MACHINE_ROLE,
        "RedriveChildExecutions",
        &["states:RedriveExecution"],
        LOAD,
        "MeasureLoad",
    ),
    used(
        MACHINE_ROLE,
        "RedriveChildExecutions",
        &["states:RedriveExecution"],
        TARGET,
        "MeasureTargets",
    ),
    used(
        MACHINE_ROLE,
        "RedriveChildExecutions",
        &["states:RedriveExecution"],
        CHUNKS[0],
        "MeasureChunks",
    ),
    used(
        MACHINE_ROLE,
        "RedriveChildExecutions",
        &["states:RedriveExecution"],
        CHUNKS[1],
        "MeasureChunks",
    ),
    used(
        MACHINE_ROLE,
        "HoldLeases",
        &[
            "dynamodb:GetItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        ],
        "{ResultsTable}",
        "AcquireMachine",
    ),
    used(
        MACHINE_ROLE,
        "DescribeInstances",
        &["ec2:DescribeInstances"],
        "*",
        "DescribeInstance",
    ),
    used(
        MACHINE_ROLE,
        "StartAndStopInstances",
        &["ec2:StartInstances", "ec2:StopInstances"],
        INSTANCE,
        "StartInstance",
    ),
    used(
        MACHINE_ROLE,
        "CreateEndpointsFromConfigurations",
        &["sagemaker:CreateEndpoint"],
        ENDPOINT_CONFIG,
        "CreateEndpoint",
    ),
    used(
        MACHINE_ROLE,
        "CreateAndDeleteEndpoints",
        &[
            "sagemaker:CreateEndpoint",
            "sagemaker:DescribeEndpoint",
            "sagemaker:DeleteEndpoint",
        ],
        LIFECYCLE_ENDPOINT,
        "CreateEndpoint",
    ),
    used(
        MACHINE_ROLE,
        "TraceBenchmarkStateMachine",
        TRACE_STATES,
        "*",
        "every state",
    ),
    used(
        SWEEPER_ROLE,
        "SweepLeases",
        &[
            "dynamodb:Query",
            "dynamodb:GetItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        ],
        "{ResultsTable}",
        "ListLeases",
    ),
    used(
        SWEEPER_ROLE,
        "DescribeOwners",
        &["states:DescribeExecution"],
        TARGET,
        "DescribeOwner",
    ),
    used(
        SWEEPER_ROLE,
        "DescribeOwners",
        &["states:DescribeExecution"],
        OTHER_SWEEPER,
        "DescribeOwner",
    ),
    used(
        SWEEPER_ROLE,
        "DescribeOwners",
        &["states:DescribeExecution"],
        CHILD,
        "DescribeOwner",
    ),
    used(
        SWEEPER_ROLE,
        "SweepInstances",
        &["ec2:StopInstances"],
        INSTANCE,
        "StopInstance",
    ),
    used(
        SWEEPER_ROLE,
        "DescribeSweptInstances",
        &["ec2:DescribeInstances"],
        "*",
        "DescribeInstance",
    ),
    used(
        SWEEPER_ROLE,
        "SweepEndpoints",
        &["sagemaker:DescribeEndpoint", "sagemaker:DeleteEndpoint"],
        LIFECYCLE_ENDPOINT,
        "DeleteEndpoint",
    ),
    used(
        SWEEPER_ROLE,
        "TraceSweeperStateMachine",
        TRACE_STATES,
        "*",
        "every state",
    ),
    used(
        "SweepRole",
        "StartSweeper",
        &["states:StartExecution"],
        SWEEPER,
        "the rules",
    ),
    // The embedded AWS asks for `bedrock:Converse`, which AWS has no action for.
    used(
        "InvokerRole",
        "CallModels",
        &[
            "bedrock:InvokeModel",
            "bedrock:InvokeModelWithResponseStream",
        ],
        MODEL,
        "InvokePrompt",
    ),
    used(
        "InvokerRole",
        "CallEndpoints",
        &[
            "sagemaker:InvokeEndpoint",
            "sagemaker:InvokeEndpointWithResponseStream",
        ],
        ENDPOINT,
        "InvokePrompt",
    ),
    used(
        "InvokerRole",
        "CallMantle",
        &["bedrock-mantle:CreateInference"],
        MANTLE_PROJECT,
        "InvokePrompt",
    ),
    used(
        "InvokerRole",
        "UseBearerKeys",
        &[
            "bedrock:CallWithBearerToken",
            "bedrock-mantle:CallWithBearerToken",
            "sagemaker:CallWithBearerToken",
        ],
        "*",
        "InvokePrompt",
    ),
    // The embedded AWS answers 404 for a missing object to everybody.
    used(
        "PlannerRole",
        "TellMissingFromForbidden",
        &["s3:ListBucket"],
        "{ResultsBucket}",
        "PlanRun",
    ),
    used(
        "PlannerRole",
        "WritePlannerLogs",
        WRITE,
        "{PlannerLogs}",
        "PlanRun",
    ),
    used("PlannerRole", "TracePlanner", TRACE, "*", "PlanRun"),
    used(
        "InvokerRole",
        "WriteInvokerLogs",
        WRITE,
        "{InvokerLogs}",
        "InvokePrompt",
    ),
    used("InvokerRole", "TraceInvoker", TRACE, "*", "InvokePrompt"),
    used(
        "VpcInvokerRole",
        "WriteVpcInvokerLogs",
        WRITE,
        "{VpcInvokerLogs}",
        "InvokePrompt",
    ),
    used(
        "VpcInvokerRole",
        "TraceVpcInvoker",
        TRACE,
        "*",
        "InvokePrompt",
    ),
    used(
        "VpcInvokerRole",
        "AttachToTheVpc",
        &[
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "*",
        "InvokePrompt",
    ),
    // An upload is aborted only after a failure of the bucket.
    used(
        "AggregatorRole",
        "WriteReports",
        &["s3:AbortMultipartUpload"],
        "{ResultsBucket}/runs/run/samples.jsonl",
        "AggregateResults",
    ),
    used(
        "AggregatorRole",
        "WriteAggregatorLogs",
        WRITE,
        "{AggregatorLogs}",
        "AggregateResults",
    ),
    used(
        "AggregatorRole",
        "TraceAggregator",
        TRACE,
        "*",
        "AggregateResults",
    ),
    used(
        "ScheduleRole",
        "StartRuns",
        &["states:StartExecution"],
        MACHINE,
        "the schedule",
    ),
    used(
        "ScheduleRole",
        "KeepMissedSchedules",
        &["sqs:SendMessage"],
        "{MissedSchedules}",
        "the schedule",
    ),
];

/// Their conditions are on keys that the policy simulator is not given: they are denied
/// with the statement and without it.
const CONDITIONAL: [ServicePermission; 4] = [
    used(
        MACHINE_ROLE,
        "CountTargetsNotStopped",
        &["cloudwatch:PutMetricData"],
        "*",
        "CountTargetNotStopped",
    ),
    used(
        SWEEPER_ROLE,
        "CountMachinesNotSwept",
        &["cloudwatch:PutMetricData"],
        "*",
        "CountNotStopped",
    ),
    used(
        MACHINE_ROLE,
        "UseKeysOfVolumes",
        &["kms:CreateGrant"],
        KMS_KEY,
        "StartInstance",
    ),
    used(
        "InvokerRole",
        "DecryptSecretsAndParameters",
        &["kms:Decrypt"],
        KMS_KEY,
        "ProbeTarget",
    ),
];

#[test]
fn every_permission_is_put_to_the_test() {
    let mut tested: Vec<(String, String)> = JUDGED
        .iter()
        .map(|(sid, action, _)| (*sid, *action))
        .chain(
            SERVICE_PERMISSIONS
                .iter()
                .chain(&CONDITIONAL)
                .flat_map(|used| used.actions.iter().map(|action| (used.sid, *action))),
        )
        .map(|(sid, action)| (sid.to_owned(), action.to_owned()))
        .collect();
    tested.sort();
    tested.dedup();
    let template = support::read("infra/template.yaml");
    let mut given: Vec<(String, String)> = statements(&template)
        .into_iter()
        .flat_map(|Statement { sid, actions, .. }| {
            actions.into_iter().map(move |action| (sid.clone(), action))
        })
        .collect();
    given.sort();
    assert_eq!(tested, given);
}

/// The template as it was deployed, for deploying it with something missing.
struct Deployment {
    aws: Embedded,
    template: String,
}

impl Deployment {
    async fn start() -> Self {
        let aws = Embedded::start_with(1_000.0, &PARAMETERS, |options| {
            options.enforce_iam = true;
            options.wait_scale = 0.0;
        })
        .await;
        let project = Project::find().expect("it succeeds");
        let packages =
            package::pack(&support::programs(&project), project.root()).expect("it succeeds");
        let template = support::read("infra/template.yaml");
        let template =
            package::resolve(&template, &packages, deploy::ARTIFACTS).expect("it succeeds");
        Self { aws, template }
    }

    async fn deploy(&self, template: &str) {
        let parameters: Vec<_> = PARAMETERS
            .iter()
            .chain(&LOOPBACK)
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        deploy::deploy(self.aws.session.aws(), template, &parameters)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }

    fn without(&self, sid: &str, action: &str) -> String {
        let all = statements(&self.template);
        let statement = all.iter().find(|statement| statement.sid == sid);
        without(&self.template, statement.expect(sid), action)
    }

    async fn run(&self, name: &str) -> Vec<Record> {
        let input = json!({"config": "configs/privilege.json"});
        let arn = self.aws.execute(name, &input).await;
        self.aws.records(&arn).await
    }

    async fn probes(&self, run_id: &str, target: &str) -> Vec<Sample> {
        let samples = self
            .aws
            .session
            .store()
            .samples(run_id, target)
            .await
            .expect("it succeeds");
        samples
            .into_iter()
            .filter(|sample| sample.phase == Phase::Probe)
            .collect()
    }
}

fn is_denial(text: &str) -> bool {
    ["AccessDenied", "not authorized", "Access Denied"]
        .iter()
        .any(|words| text.contains(words))
}

#[tokio::test]
async fn without_any_one_permission_of_a_lambda_a_named_step_fails() {
    let deployment = Deployment::start().await;
    let server = server().await;
    prepare(&deployment.aws, &server.url()).await;
    for name in ["whole-1", "whole-2"] {
        let records = deployment.run(name).await;
        let failed: Vec<_> = records.iter().flat_map(Record::failed_steps).collect();
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(records[0].error, None, "{}", records[0].output);
        assert_eq!(
            records.len(),
            7,
            "the run, two targets, and a chunk and a load of each"
        );
    }
    let mut idle = Vec::new();
    for (number, (sid, action, shows)) in JUDGED.iter().enumerate() {
        deployment.deploy(&deployment.without(sid, action)).await;
        let name = format!("without-{number}");
        let records = deployment.run(&name).await;
        let shown = match shows {
            Shows::Task(step) => records
                .iter()
                .flat_map(Record::failed_steps)
                .any(|failed| failed.state == *step && is_denial(&failed.cause)),
            Shows::Probe(target) => deployment.probes(&name, target).await.iter().any(|probe| {
                let said = probe;
                is_denial(&format!("{:?} {:?}", said.error_code, said.error_message))
            }),
        };
        if !shown {
            let failed: Vec<_> = records.iter().flat_map(Record::failed_steps).collect();
            idle.push(format!("{sid} {action}: {failed:?}"));
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
    deployment.deploy(&deployment.template).await;
    let records = deployment.run("restored").await;
    assert!(records[0].error.is_none(), "{:?}", records[0].error);
}

impl Deployment {
    /// The names that the resources of the template have been given.
    async fn resources(&self) -> Value {
        let stack = json!({"StackName": deploy::STACK});
        let listed = self
            .aws
            .call("cloudformation", "list_stack_resources", stack)
            .await;
        let summaries = listed["StackResourceSummaries"]
            .as_array()
            .expect("it is there");
        let name = |summary: &Value| {
            let logical = summary["LogicalResourceId"]
                .as_str()
                .expect("it is there")
                .to_owned();
            (logical, summary["PhysicalResourceId"].clone())
        };
        Value::Object(summaries.iter().map(name).collect())
    }

    /// Which of the actions a role allows, by the policy simulator.
    async fn allowed(&self, resources: &Value, used: &ServicePermission) -> Vec<String> {
        let named = |logical: &str| {
            resources[logical]
                .as_str()
                .unwrap_or_else(|| panic!("{logical}"))
        };
        let resource = match used
            .on
            .strip_prefix('{')
            .and_then(|on| on.strip_suffix('}'))
        {
            None => match used.on.strip_prefix("{ResultsBucket}") {
                Some(object) => format!("arn:aws:s3:::{}{object}", named("ResultsBucket")),
                None => used.on.to_owned(),
            },
            Some("MissedSchedules") => {
                let name = named("MissedSchedules")
                    .rsplit('/')
                    .next()
                    .expect("it is there");
                format!("arn:aws:sqs:us-east-1:000000000000:{name}")
            }
            Some("ResultsTable") => {
                let name = named("ResultsTable");
                format!("arn:aws:dynamodb:us-east-1:000000000000:table/{name}")
            }
            Some("ResultsBucket") => format!("arn:aws:s3:::{}", named("ResultsBucket")),
            Some(logs) if logs.ends_with("Logs") => {
                format!(
                    "arn:aws:logs:us-east-1:000000000000:log-group:{}:*",
                    named(logs)
                )
            }
            // A version of before, which runs in progress need.
            Some(function) => {
                format!(
                    "arn:aws:lambda:us-east-1:000000000000:function:{}:1",
                    named(function)
                )
            }
        };
        let question = json!({
            "PolicySourceArn": format!("arn:aws:iam::000000000000:role/{}", named(used.role)),
            "ActionNames": used.actions,
            "ResourceArns": [resource],
        });
        let answer = self
            .aws
            .call("iam", "simulate_principal_policy", question)
            .await;
        let results = answer["EvaluationResults"].as_array().expect("it is there");
        assert_eq!(results.len(), used.actions.len());
        let allowed = results
            .iter()
            .filter(|result| result["EvalDecision"] == "allowed");
        allowed
            .map(|result| {
                result["EvalActionName"]
                    .as_str()
                    .expect("it is there")
                    .to_owned()
            })
            .collect()
    }
}

#[tokio::test]
async fn what_aws_does_with_a_role_is_allowed_by_one_statement_and_no_other() {
    let deployment = Deployment::start().await;
    let resources = deployment.resources().await;
    for used in SERVICE_PERMISSIONS {
        let allowed = deployment.allowed(&resources, used).await;
        assert_eq!(allowed, used.actions, "{} needs {}", used.step, used.sid);
    }
    for used in &CONDITIONAL {
        let allowed = deployment.allowed(&resources, used).await;
        assert!(allowed.is_empty(), "{} has no condition", used.sid);
    }
    // An endpoint that is only called is nobody's to delete.
    for role in [MACHINE_ROLE, SWEEPER_ROLE] {
        let delete = used(
            role,
            "none",
            &["sagemaker:DeleteEndpoint"],
            ENDPOINT,
            "none",
        );
        assert!(deployment.allowed(&resources, &delete).await.is_empty());
    }
    let mut template = deployment.template.clone();
    for used in SERVICE_PERMISSIONS {
        for action in used.actions {
            let all = statements(&template);
            let statement = all
                .iter()
                .find(|statement| statement.sid == used.sid)
                .unwrap();
            template = without(&template, statement, action);
        }
    }
    deployment.deploy(&template).await;
    for used in SERVICE_PERMISSIONS {
        let allowed = deployment.allowed(&resources, used).await;
        assert!(
            allowed.is_empty(),
            "{}: {allowed:?} without {}",
            used.role,
            used.sid
        );
    }
}
