//! A run has one plan, whoever is first.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails on a server that fails"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use bench_core::{
    config::{self, Overrides},
    plan::Plan,
};
use bench_store::Store;

/// A bucket that gives one request that status, and the head of the request.
fn bucket(status: u16, body: &'static str) -> (Store, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let request = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let (mut head, mut line, mut length) = (String::new(), String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head.push_str(&lower);
            line.clear();
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).unwrap();
        head
    });
    let credentials = Credentials::new("test", "test", None, None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build();
    (Store::connect(&aws, "table", "bucket"), request)
}

fn plan() -> Plan {
    let text =
        "name = 'x'\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\nrequest = 'tgi'";
    let config = config::from_toml(text, &Overrides::default()).unwrap();
    serde_json::from_value(serde_json::json!({
        "schema_version": 1,
        "run_id": "r",
        "created_at": "2026-01-02T03:04:05Z",
        "config": config,
        "dataset": {"label": "builtin", "sha256": "0", "problems": 20},
        "prompts": [],
    }))
    .unwrap()
}

#[tokio::test]
async fn a_plan_is_written_where_there_is_none() {
    let (store, request) = bucket(200, "");
    assert!(store.put_plan(&plan()).await.unwrap());
    let head = request.join().unwrap();
    assert!(head.contains("/runs/r/plan.json"), "{head}");
    assert!(head.contains("if-none-match: *"), "{head}");
}

#[tokio::test]
async fn the_plan_of_a_run_that_is_resumed_is_written_over_its_own() {
    let (store, request) = bucket(200, "");
    store.replace_plan(&plan()).await.unwrap();
    let head = request.join().unwrap();
    assert!(head.contains("/runs/r/plan.json"), "{head}");
    assert!(!head.contains("if-none-match"), "{head}");
}

#[tokio::test]
async fn the_plan_of_a_run_is_not_replaced_by_another_start() {
    const TAKEN: &str = "<Error><Code>PreconditionFailed</Code></Error>";
    let (store, request) = bucket(412, TAKEN);
    assert!(!store.put_plan(&plan()).await.unwrap());
    request.join().unwrap();
}
