//! A Lambda that is throttled is waited for, however often it takes.
//!
//! The other interpreter is asked: the embedded AWS refuses an invocation beyond the
//! concurrency of a function as AWS does, but its own state machine calls the error by
//! another name.

use serde_json::{Value, json};
use support::{Embedded, eventually};

use crate::second_interpreter::{config, definition, entered, interpret_definition, run, target};

/// The name of the function that measures.
pub(crate) async fn invoker(aws: &Embedded) -> String {
    let question = json!({"StackName": "hostbench", "LogicalResourceId": "InvokerFunction"});
    let function = aws
        .call("cloudformation", "describe_stack_resource", question)
        .await;
    let name = &function["StackResourceDetail"]["PhysicalResourceId"];
    name.as_str().expect("a name").to_owned()
}

/// Invocations of the function that were refused.
async fn throttles(aws: &Embedded, function: &str) -> f64 {
    let question = json!({
        "Namespace": "AWS/Lambda", "MetricName": "Throttles", "Statistics": ["Sum"],
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
        "StartTime": "2020-01-01T00:00:00Z", "EndTime": "2100-01-01T00:00:00Z", "Period": 60,
    });
    let answer = aws
        .call("cloudwatch", "get_metric_statistics", question)
        .await;
    let points = answer["Datapoints"].as_array().expect("data points");
    points
        .iter()
        .filter_map(|point| point["Sum"].as_f64())
        .sum()
}

async fn allow(aws: &Embedded, function: &str, concurrency: Option<u32>) {
    let mut wanted = json!({"FunctionName": function});
    let operation = match concurrency {
        Some(concurrency) => {
            wanted["ReservedConcurrentExecutions"] = json!(concurrency);
            "put_function_concurrency"
        }
        None => "delete_function_concurrency",
    };
    aws.call("lambda", operation, wanted).await;
}

/// A definition that calls the function itself: the embedded AWS does not know the
/// concurrency of a function for its versions.
fn without_version(definition: &Value, function: &str) -> Value {
    let mut text = definition.to_string();
    for version in 1..10 {
        let versioned = format!("{function}:{version}\"");
        text = text.replace(&versioned, &format!("{function}\""));
    }
    assert!(text.contains(&format!("{function}\"")), "{text}");
    serde_json::from_str(&text).expect("JSON")
}

/// At intervals of a second: the ten minutes of a quota that others have used up.
#[tokio::test]
async fn a_target_whose_lambda_is_throttled_loses_no_prompt() {
    const PROMPTS: u32 = 6;
    let aws = Embedded::start(100.0, &[]).await;
    let function = invoker(&aws).await;
    let mut one = target("a", "http://a.example");
    one["concurrency"] = json!(2);
    let config = config("throttled", PROMPTS, &[one]);

    let store = aws.session.store();
    let throttled = async {
        eventually(|| async {
            let stored = store.count_samples("moto-throttled", "a").await;
            stored.is_ok_and(|stored| stored > 0).then_some(())
        })
        .await;
        allow(&aws, &function, Some(0)).await;
        let before = throttles(&aws, &function).await;
        // Two workers: more than a dozen refusals each, where six attempts were all there were.
        eventually(|| async {
            let refused = throttles(&aws, &function).await - before;
            (refused >= 60.0).then_some(())
        })
        .await;
        allow(&aws, &function, None).await;
    };
    let runs = vec![run("moto-throttled", &config)];
    let definition = without_version(&definition(&aws).await, &function);
    let run = interpret_definition(&aws, definition, json!([]), runs);
    let (ended, ()) = tokio::join!(run, throttled);
    assert_eq!(ended[0]["status"], "SUCCEEDED", "{:?}", ended[0]);
    assert_eq!(ended[0]["output"]["complete"], Value::Bool(true));
    assert_eq!(entered(&ended[0], "PromptGivenUp"), 0);
    assert_eq!(entered(&ended[0], "PromptMeasured"), PROMPTS as usize);
}
