//! A key that is kept in a secret is nowhere else: not in configuration, state,
//! logs, samples or reports. What a function has of its own goes nowhere at all.

use serde_json::{Value, json};
use support::{Embedded, Recorder, function_environments};

use crate::privilege::{KEY, PARAMETERS, prepare, server};

/// Everything that runs leave behind, by the name of the place.
async fn everything(aws: &Embedded, arns: &[String]) -> Vec<(String, String)> {
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
    for arn in arns {
        for record in aws.records(arn).await {
            let said = format!("{:?}", record.events);
            let payloads = record.payloads().collect::<Vec<_>>().join("\n");
            places.push((record.arn, said + &payloads));
        }
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

    let places = everything(&aws, std::slice::from_ref(&arn)).await;
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

/// A key of the machine that the pipeline runs on, which nobody allowed to be used.
const OPERATORS: &str = "sk-of-the-operator";

/// A server of somebody else, with everything that could hand something over.
fn foreign(url: &str) -> Value {
    let literal = "env:AWS_SESSION_TOKEN ${AWS_SESSION_TOKEN} $MODEL_KEY secretsmanager:x";
    json!({
        "name": "foreign",
        "dataset": {"source": "builtin", "prompts": 1},
        "method": {"warmup": 0, "repetitions": 1},
        "targets": [{
            "id": "only", "kind": "http", "url": format!("{url}/env:AWS_SESSION_TOKEN"),
            "request": "openai-chat", "model": literal, "headers": {"x-more": literal},
            "extra": {"user": literal}, "model_name": literal, "ready_within_s": 0,
        }],
    })
}

/// The environment of every function that runs, as far as it is worth something.
fn valuables(aws: &Embedded) -> Vec<String> {
    let mut found = vec![OPERATORS.to_owned()];
    for environment in function_environments(aws.session.endpoint_url()) {
        for name in ["AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"] {
            found.extend(
                environment
                    .get(name)
                    .filter(|value| value.len() > 8)
                    .cloned(),
            );
        }
    }
    found
}

/// A stack that logs all it can.
async fn talkative() -> Embedded {
    Embedded::start_with(1_000.0, &[("LogLevel", "DEBUG")], |options| {
        options.enforce_iam = true;
        for (name, value) in [("RUST_LOG", "debug"), ("MODEL_KEY", OPERATORS)] {
            options
                .environment
                .push((name.to_owned(), value.to_owned()));
        }
    })
    .await
}

#[tokio::test]
async fn a_configuration_that_asks_for_the_credentials_of_a_function_gets_nothing() {
    let aws = talkative().await;
    let recorder = Recorder::of_models(KEY).await;
    let store = aws.session.store();
    let mut arns = Vec::new();

    // What is only text is sent as the text that it is; the server refuses it for want of a key.
    let config = foreign(recorder.url());
    arns.push(aws.execute("literal", &json!({"config": config})).await);
    assert!(recorder.contains("env:AWS_SESSION_TOKEN"), "it was called");
    let plan = store.get_plan("literal").await.unwrap().expect("a plan");
    let functions = plan.deployment.unwrap().functions.unwrap();
    let calls = recorder.requests().len();

    // At plan, wherever it is written and however it is spelled.
    let with_key = |key: &str| {
        let mut config = config.clone();
        config["targets"][0]["api_key"] = json!(key);
        config
    };
    let hostile = with_key("env:AWS_SESSION_TOKEN");
    store
        .put_object(
            "configs/hostile.json",
            "application/json",
            hostile.to_string(),
        )
        .await
        .unwrap();
    let overrides = json!({"targets.only.api_key": "env:AWS_SECRET_ACCESS_KEY"});
    for (name, input) in [
        ("stored", json!({"config": "configs/hostile.json"})),
        ("inline", json!({"config": hostile})),
        (
            "overridden",
            json!({"config": config, "overrides": overrides}),
        ),
        (
            "lower",
            json!({"config": with_key("env:aws_session_token")}),
        ),
        (
            "traced",
            json!({"config": with_key("env:_X_AMZN_TRACE_ID")}),
        ),
        ("operators", json!({"config": with_key("env:MODEL_KEY")})),
    ] {
        let arn = aws.execute(name, &input).await;
        let error = aws.records(&arn).await[0].error.clone();
        assert_eq!(error.as_deref(), Some("InvalidConfig"), "{name}");
        assert!(store.get_plan(name).await.unwrap().is_none(), "{name}");
        arns.push(arn);
    }

    // At call, of a plan that no planner made.
    let text = store.get_object("runs/literal/plan.json").await.unwrap();
    let text = String::from_utf8(text.expect("a plan")).unwrap();
    for (run, key) in [
        ("forged-session", "env:AWS_SESSION_TOKEN"),
        ("forged-operators", "env:MODEL_KEY"),
    ] {
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        plan["run_id"] = json!(run);
        plan["config"]["targets"][0]["service"]["api_key"] = json!(key);
        let place = format!("runs/{run}/plan.json");
        store
            .put_object(&place, "application/json", plan.to_string())
            .await
            .unwrap();
        let event = json!({
            "mode": "probe", "run_id": run, "target_id": "only", "since": "2026-01-02T03:04:05Z",
        });
        let request = json!({
            "FunctionName": functions.invoker, "Payload": event.to_string(),
        });
        let answer = aws.call("lambda", "invoke", request).await;
        let samples = store.samples(run, "only").await.unwrap();
        if key == "env:MODEL_KEY" {
            let said = samples[0].error_message.as_deref().unwrap_or_default();
            assert!(said.contains("`API_KEY_VARIABLES`"), "{said}");
        } else {
            assert_eq!(
                answer["FunctionError"], "Unhandled",
                "the plan is refused as a whole"
            );
            assert_eq!(samples.len(), 0);
        }
    }
    assert_eq!(recorder.requests().len(), calls, "nobody else was called");

    let valuables = valuables(&aws);
    assert!(valuables.len() > 2, "the functions have credentials");
    for (place, text) in everything(&aws, &arns).await {
        let held = valuables.iter().position(|value| text.contains(value));
        assert_eq!(held, None, "{place} holds what is a function's own");
    }
    for value in &valuables {
        assert!(
            !recorder.contains(value),
            "the server got what is a function's own"
        );
    }
}
