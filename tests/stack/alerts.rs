//! Messages to the topic about a run that has ended: valid JSON, whatever happened.

use std::collections::BTreeMap;

use clap::Parser;
use hostbench::cli::{Cli, Command};
use serde_json::{Value, json};
use support::{Embedded, eventually, one_target};

/// A rule of the template that tells the topic.
struct Alert {
    statuses: Vec<String>,
    /// Paths into the event by the names of placeholders.
    paths: BTreeMap<String, String>,
    template: String,
}

fn alerts() -> Vec<Alert> {
    let template = support::read("infra/template.yaml");
    let rules = template.split("Type: AWS::Events::Rule\n").skip(1);
    let rules = rules.map(|rule| rule.split("\n\n").next().unwrap_or_default().to_owned());
    rules
        .filter(|rule| rule.contains("InputTemplate: "))
        .map(|rule| {
            let statuses = rule
                .lines()
                .find_map(|line| line.strip_prefix("          status: "));
            let statuses = statuses.expect("statuses").trim_matches(['[', ']']);
            let (paths, body) = rule
                .split_once("            InputPathsMap:\n")
                .and_then(|(_, rest)| rest.split_once("            InputTemplate: !Sub |-\n"))
                .expect("paths, and a template below them");
            Alert {
                statuses: statuses.split(", ").map(str::to_owned).collect(),
                paths: paths
                    .lines()
                    .filter_map(|line| line.trim().split_once(": "))
                    .map(|(name, path)| (name.to_owned(), path.to_owned()))
                    .collect(),
                template: body
                    .replace("${AWS::StackName}", "nightly")
                    .replace("${AWS::Region}", "eu-west-1"),
            }
        })
        .collect()
}

impl Alert {
    /// The template as EventBridge fills it in: a placeholder that stands alone becomes a
    /// JSON value, one inside a string is put there as it is, without any escapes.
    fn render(&self, event: &Value) -> String {
        let mut rendered = String::new();
        let mut in_string = false;
        let mut rest = self.template.as_str();
        while let Some(next) = rest.chars().next() {
            let placeholder = rest
                .strip_prefix('<')
                .and_then(|rest| rest.split_once('>'))
                .filter(|(name, _)| self.paths.contains_key(*name));
            if let Some((name, behind)) = placeholder {
                let path = self.paths[name].trim_start_matches('$').replace('.', "/");
                let value = event.pointer(&path).expect("the event has it");
                rendered += &match value {
                    Value::String(text) if in_string => text.clone(),
                    value => value.to_string(),
                };
                rest = behind;
                continue;
            }
            in_string ^= next == '"';
            rendered.push(next);
            rest = &rest[next.len_utf8()..];
        }
        rendered
    }
}

const RUN: &str = "nightly-20260304-050607-0a1b";

/// An event of Step Functions. One that was stopped has no error, and may have no fields
/// for it.
fn event(status: &str, cause: Option<&str>) -> Value {
    let mut detail = json!({"name": RUN, "status": status, "input": "{\"config\": \"a\"}"});
    if let Some(cause) = cause {
        detail["error"] = json!("States.TaskFailed");
        detail["cause"] = json!(cause);
    }
    json!({"source": "aws.states", "detail": detail})
}

fn parse(arguments: &Value) -> Command {
    let arguments = arguments.as_str().expect("a command").split(' ');
    Cli::try_parse_from(arguments)
        .expect("a command of ours")
        .command
}

#[test]
fn every_end_of_a_run_is_told_once() {
    let mut statuses: Vec<_> = alerts()
        .into_iter()
        .flat_map(|alert| alert.statuses)
        .collect();
    statuses.sort();
    assert_eq!(statuses, ["ABORTED", "FAILED", "SUCCEEDED", "TIMED_OUT"]);
}

#[test]
fn an_alert_is_valid_json_whatever_the_cause_contains() {
    let causes = [
        "plain",
        r#"{"errorType":"StoreFailed","errorMessage":"could not write `s3://b/runs/\"x\"`"}"#,
        "two\nlines\tand \\ backslashes \\\" \u{1} <cause> </run> ${x} “quotes” ' \r\n",
        "",
    ];
    for alert in alerts() {
        for status in &alert.statuses {
            for cause in causes {
                let has_cause = status == "FAILED";
                let event = event(status, has_cause.then_some(cause));
                let rendered = alert.render(&event);
                let told: Value = serde_json::from_str(&rendered)
                    .unwrap_or_else(|error| panic!("{status}, {cause}: {error}: {rendered}"));
                assert_eq!(told["run"], RUN);
                assert_eq!(told["status"], status.as_str());
                assert_eq!(told["cause"].as_str(), has_cause.then_some(cause));
            }
        }
    }
}

#[test]
fn an_alert_carries_the_command_that_resumes_the_run_unless_it_is_complete() {
    for alert in alerts() {
        let status = &alert.statuses[0];
        let cause = (status == "FAILED").then_some("it failed");
        let told: Value = serde_json::from_str(&alert.render(&event(status, cause))).unwrap();
        if status == "SUCCEEDED" {
            let Command::Report(report) = parse(&told["report"]) else {
                panic!("expected `report`: {told}")
            };
            assert_eq!(report.run, RUN);
            assert_eq!(told["resume"], Value::Null);
            continue;
        }
        let Command::Run(run) = parse(&told["resume"]) else {
            panic!("expected `run`: {told}")
        };
        assert_eq!(run.options.resume.as_deref(), Some(RUN));
        assert_eq!(run.stack.stack.as_deref(), Some("nightly"));
        assert_eq!(run.stack.region.as_deref(), Some("eu-west-1"));
    }
}

/// The first message of the queue, as the subscriber of the topic gets it.
async fn message(aws: &Embedded, queue: &str) -> Value {
    let found = eventually(|| async {
        let question = json!({"QueueUrl": queue, "MaxNumberOfMessages": 1});
        let answer = aws.call("sqs", "receive_message", question).await;
        let message = answer["Messages"].get(0)?.clone();
        let handle = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
        aws.call("sqs", "delete_message", handle).await;
        Some(message["Body"].as_str().expect("text").to_owned())
    })
    .await;
    serde_json::from_str(&found).unwrap_or_else(|error| panic!("{error}: {found}"))
}

#[tokio::test]
async fn a_failed_run_is_told_with_its_cause_and_a_complete_one_without() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let queue = aws
        .call("sqs", "create_queue", json!({"QueueName": "mail"}))
        .await;
    let queue = queue["QueueUrl"].as_str().expect("a queue").to_owned();
    let stack = json!({"StackName": "hostbench"});
    let stacks = aws.call("cloudformation", "describe_stacks", stack).await;
    let outputs = stacks["Stacks"][0]["Outputs"]
        .as_array()
        .expect("outputs")
        .clone();
    let topic = outputs
        .iter()
        .find(|output| output["OutputKey"] == "AlertTopicArn");
    let subscription = json!({
        "TopicArn": topic.expect("a topic")["OutputValue"],
        "Protocol": "sqs",
        "Endpoint": "arn:aws:sqs:us-east-1:000000000000:mail",
        "Attributes": {"RawMessageDelivery": "true"},
    });
    aws.call("sns", "subscribe", subscription).await;

    aws.execute("refused", &json!({"config": {"name": "a \"b\" \\ c"}}))
        .await;
    let told = message(&aws, &queue).await;
    assert_eq!(told["run"], "refused");
    assert_eq!(told["status"], "FAILED");
    assert_eq!(told["error"], "InvalidConfig");
    // The cause of a Lambda is JSON itself, full of quotation marks.
    let cause: Value = serde_json::from_str(told["cause"].as_str().unwrap()).unwrap();
    let said = cause["errorMessage"].as_str().unwrap();
    assert!(said.contains(r#""a \"b\" \\ c""#), "{said}");
    let Command::Run(run) = parse(&told["resume"]) else {
        panic!("expected `run`: {told}")
    };
    assert_eq!(run.options.resume.as_deref(), Some("refused"));

    let config = one_target("small", 1, [0, 1]);
    aws.execute("good", &json!({"config": config})).await;
    let told = message(&aws, &queue).await;
    assert_eq!(
        (&told["run"], &told["status"]),
        (&json!("good"), &json!("SUCCEEDED"))
    );
}
