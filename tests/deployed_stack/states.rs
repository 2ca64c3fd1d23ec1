//! Stacks in every state that a deployment or deletion can leave them in.

use serde_json::{Value, json};
use support::{Embedded, ONE_TARGET, Shell, eventually};

use super::{CARGO_LAMBDA, SAM, calls, deployed};

/// A table, a bucket, and a function whose code is not there, so that creating them fails.
fn failing(retention: &str) -> String {
    let kept = |kind: &str, properties: Value| json!({"Type": kind, "DeletionPolicy": retention, "Properties": properties});
    let table = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    });
    json!({
        "Resources": {
            "ResultsTable": kept("AWS::DynamoDB::Table", table),
            "ResultsBucket": kept("AWS::S3::Bucket", json!({})),
            "Queue": {
                "Type": "AWS::Events::Rule",
                "DependsOn": ["ResultsTable", "ResultsBucket"],
                "Properties": {"EventBusName": "arn:aws:events:us-east-1:000000000000:rule/x", "ScheduleExpression": "rate(1 day)"},
            },
        },
    })
    .to_string()
}

async fn status(aws: &Embedded, stack: &str) -> Option<String> {
    let stacks = aws.call("cloudformation", "list_stacks", json!({})).await;
    let stacks = stacks["StackSummaries"].as_array().expect("stacks").clone();
    let known = stacks.iter().find(|summary| {
        summary["StackName"] == stack && summary["StackStatus"] != "DELETE_COMPLETE"
    });
    known.map(|summary| {
        summary["StackStatus"]
            .as_str()
            .expect("a status")
            .to_owned()
    })
}

async fn buckets(aws: &Embedded, stack: &str) -> Vec<Value> {
    let buckets = aws.call("s3", "list_buckets", json!({})).await;
    let buckets = buckets["Buckets"].as_array().cloned().unwrap_or_default();
    let of_stack = |bucket: &Value| {
        bucket["Name"]
            .as_str()
            .is_some_and(|name| name.starts_with(stack))
    };
    buckets.into_iter().filter(of_stack).collect()
}

/// A stack whose first deployment failed.
async fn failed_first(aws: &Embedded, stack: &str, retention: &str) {
    let create = json!({"StackName": stack, "TemplateBody": failing(retention)});
    aws.call("cloudformation", "create_stack", create).await;
    eventually(|| async {
        let status = status(aws, stack).await?;
        (status == "ROLLBACK_COMPLETE").then_some(())
    })
    .await;
}

fn with_programs(shell: &mut Shell) {
    for file in [
        "statemachine/benchmark.asl.json",
        "infra/template.yaml",
        "infra/prices.toml",
    ] {
        shell.write(file, &support::read(file));
    }
    shell.write("small.toml", ONE_TARGET);
    shell.fake_program("cargo-lambda", CARGO_LAMBDA);
    shell.fake_program("sam", SAM);
}

#[tokio::test]
async fn a_failed_first_deployment_orphans_nothing_and_can_be_deployed_or_destroyed() {
    let (aws, mut shell) = deployed().await;
    with_programs(&mut shell);
    failed_first(&aws, "kept", "RetainExceptOnCreate").await;
    assert_eq!(buckets(&aws, "kept").await, Vec::<Value>::new());

    // Stacks of earlier versions left a bucket and a table behind.
    failed_first(&aws, "orphaned", "Retain").await;
    assert_eq!(buckets(&aws, "orphaned").await.len(), 1);
    let deploy = ["deploy", "--stack", "orphaned", "--config", "small.toml"];
    let output = shell.answering(&deploy, "no\n");
    assert_eq!(output.code, 2, "{output:?}");
    for words in [
        "the first deployment of stack `orphaned` failed (its status is ROLLBACK_COMPLETE)",
        "it left bucket `orphaned",
        "nothing was deleted or deployed",
    ] {
        assert!(output.err.contains(words), "{words}: {output:?}");
    }
    assert_eq!(calls(&shell), Vec::<String>::new(), "nothing was built");
    assert!(status(&aws, "orphaned").await.is_some());
    let output = shell.answering(&deploy, "orphaned\n");
    assert!(
        output.err.contains("deleting stack `orphaned`"),
        "{output:?}"
    );
    assert_eq!(status(&aws, "orphaned").await, None);
    assert_eq!(buckets(&aws, "orphaned").await, Vec::<Value>::new());
    let made = calls(&shell);
    assert!(made.last().unwrap().starts_with("sam deploy"), "{made:?}");

    let output = shell.hostbench(&["destroy", "--stack", "kept", "--yes"]);
    assert!(
        output.code == 0 && output.out.contains("stack `kept` was deleted"),
        "{output:?}"
    );
    assert_eq!(status(&aws, "kept").await, None);
    let output = shell.hostbench(&["runs", "--stack", "kept"]);
    assert!(
        output.code == 2 && output.err.contains("not found"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_stack_without_outputs_is_destroyed_and_one_of_others_is_left_alone() {
    let (aws, mut shell) = deployed().await;
    with_programs(&mut shell);
    let changes = json!({
        "StackName": "reviewed",
        "ChangeSetName": "first",
        "ChangeSetType": "CREATE",
        "TemplateBody": failing("Retain"),
    });
    aws.call("cloudformation", "create_change_set", changes)
        .await;
    let reviewed = status(&aws, "reviewed").await;
    assert_eq!(reviewed.as_deref(), Some("REVIEW_IN_PROGRESS"));
    let output = shell.answering(&["destroy", "--stack", "reviewed"], "reviewed\n");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output
            .err
            .contains("stack `reviewed` (REVIEW_IN_PROGRESS) will be deleted"),
        "{output:?}"
    );
    assert_eq!(status(&aws, "reviewed").await, None);

    let foreign = json!({
        "StackName": "website",
        "TemplateBody": json!({"Resources": {"Site": {"Type": "AWS::S3::Bucket"}}}).to_string(),
    });
    aws.call("cloudformation", "create_stack", foreign).await;
    eventually(|| async {
        let status = status(&aws, "website").await?;
        (status == "CREATE_COMPLETE").then_some(())
    })
    .await;
    for arguments in [
        &["destroy", "--stack", "website", "--yes"][..],
        &["deploy", "--stack", "website", "--yes"],
    ] {
        let output = shell.hostbench(arguments);
        assert!(
            output.code == 2
                && output
                    .err
                    .contains("was not made from `infra/template.yaml`"),
            "{output:?}"
        );
    }
    assert!(status(&aws, "website").await.is_some());
}

#[tokio::test]
async fn a_half_deleted_stack_is_destroyed_to_the_end() {
    let (aws, mut shell) = deployed().await;
    with_programs(&mut shell);
    // As when a function in a VPC still has network interfaces there.
    let template = json!({
        "Resources": {
            "ResultsBucket": {"Type": "AWS::S3::Bucket"},
            "VpcInvokerFunction": {
                "Type": "AWS::EC2::VPC",
                "Properties": {"CidrBlock": "10.0.0.0/16"},
            },
        },
    });
    let create = json!({"StackName": "half", "TemplateBody": template.to_string()});
    aws.call("cloudformation", "create_stack", create).await;
    let reached = |wanted: &'static str| {
        let aws = &aws;
        async move {
            eventually(|| async {
                let status = status(aws, "half").await?;
                (status == wanted).then_some(())
            })
            .await;
        }
    };
    reached("CREATE_COMPLETE").await;
    let of_stack = json!({"StackName": "half", "LogicalResourceId": "VpcInvokerFunction"});
    let vpc = aws
        .call("cloudformation", "describe_stack_resource", of_stack)
        .await;
    let vpc = vpc["StackResourceDetail"]["PhysicalResourceId"].clone();
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24"});
    let subnet = aws.call("ec2", "create_subnet", subnet).await;
    aws.call(
        "cloudformation",
        "delete_stack",
        json!({"StackName": "half"}),
    )
    .await;
    reached("DELETE_FAILED").await;
    let output = shell.hostbench(&["deploy", "--stack", "half"]);
    assert!(
        output.code == 2
            && output
                .err
                .contains("half deleted (its status is DELETE_FAILED)")
            && output.err.contains("`hostbench destroy --stack half`"),
        "{output:?}"
    );
    let output = shell.hostbench(&["runs", "--stack", "half"]);
    assert!(
        output.code == 2 && output.err.contains("its status is DELETE_FAILED"),
        "{output:?}"
    );
    let output = shell.hostbench(&["destroy", "--stack", "half", "--yes"]);
    assert!(
        output.code == 1 && output.err.contains("`VpcInvokerFunction`"),
        "{output:?}"
    );
    let subnet = json!({"SubnetId": subnet["Subnet"]["SubnetId"]});
    aws.call("ec2", "delete_subnet", subnet).await;
    let output = shell.hostbench(&["destroy", "--stack", "half", "--yes"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(status(&aws, "half").await, None);
}

#[tokio::test]
async fn permissions_are_those_of_the_configurations_in_the_bucket() {
    let (aws, mut shell) = deployed().await;
    with_programs(&mut shell);
    let model = "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-8b-instruct-v1:0";
    let profile = json!({
        "inferenceProfileName": "mine",
        "modelSource": {"copyFrom": model},
    });
    let profile = aws
        .call("bedrock", "create_inference_profile", profile)
        .await;
    let profile = profile["inferenceProfileArn"]
        .as_str()
        .expect("an ARN")
        .to_owned();
    let bedrock = |model: &str| {
        format!(
            "name = \"x\"\n[dataset]\nsource = \"builtin\"\n[[targets]]\nid = \"a\"\n\
             kind = \"bedrock\"\nrequest = \"converse\"\nmodel = \"{model}\"\n"
        )
    };
    let store = aws.session.store();
    let put = async |key: &str, text: String| {
        store
            .put_object(key, "application/toml", text)
            .await
            .expect("stored");
    };
    put("configs/profile.toml", bedrock(&profile)).await;
    put("configs/broken.toml", "name = 7".to_owned()).await;
    let output = shell.hostbench(&["deploy", "--config", "small.toml"]);
    assert_eq!(output.code, 0, "{output:?}");
    let made = calls(&shell);
    let any_region = model.replace("us-east-1", "*");
    let granted = format!("ModelArns={any_region},{profile}");
    assert!(
        made.last().unwrap().contains(&granted),
        "{granted}: {made:?}"
    );
    let withdrawn = format!("permission to use `{}` is withdrawn", super::OWN_MODEL);
    assert!(output.err.contains(&withdrawn), "{output:?}");
    assert!(
        output
            .err
            .contains("`configs/broken.toml` of the bucket cannot be run"),
        "{output:?}"
    );

    // Without it nothing needs a permission any more.
    put("configs/profile.toml", ONE_TARGET.to_owned()).await;
    let output = shell.hostbench(&["deploy"]);
    assert_eq!(output.code, 0, "{output:?}");
    let made = calls(&shell);
    assert!(made.last().unwrap().contains("ModelArns=\"\""), "{made:?}");

    let missing = profile.replace("/ip-", "/none-");
    put("configs/profile.toml", bedrock(&missing)).await;
    let output = shell.hostbench(&["deploy"]);
    assert_eq!(output.code, 1, "{output:?}");
    for words in [
        missing.as_str(),
        "target `a`",
        "`bedrock:GetInferenceProfile`",
    ] {
        assert!(output.err.contains(words), "{words}: {output:?}");
    }
    assert_eq!(calls(&shell), Vec::<String>::new(), "nothing was built");

    let output = shell.hostbench(&["deploy", "--stack", &"x".repeat(60)]);
    assert!(
        output.code == 2 && output.err.contains("expected at most 59"),
        "{output:?}"
    );
}
