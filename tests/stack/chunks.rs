//! The prompts of a target come in chunks, each a child execution of its own, and a chunk
//! that fails as a whole loses nothing silently.

use serde_json::{Value, json};
use support::{Embedded, Record};

use crate::second_interpreter::{config, definition, entered, interpret_definition, run, target};

const PROMPTS: u32 = 16;
/// Measured calls of a prompt.
const CALLS: u32 = 5;

/// Fifty attempts that may each fill an invocation: 15 prompts fit into a chunk.
fn two_chunks(name: &str) -> Value {
    let mut one = target("a", "http://a.example");
    one["max_attempts"] = json!(10);
    let mut config = config(name, PROMPTS, &[one]);
    config["method"] = json!({"warmup": 0, "repetitions": CALLS, "timeout_s": 840});
    config
}

/// The definition with every chunk failing, as at the end of its history, but the first.
fn where_chunks_fail(mut definition: Value) -> Value {
    let path = "/States/MeasureTargets/ItemProcessor/States/MeasureTarget/Branches/0/States\
                /MeasureChunks/ItemProcessor";
    let chunk = definition.pointer_mut(path).expect("a chunk");
    chunk["StartAt"] = json!("IsFirst");
    chunk["States"]["IsFirst"] = json!({
        "Type": "Choice",
        "Choices": [{"Variable": "$.prompts[0]", "NumericEquals": 0, "Next": "MeasurePrompts"}],
        "Default": "ChunkFails",
    });
    chunk["States"]["ChunkFails"] = json!({"Type": "Fail", "Error": "TooLong", "Cause": "as told"});
    definition
}

fn prompts_of(chunk: &Record) -> usize {
    let input: Value = serde_json::from_str(&chunk.input).expect("JSON");
    input["prompts"].as_array().expect("prompts").len()
}

#[tokio::test]
async fn prompts_come_in_chunks_and_one_that_fails_is_repeated_and_then_reported() {
    let aws = Embedded::start(10_000.0, &[]).await;
    let store = aws.session.store();
    let calls_of =
        async |run: &str| u32::try_from(store.samples(run, "a").await.unwrap().len()).unwrap();

    let config = two_chunks("whole");
    let whole = aws.execute("whole", &json!({"config": config})).await;
    let records = aws.records(&whole).await;
    let chunks: Vec<_> = records
        .iter()
        .filter(|record| record.is_of_chunk())
        .collect();
    let sizes: Vec<_> = chunks.iter().map(|chunk| prompts_of(chunk)).collect();
    assert_eq!(sizes, [8, 8]);
    let measured: Value = serde_json::from_str(&records[1].output).unwrap();
    assert_eq!(
        measured,
        json!({"prompts": PROMPTS, "measured": PROMPTS, "failed_chunks": 0})
    );
    assert_eq!(calls_of("whole").await, PROMPTS * CALLS + 1, "and a probe");

    let failing = where_chunks_fail(definition(&aws).await);
    let update = json!({
        "stateMachineArn": aws.session.state_machine_arn(), "definition": failing.to_string(),
    });
    aws.call("stepfunctions", "update_state_machine", update)
        .await;
    let config = two_chunks("failing");
    let ours = aws
        .execute("ours-failing", &json!({"config": config}))
        .await;
    let ours = aws.records(&ours).await;
    let chunks = ours.iter().filter(|record| record.is_of_chunk());
    let failed = chunks.clone().filter(|chunk| chunk.error.is_some());
    assert_eq!((chunks.count(), failed.count()), (6, 3), "three times both");
    let measured: Value = serde_json::from_str(&ours[1].output).unwrap();
    let half = PROMPTS / 2;
    assert_eq!(
        measured,
        json!({"prompts": half, "measured": half, "failed_chunks": 1})
    );
    assert_eq!(ours[0].error.as_deref(), Some("IncompleteRun"));
    assert_eq!(
        calls_of("ours-failing").await,
        half * CALLS + 1,
        "no call was repeated"
    );

    let runs = vec![run("moto-failing", &config)];
    let theirs = interpret_definition(&aws, failing, json!([]), runs).await;
    assert_eq!(theirs[0]["error"].as_str(), ours[0].error.as_deref());
    assert_eq!(entered(&theirs[0], "MeasureChunks"), 3);
    assert_eq!(entered(&theirs[0], "ChunksMeasured"), 1);
    assert_eq!(calls_of("moto-failing").await, half * CALLS + 1);
}
