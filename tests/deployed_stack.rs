//! The commands against a stack that is deployed, here on the embedded AWS, with
//! nothing but credentials, a Region and the stack's name.

#[path = "deployed_stack/recovery.rs"]
mod recovery;
#[path = "deployed_stack/states.rs"]
mod states;

use std::{collections::BTreeSet, fs};

use bench_store::keys;
use serde_json::{Value, json};
use support::{CommandOutput, Embedded, ONE_TARGET, Redeployment, Shell, programs};

const STACK: [&str; 2] = ["--stack", "hostbench"];

/// The ARNs that the stack has permission to call.
const OWN_MODEL: &str = "arn:aws:bedrock:us-east-1:000000000000:imported-model/a1";

async fn deployed() -> (Embedded, Shell) {
    let allowed = [("ModelArns", OWN_MODEL)];
    let aws = Embedded::start(1_000.0, &allowed).await;
    let shell = Shell::new(&programs(&aws.project), aws.session.endpoint_url());
    (aws, shell)
}

fn run_in(shell: &Shell, arguments: &[&str]) -> CommandOutput {
    shell.hostbench(&[arguments, &STACK].concat())
}

fn object(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.out).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test]
async fn a_stack_is_driven_with_its_name_and_ordinary_credentials() {
    let (aws, shell) = deployed().await;
    shell.write("small.toml", ONE_TARGET);
    let store = aws.session.store();

    let output = run_in(&shell, &["runs", "--json"]);
    assert_eq!(object(&output)["runs"], serde_json::json!([]), "{output:?}");

    let output = run_in(
        &shell,
        &[
            "run",
            "small.toml",
            "--run-id",
            "mine",
            "--set",
            "method.repetitions=1",
            "--json",
        ],
    );
    assert_eq!(output.code, 0, "{output:?}");
    let run = object(&output);
    assert_eq!(
        (&run["run_id"], &run["complete"]),
        (&json!("mine"), &json!(true))
    );
    assert_eq!(
        run["summary"][0]["latency_ms"]["n"], 1,
        "the override was kept"
    );
    let bucket = aws.session.bucket();
    let presign = format!("aws s3 presign s3://{bucket}/runs/mine/report.html");
    assert!(output.err.contains(&presign), "{output:?}");

    // Every artifact came home as it is in the bucket.
    let home = shell.folder().join("hostbench-runs/mine");
    let keys = store.list_objects("runs/mine/").await.unwrap();
    assert!(keys.len() >= 7, "{keys:?}");
    for key in &keys {
        let name = key.strip_prefix("runs/mine/").unwrap();
        let there = store.get_object(key).await.unwrap().unwrap();
        assert!(fs::read(home.join(name)).unwrap() == there, "{key}");
    }
    let names: BTreeSet<_> = fs::read_dir(&home)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(
        names.len(),
        keys.len(),
        "nothing else is left there: {names:?}"
    );
    // A run changes nothing that a schedule may use.
    assert!(store.list_objects(keys::CONFIGS).await.unwrap().is_empty());

    let output = run_in(&shell, &["runs", "--json"]);
    let runs = object(&output);
    assert_eq!(runs["runs"][0]["run_id"], "mine");
    assert_eq!(runs["runs"][0]["status"], "complete");

    // Larger than what is fetched at once, and no two parts of it alike.
    let large: Vec<u8> = (0..5_000_000_u32).flat_map(u32::to_le_bytes).collect();
    store
        .put_object("runs/mine/large", "application/octet-stream", large.clone())
        .await
        .unwrap();
    let output = run_in(&shell, &["report", "mine", "--out", "again"]);
    assert!(fs::read(shell.folder().join("again/large")).unwrap() == large);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.out.contains("run `mine`"), "{output:?}");
    let read = |folder: &str| fs::read(shell.folder().join(folder).join("samples.jsonl")).unwrap();
    assert!(read("again") == read("hostbench-runs/mine"));

    let output = run_in(&shell, &["report", "other"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("run `other` not found"), "{output:?}");
    assert!(!shell.folder().join("hostbench-runs/other").exists());

    let second = [
        "run",
        "small.toml",
        "--run-id",
        "second",
        "--out",
        "elsewhere",
    ];
    assert_eq!(run_in(&shell, &second).code, 0);
    let output = run_in(&shell, &["compare", "mine", "second", "--json"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(object(&output)["targets"][0]["target_id"], "only");
}

#[tokio::test]
async fn what_cannot_run_on_a_stack_is_refused_with_the_remedy() {
    let (_aws, shell) = deployed().await;
    shell.write("small.toml", ONE_TARGET);
    let refused = |output: CommandOutput, fragments: &[&str]| {
        assert_eq!(output.code, 2, "{output:?}");
        for fragment in fragments {
            assert!(output.err.contains(fragment), "{fragment}: {output:?}");
        }
    };
    let target = |lines: &str| {
        let text = format!(
            "name = \"x\"\n[dataset]\nsource = \"builtin\"\n[[targets]]\nid = \"a\"\n{lines}"
        );
        shell.write("x.toml", &text);
        run_in(&shell, &["check", "x.toml"])
    };

    let elsewhere = shell.hostbench(&["runs", "--stack", "nowhere"]);
    refused(
        elsewhere,
        &[
            "stack `nowhere` not found in Region `us-east-1`",
            "hostbench deploy --stack nowhere",
        ],
    );
    let nobody = shell.signed_out(&["runs", "--stack", "hostbench"]);
    refused(nobody, &["no AWS credentials", "`aws sso login`"]);
    let both = shell.hostbench(&["run", "small.toml", "--local", "--stack", "hostbench"]);
    refused(both, &["--local", "--stack"]);
    let kept = shell.hostbench(&["run", "small.toml", "--stack", "hostbench", "--keep"]);
    refused(kept, &["`--keep`", "`--stack`"]);

    let bedrock = "kind = \"bedrock\"\nrequest = \"llama\"\nmodel = ";
    let own = target(&format!("{bedrock}\"{OWN_MODEL}\""));
    assert_eq!(own.code, 0, "{own:?}");
    let own = run_in(&shell, &["check", "x.toml", "--json"]);
    assert_eq!(object(&own)["allowed"], true, "{own:?}");
    let lambda = &object(&own)["lambda"];
    assert_eq!(lambda["needed"], 1, "{own:?}");
    assert!(lambda["available"].as_u64() > Some(1), "{own:?}");
    assert_eq!(lambda["seconds"], lambda["unlimited_seconds"], "{own:?}");
    let of_others = "arn:aws:bedrock:us-east-1:999999999999:imported-model/a1";
    refused(
        target(&format!("{bedrock}\"{of_others}\"")),
        &[
            "target `a`",
            "`bedrock:InvokeModelWithResponseStream`",
            of_others,
            "`InvokerRole`",
        ],
    );
    let server = "kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"tgi\"\n";
    refused(
        target(&format!("{server}api_key = \"ssm:/other/key\"")),
        &["`ssm:GetParameter`", "parameter/other/key"],
    );
    refused(
        target(&format!("{server}network = \"vpc\"")),
        &["no `VpcInvokerFunction`", "VpcSubnetIds"],
    );
    let elsewhere = "region = \"eu-west-1\"\nlifecycle = { instance = \"i-0123456789abcdef0\" }";
    refused(
        target(&format!("{server}{elsewhere}")),
        &[
            "target `a`",
            "the stack starts and stops in its own, `us-east-1`",
        ],
    );
    refused(
        target(&format!("{server}api_key = \"env:KEY\"")),
        &["variable `KEY`", "secretsmanager:hostbench/"],
    );
}

/// Builds programs that look like those of Lambda, where it is told to.
const CARGO_LAMBDA: &str = r#"#!/bin/sh
echo "cargo-lambda $*" >> calls
if [ -e build-fails ]; then echo "error: it does not compile" >&2; exit 101; fi
while [ "$1" != --lambda-dir ]; do shift; done
for name in planner invoker aggregator; do
    mkdir -p "$2/$name"
    printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\003\000\267\000GLIBC_2.17\000' \
        > "$2/$name/bootstrap"
done
"#;

/// Takes what it is given; the stack is there already.
const SAM: &str = r#"#!/bin/sh
echo "sam $*" >> calls
if [ "$1" = deploy ] && [ -e deploy-fails ]; then
    echo "Error: Failed to create/update the stack" >&2; exit 1
fi
"#;

fn calls(shell: &Shell) -> Vec<String> {
    let calls = shell.folder().join("calls");
    let made = fs::read_to_string(&calls).unwrap_or_default();
    let _ = fs::remove_file(calls);
    made.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_stack_is_deployed_and_filled() {
    let (aws, mut shell) = deployed().await;
    let store = aws.session.store();
    for file in [
        "statemachine/benchmark.asl.json",
        "infra/template.yaml",
        "infra/prices.toml",
    ] {
        shell.write(file, &support::read(file));
    }
    shell.write("small.toml", ONE_TARGET);

    let output = shell.hostbench(&["deploy", "--config", "small.toml"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output.err.contains("`pip install cargo-lambda`"),
        "{output:?}"
    );
    shell.fake_program("cargo-lambda", CARGO_LAMBDA);
    let output = shell.hostbench(&["deploy"]);
    assert!(
        output.err.contains("`pip install aws-sam-cli`"),
        "{output:?}"
    );
    shell.fake_program("sam", SAM);

    // Whatever can be known before a long build is told before it.
    assert_eq!(shell.signed_out(&["deploy"]).code, 2);
    shell.write("bad.toml", "name = 7");
    assert_eq!(shell.hostbench(&["deploy", "--config", "bad.toml"]).code, 2);
    assert_eq!(calls(&shell), Vec::<String>::new());

    let output = shell.signed_out(&["deploy", "--build-only"]);
    assert_eq!(output.code, 0, "{output:?}");
    let made = calls(&shell);
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(
        made[0].starts_with("cargo-lambda lambda build --release --arm64 --locked"),
        "{made:?}"
    );
    assert!(made[1].starts_with("sam validate --lint"), "{made:?}");
    let output = shell.hostbench(&["deploy", "--build-only", "--arch", "x86_64"]);
    assert!(
        output.code == 1 && output.err.contains("not a program for x86_64"),
        "{output:?}"
    );
    calls(&shell);

    let arguments = [
        "deploy",
        "--config",
        "small.toml",
        "--parameter",
        "LogLevel=DEBUG",
    ];
    let output = shell.hostbench(&arguments);
    assert_eq!(output.code, 0, "{output:?}");
    let made = calls(&shell);
    let deploy = made.last().unwrap();
    for option in [
        "sam deploy",
        "--stack-name hostbench",
        "--region us-east-1",
        "Architecture=arm64 LogLevel=DEBUG",
    ] {
        assert!(deploy.contains(option), "{option}: {deploy}");
    }
    let next = "hostbench run small.toml --stack hostbench --region us-east-1";
    assert!(
        output.out.contains(next) && output.out.contains(aws.session.bucket()),
        "{output:?}"
    );
    let text = |key: &'static str| {
        let store = store.clone();
        async move { store.get_text(key).await.unwrap() }
    };
    assert_eq!(
        text("configs/small.toml").await.as_deref(),
        Some(ONE_TARGET)
    );
    assert_eq!(
        text(keys::PRICES).await,
        Some(support::read("infra/prices.toml"))
    );

    let output = shell.hostbench(&arguments);
    assert!(output.err.contains("no changes"), "{output:?}");

    for (file, words) in [
        ("build-fails", "it does not compile"),
        ("deploy-fails", "Failed to create/update"),
    ] {
        shell.write(file, "");
        let output = shell.hostbench(&arguments);
        assert!(output.code == 1 && output.err.contains(words), "{output:?}");
        fs::remove_file(shell.folder().join(file)).unwrap();
    }
}

#[tokio::test]
async fn nothing_goes_unasked_and_then_everything_goes_former_versions_included() {
    let (aws, shell) = deployed().await;
    let store = aws.session.store();
    for number in 0..3 {
        store
            .put_object("runs/old/report.json", "text/plain", format!("{number}"))
            .await
            .unwrap();
    }
    let output = shell.answering(&["destroy"], "yes\n");
    assert!(
        output.code == 2 && output.err.contains("nothing was deleted"),
        "{output:?}"
    );
    assert!(
        output.err.contains("0 runs, and every version"),
        "{output:?}"
    );
    assert!(
        store
            .get_object("runs/old/report.json")
            .await
            .unwrap()
            .is_some()
    );
    let output = shell.answering(&["destroy"], "hostbench\n");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        store.list_objects("").await.is_err(),
        "the bucket is still there"
    );
    assert!(store.runs().await.is_err(), "the table is still there");
    let output = shell.hostbench(&["destroy", "--yes"]);
    assert!(
        output.code == 2 && output.err.contains("stack `hostbench` not found"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_stack_can_go_and_leave_its_runs() {
    let (aws, shell) = deployed().await;
    let store = aws.session.store();
    store
        .put_object("runs/old/report.json", "text/plain", "1")
        .await
        .unwrap();
    let output = shell.hostbench(&["destroy", "--keep-data", "--yes"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.out.contains(aws.session.bucket()), "{output:?}");
    assert!(
        store
            .get_object("runs/old/report.json")
            .await
            .unwrap()
            .is_some()
    );
    assert!(store.runs().await.unwrap().is_empty());
    assert_eq!(shell.hostbench(&["runs", "--stack", "hostbench"]).code, 2);
}

#[tokio::test]
async fn check_states_the_volumes_of_an_instance_that_a_run_starts_or_why_it_cannot() {
    let (aws, shell) = deployed().await;
    let image = json!({"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1});
    let made = aws.call("ec2", "run_instances", image).await;
    let instance = made["Instances"][0]["InstanceId"].as_str().unwrap();
    let missing = "i-0123456789abcdef0";
    let arns = [instance, missing]
        .map(|id| format!("arn:aws:ec2:us-east-1:000000000000:instance/{id}"))
        .join(",");
    let granted = Redeployment {
        parameters: &[("InstanceArns", &arns)],
        ..Redeployment::default()
    };
    aws.redeploy(granted).await;
    let volumes = [("gp3", 200), ("io2", 8)];
    for ((kind, size), device) in volumes.into_iter().zip(["/dev/sdf", "/dev/sdg"]) {
        let volume = json!({
            "AvailabilityZone": "us-east-1a", "Size": size, "VolumeType": kind, "Iops": 3_000,
        });
        let volume = aws.call("ec2", "create_volume", volume).await;
        let attached = json!({
            "VolumeId": volume["VolumeId"], "InstanceId": instance, "Device": device,
        });
        aws.call("ec2", "attach_volume", attached).await;
    }
    let check = |instance: &str, arguments: &[&str]| {
        shell.write(
            "x.toml",
            &format!(
                "name = \"x\"\n[dataset]\nsource = \"builtin\"\n[[targets]]\nid = \"a\"\n\
                 kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"tgi\"\n\
                 lifecycle = {{ instance = \"{instance}\" }}\n"
            ),
        );
        run_in(&shell, &[&["check", "x.toml"], arguments].concat())
    };
    let found = check(instance, &["--json"]);
    let storage = &object(&found)["instances"][0];
    let size = |kind: &str| {
        let volumes = storage["volumes"].as_array().unwrap();
        let of_kind = volumes.iter().filter(|volume| volume["kind"] == *kind);
        of_kind
            .map(|volume| volume["gb"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (size("gp3"), size("io2")),
        (vec![8, 200], vec![8]),
        "{found:?}"
    );
    // The first volume of the instance is its own.
    assert_eq!(storage["unpriced"], json!(["ebs:io2"]), "{found:?}");
    let unknown = check(missing, &[]);
    let reason = "reading the volumes of instance `i-0123456789abcdef0` of `a` failed: \
                  InvalidInstanceID.NotFound";
    assert!(unknown.out.contains(reason), "{unknown:?}");
}
