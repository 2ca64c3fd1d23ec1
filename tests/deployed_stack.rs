//! The commands against a stack that is deployed, here on the embedded AWS, with
//! nothing but credentials, a Region and the stack's name.

use std::{collections::BTreeSet, fs};

use bench_store::keys;
use serde_json::{Value, json};
use support::{Desk, Embedded, Typed, programs};

const STACK: [&str; 2] = ["--stack", "hostbench"];

/// The ARNs that the stack has permission to call.
const OWN_MODEL: &str = "arn:aws:bedrock:us-east-1:000000000000:imported-model/a1";

/// One prompt, one measured call, at a simulated server.
const SMALL: &str = r#"
name = "small"
[dataset]
source = "builtin"
prompts = 1
[method]
warmup = 0
repetitions = 2
[[targets]]
id = "only"
kind = "http"
url = "http://simulated"
request = "tgi"
simulated = true
"#;

async fn deployed() -> (Embedded, Desk) {
    let allowed = [("ModelArns", OWN_MODEL)];
    let aws = Embedded::start(1_000.0, &allowed).await;
    let desk = Desk::new(&programs(&aws.project), aws.session.endpoint_url());
    (aws, desk)
}

fn type_at(desk: &Desk, arguments: &[&str]) -> Typed {
    desk.hostbench(&[arguments, &STACK].concat())
}

fn object(typed: &Typed) -> Value {
    serde_json::from_str(&typed.out).unwrap_or_else(|error| panic!("{error}: {typed:?}"))
}

#[tokio::test]
async fn a_stack_is_driven_with_its_name_and_ordinary_credentials() {
    let (aws, desk) = deployed().await;
    desk.write("small.toml", SMALL);
    let store = aws.session.store();

    let typed = type_at(&desk, &["runs", "--json"]);
    assert_eq!(object(&typed)["runs"], serde_json::json!([]), "{typed:?}");

    let typed = type_at(
        &desk,
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
    assert_eq!(typed.code, 0, "{typed:?}");
    let run = object(&typed);
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
    assert!(typed.said.contains(&presign), "{typed:?}");

    // Every artifact came home as it is in the bucket.
    let home = desk.folder().join("hostbench-runs/mine");
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

    let typed = type_at(&desk, &["runs", "--json"]);
    let runs = object(&typed);
    assert_eq!(runs["runs"][0]["run_id"], "mine");
    assert_eq!(runs["runs"][0]["status"], "complete");

    // Larger than what is fetched at once, and no two parts of it alike.
    let large: Vec<u8> = (0..5_000_000_u32).flat_map(u32::to_le_bytes).collect();
    store
        .put_object("runs/mine/large", "application/octet-stream", large.clone())
        .await
        .unwrap();
    let typed = type_at(&desk, &["report", "mine", "--out", "again"]);
    assert!(fs::read(desk.folder().join("again/large")).unwrap() == large);
    assert_eq!(typed.code, 0, "{typed:?}");
    assert!(typed.out.contains("run `mine`"), "{typed:?}");
    let read = |folder: &str| fs::read(desk.folder().join(folder).join("samples.jsonl")).unwrap();
    assert!(read("again") == read("hostbench-runs/mine"));

    let typed = type_at(&desk, &["report", "other"]);
    assert_eq!(typed.code, 2);
    assert!(typed.said.contains("run `other` not found"), "{typed:?}");
    assert!(!desk.folder().join("hostbench-runs/other").exists());

    let second = [
        "run",
        "small.toml",
        "--run-id",
        "second",
        "--out",
        "elsewhere",
    ];
    assert_eq!(type_at(&desk, &second).code, 0);
    let typed = type_at(&desk, &["compare", "mine", "second", "--json"]);
    assert_eq!(typed.code, 0, "{typed:?}");
    assert_eq!(object(&typed)["targets"][0]["target_id"], "only");
}

#[tokio::test]
async fn what_cannot_run_on_a_stack_is_refused_with_the_remedy() {
    let (_aws, desk) = deployed().await;
    desk.write("small.toml", SMALL);
    let refused = |typed: Typed, words: &[&str]| {
        assert_eq!(typed.code, 2, "{typed:?}");
        for word in words {
            assert!(typed.said.contains(word), "{word}: {typed:?}");
        }
    };
    let target = |lines: &str| {
        let text = format!(
            "name = \"x\"\n[dataset]\nsource = \"builtin\"\n[[targets]]\nid = \"a\"\n{lines}"
        );
        desk.write("x.toml", &text);
        type_at(&desk, &["check", "x.toml"])
    };

    let elsewhere = desk.hostbench(&["runs", "--stack", "nowhere"]);
    refused(
        elsewhere,
        &[
            "stack `nowhere` not found in Region `us-east-1`",
            "hostbench deploy --stack nowhere",
        ],
    );
    let nobody = desk.signed_out(&["runs", "--stack", "hostbench"]);
    refused(nobody, &["no AWS credentials", "`aws sso login`"]);
    let both = desk.hostbench(&["run", "small.toml", "--local", "--stack", "hostbench"]);
    refused(both, &["--local", "--stack"]);
    let kept = desk.hostbench(&["run", "small.toml", "--stack", "hostbench", "--keep"]);
    refused(kept, &["`--keep`", "`--stack`"]);

    let bedrock = "kind = \"bedrock\"\nrequest = \"llama\"\nmodel = ";
    let own = target(&format!("{bedrock}\"{OWN_MODEL}\""));
    assert_eq!(own.code, 0, "{own:?}");
    let own = type_at(&desk, &["check", "x.toml", "--json"]);
    assert_eq!(object(&own)["allowed"], true, "{own:?}");
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

fn calls(desk: &Desk) -> Vec<String> {
    let calls = desk.folder().join("calls");
    let made = fs::read_to_string(&calls).unwrap_or_default();
    let _ = fs::remove_file(calls);
    made.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_stack_is_deployed_and_filled() {
    let (aws, mut desk) = deployed().await;
    let store = aws.session.store();
    for file in [
        "statemachine/benchmark.asl.json",
        "infra/template.yaml",
        "infra/prices.toml",
    ] {
        desk.write(file, &support::read(file));
    }
    desk.write("small.toml", SMALL);

    let typed = desk.hostbench(&["deploy", "--config", "small.toml"]);
    assert_eq!(typed.code, 1, "{typed:?}");
    assert!(
        typed.said.contains("`pip install cargo-lambda`"),
        "{typed:?}"
    );
    desk.stand_in("cargo-lambda", CARGO_LAMBDA);
    let typed = desk.hostbench(&["deploy"]);
    assert!(
        typed.said.contains("`pip install aws-sam-cli`"),
        "{typed:?}"
    );
    desk.stand_in("sam", SAM);

    // Whatever can be known before a long build is told before it.
    assert_eq!(desk.signed_out(&["deploy"]).code, 2);
    desk.write("bad.toml", "name = 7");
    assert_eq!(desk.hostbench(&["deploy", "--config", "bad.toml"]).code, 2);
    assert_eq!(calls(&desk), Vec::<String>::new());

    let typed = desk.signed_out(&["deploy", "--build-only"]);
    assert_eq!(typed.code, 0, "{typed:?}");
    let made = calls(&desk);
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(
        made[0].starts_with("cargo-lambda lambda build --release --arm64 --locked"),
        "{made:?}"
    );
    assert!(made[1].starts_with("sam validate --lint"), "{made:?}");
    let typed = desk.hostbench(&["deploy", "--build-only", "--arch", "x86_64"]);
    assert!(
        typed.code == 1 && typed.said.contains("not a program for x86_64"),
        "{typed:?}"
    );
    calls(&desk);

    let arguments = [
        "deploy",
        "--config",
        "small.toml",
        "--parameter",
        "LogLevel=DEBUG",
    ];
    let typed = desk.hostbench(&arguments);
    assert_eq!(typed.code, 0, "{typed:?}");
    let made = calls(&desk);
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
        typed.out.contains(next) && typed.out.contains(aws.session.bucket()),
        "{typed:?}"
    );
    let text = |key: &'static str| {
        let store = store.clone();
        async move { store.get_text(key).await.unwrap() }
    };
    assert_eq!(text("configs/small.toml").await.as_deref(), Some(SMALL));
    assert_eq!(
        text(keys::PRICES).await,
        Some(support::read("infra/prices.toml"))
    );

    let typed = desk.hostbench(&arguments);
    assert!(typed.said.contains("no changes"), "{typed:?}");

    for (file, words) in [
        ("build-fails", "it does not compile"),
        ("deploy-fails", "Failed to create/update"),
    ] {
        desk.write(file, "");
        let typed = desk.hostbench(&arguments);
        assert!(typed.code == 1 && typed.said.contains(words), "{typed:?}");
        fs::remove_file(desk.folder().join(file)).unwrap();
    }
}

#[tokio::test]
async fn nothing_goes_unasked_and_then_everything_goes_former_versions_included() {
    let (aws, desk) = deployed().await;
    let store = aws.session.store();
    for number in 0..3 {
        store
            .put_object("runs/old/report.json", "text/plain", format!("{number}"))
            .await
            .unwrap();
    }
    let typed = desk.answering(&["destroy"], "yes\n");
    assert!(
        typed.code == 2 && typed.said.contains("nothing was deleted"),
        "{typed:?}"
    );
    assert!(
        typed.said.contains("0 runs, and every version"),
        "{typed:?}"
    );
    assert!(
        store
            .get_object("runs/old/report.json")
            .await
            .unwrap()
            .is_some()
    );
    let typed = desk.answering(&["destroy"], "hostbench\n");
    assert_eq!(typed.code, 0, "{typed:?}");
    assert!(
        store.list_objects("").await.is_err(),
        "the bucket is still there"
    );
    assert!(store.runs().await.is_err(), "the table is still there");
    let typed = desk.hostbench(&["destroy", "--yes"]);
    assert!(
        typed.code == 2 && typed.said.contains("stack `hostbench` not found"),
        "{typed:?}"
    );
}

#[tokio::test]
async fn a_stack_can_go_and_leave_its_runs() {
    let (aws, desk) = deployed().await;
    let store = aws.session.store();
    store
        .put_object("runs/old/report.json", "text/plain", "1")
        .await
        .unwrap();
    let typed = desk.hostbench(&["destroy", "--keep-data", "--yes"]);
    assert_eq!(typed.code, 0, "{typed:?}");
    assert!(typed.out.contains(aws.session.bucket()), "{typed:?}");
    assert!(
        store
            .get_object("runs/old/report.json")
            .await
            .unwrap()
            .is_some()
    );
    assert!(store.runs().await.unwrap().is_empty());
    assert_eq!(desk.hostbench(&["runs", "--stack", "hostbench"]).code, 2);
}
