//! A key that is kept in a secret is nowhere else: not in configuration, state,
//! logs, samples or reports.

use serde_json::{Value, json};
use support::Embedded;

use crate::privilege::{KEY, PARAMETERS, prepare, server};

/// Everything that a run leaves behind, by the name of the place.
async fn everything(aws: &Embedded, arn: &str) -> Vec<(String, String)> {
    let store = aws.session.store();
    let mut places = Vec::new();
    for key in store.list_objects("").await.expect("it succeeds") {
        let object = store
            .get_object(&key)
            .await
            .expect("it is there")
            .expect("it succeeds");
        places.push((key, String::from_utf8_lossy(&object).into_owned()));
    }
    let table = json!({"TableName": aws.session.table()});
    let items = aws.call("dynamodb", "scan", table).await;
    places.push(("the table".to_owned(), items.to_string()));
    for record in aws.records(arn).await {
        let payloads = record.payloads().collect::<Vec<_>>().join("\n");
        places.push((record.arn, payloads));
    }
    let groups = aws.call("logs", "describe_log_groups", json!({})).await;
    for group in groups["logGroups"].as_array().expect("it is there") {
        let name = group["logGroupName"].as_str().expect("it is there");
        let question = json!({"logGroupName": name});
        let events: Value = aws.call("logs", "filter_log_events", question).await;
        places.push((name.to_owned(), events["events"].to_string()));
    }
    let log = aws.session.emulator_log().expect("it is there");
    places.push((
        "the emulator's log".to_owned(),
        std::fs::read_to_string(log).expect("it succeeds"),
    ));
    places
}

#[tokio::test]
async fn a_key_is_in_its_secret_and_nowhere_else() {
    let mut parameters = PARAMETERS.to_vec();
    parameters.push(("LogLevel", "DEBUG"));
    let aws = Embedded::start_with(1_000.0, &parameters, |options| {
        let all = ("RUST_LOG".to_owned(), "debug".to_owned());
        options.environment.push(all);
    })
    .await;
    let server = server().await;
    prepare(&aws, &server.url()).await;
    let arn = aws
        .execute("keyed", &json!({"config": "configs/privilege.json"}))
        .await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error, None, "both servers took their key");

    let places = everything(&aws, &arn).await;
    for (place, says) in [
        ("runs/keyed/samples.jsonl", "secret"),
        ("runs/keyed/report.html", "privilege"),
        ("runs/keyed/plan.json", "secretsmanager:hostbench/key"),
        ("the table", "RUN#keyed#TARGET#secret"),
        (arn.as_str(), "keyed"),
    ] {
        let found = places.iter().find(|(name, _)| name == place);
        let (_, text) = found.unwrap_or_else(|| panic!("{place} is looked at"));
        assert!(text.contains(says), "{place}");
    }
    let logs = places
        .iter()
        .filter(|(name, _)| name.starts_with("/hostbench/"));
    assert!(
        logs.clone().any(|(_, text)| text.contains("keyed")),
        "there are logs"
    );
    for (place, text) in &places {
        assert!(!text.contains(KEY), "{place} holds the key");
    }
}
