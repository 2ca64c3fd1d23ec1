//! A run is made by the versions of the functions that were published when it
//! started, whatever is deployed meanwhile.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, path::Path};

use aws_sdk_sfn::types::ExecutionStatus;
use bench_core::plan::FunctionVersions;
use bench_store::Store;
use serde_json::{Value, json};
use support::{Embedded, Redeployment, eventually, one_target};

/// Functions that cannot even start.
fn broken_functions(folder: &Path) {
    for name in hostbench::lambdas::LAMBDAS {
        let path = folder.join(name);
        std::fs::write(&path, "#!/bin/sh\nexit 1\n").expect("a file");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, executable).expect("a program");
    }
}

/// One target, and calls that take about half a second each.
fn config() -> Value {
    one_target("versions", 20, [1, 2])
}

async fn functions_of(store: &Store, run_id: &str) -> FunctionVersions {
    let plan = store.get_plan(run_id).await.expect("a bucket");
    let deployment = plan.expect("a plan").deployment;
    let functions = deployment.expect("a deployment").functions;
    functions.expect("the versions of the functions")
}

fn numbers(functions: &FunctionVersions) -> BTreeMap<&'static str, &str> {
    functions.numbers().collect()
}

#[tokio::test]
async fn a_run_ends_complete_under_its_old_code_when_another_is_deployed_in_its_middle() {
    let aws = Embedded::start(60.0, &[]).await;
    let (client, store) = (aws.session.step_functions(), aws.session.store());
    let input = json!({"config": config()});
    let started = client
        .start_execution()
        .state_machine_arn(aws.session.state_machine_arn())
        .name("before")
        .input(input.to_string())
        .send()
        .await;
    let arn = started.expect("started").execution_arn;
    eventually(|| async {
        let stored = store.count_samples("before", "only").await;
        stored.is_ok_and(|samples| samples > 0).then_some(())
    })
    .await;

    let folder = tempfile::TempDir::new().unwrap();
    broken_functions(folder.path());
    let functions = Some(folder.path());
    aws.redeploy(Redeployment {
        functions,
        ..Redeployment::default()
    })
    .await;
    let status = || async {
        let described = client.describe_execution().execution_arn(&arn).send().await;
        described.expect("an execution").status
    };
    assert_eq!(
        status().await,
        ExecutionStatus::Running,
        "it was deployed in its middle"
    );
    let calls_before = store.count_samples("before", "only").await.unwrap();
    eventually(|| async { (status().await != ExecutionStatus::Running).then_some(()) }).await;
    assert_eq!(status().await, ExecutionStatus::Succeeded);
    let calls = store.count_samples("before", "only").await.unwrap();
    assert!(calls > calls_before, "it went on after the deployment");
    let first = functions_of(&store, "before").await;
    let report = store.get_object("runs/before/report.json").await.unwrap();
    let report: Value = serde_json::from_slice(&report.expect("a report")).unwrap();
    let version = numbers(&first)["invoker"];
    assert_eq!(
        report["run"]["function_versions"]["invoker"],
        json!([version])
    );
    assert_eq!(report["run"]["complete"], true);

    // What was deployed is in force for the next run: it cannot even be planned.
    let arn = aws.execute("broken", &input).await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].failed_steps()[0].state, "PlanRun");

    aws.redeploy(Redeployment::default()).await;
    let mut small = config();
    small["dataset"]["prompts"] = json!(1);
    let arn = aws.execute("mended", &json!({"config": small})).await;
    assert_eq!(aws.records(&arn).await[0].error, None);
    let last = functions_of(&store, "mended").await;
    for (function, number) in numbers(&last) {
        assert_ne!(number, numbers(&first)[function], "{function}");
    }

    // A run that is resumed goes on under what is deployed, and says both.
    aws.execute("resumed", &json!({"resume": "before"})).await;
    let report = store.get_object("runs/before/report.json").await.unwrap();
    let report: Value = serde_json::from_slice(&report.expect("a report")).unwrap();
    let versions = [version, numbers(&last)["invoker"]];
    assert_eq!(
        report["run"]["function_versions"]["invoker"],
        json!(versions)
    );
    let plan = store.get_plan("before").await.unwrap().expect("a plan");
    assert_eq!(plan.deployment.expect("one").functions, Some(first.clone()));
}

/// The ARNs of the functions in the definition that is deployed, by their roles.
async fn deployed(aws: &Embedded) -> BTreeMap<String, String> {
    let described = aws
        .session
        .step_functions()
        .describe_state_machine()
        .state_machine_arn(aws.session.state_machine_arn())
        .send()
        .await
        .expect("a state machine");
    let definition: Value = serde_json::from_str(&described.definition).expect("JSON");
    let plan = &definition["States"]["PlanRun"]["Parameters"];
    let functions = plan["Payload"]["functions"].clone();
    let arns: BTreeMap<String, String> = serde_json::from_value(functions).expect("names and ARNs");
    assert_eq!(plan["FunctionName"], arns["planner"].as_str());
    arns
}

#[tokio::test]
async fn a_parameter_of_a_function_is_in_force_from_the_next_run_on() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let first = deployed(&aws).await;
    aws.redeploy(Redeployment::default()).await;
    assert_eq!(
        deployed(&aws).await,
        first,
        "the same again publishes nothing"
    );

    let parameters = [("InvokerMemory", "2048")];
    aws.redeploy(Redeployment {
        parameters: &parameters,
        ..Redeployment::default()
    })
    .await;
    let second = deployed(&aws).await;
    let changed: Vec<_> = first
        .iter()
        .filter(|(name, arn)| second[*name] != **arn)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(changed, ["invoker", "planner"]);
    let question = json!({"FunctionName": second["invoker"]});
    let invoker = aws
        .call("lambda", "get_function_configuration", question)
        .await;
    assert_eq!(invoker["MemorySize"], 2048);
    let question = json!({"FunctionName": first["invoker"]});
    let before = aws
        .call("lambda", "get_function_configuration", question)
        .await;
    assert_eq!(
        before["MemorySize"], 1769,
        "the version before is as it was"
    );
}

/// SAM publishes no version when a parameter alone has another value.
#[test]
fn the_description_of_a_version_names_every_parameter_of_its_function() {
    let template = support::read("infra/template.yaml");
    let (head, resources) = template.split_once("\nResources:\n").unwrap();
    let (parameters, _) = head.split_once("\nConditions:\n").unwrap();
    let parameters: Vec<&str> = parameters
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|name| !name.starts_with(' '))
        .collect();
    assert!(parameters.contains(&"InvokerMemory"), "{parameters:?}");
    let named = |text: &str, parameter: &str| {
        text.contains(&format!("!Ref {parameter}\n"))
            || text.contains(&format!("!Ref {parameter}]"))
            || text.contains(&format!("${{{parameter}}}"))
    };
    let mut functions = 0;
    for resource in resources.split("\n\n") {
        if !resource.contains("Type: AWS::Serverless::Function\n") {
            continue;
        }
        functions += 1;
        let (before, rest) = resource.split_once("VersionDescription: ").expect(resource);
        let end = rest
            .find("\n      CodeUri")
            .expect("it stands before the code");
        let (description, after) = rest.split_at(end);
        let description = format!("{description}\n");
        let properties = format!("{before}{after}\n      Architectures: [!Ref Architecture]\n");
        for parameter in &parameters {
            assert_eq!(
                named(&description, parameter),
                named(&properties, parameter),
                "`{parameter}` of:\n{resource}"
            );
        }
    }
    assert_eq!(functions, 4);
}
