//! A report that fails for whatever reason leaves the samples and a failed execution.
//!
//! The invocation that makes the report is answered by a mock configuration in the format
//! of AWS: the embedded AWS kills no function for its memory.

use bench_report::rebuild::Rebuild;
use bench_store::{RunStatus, keys};
use serde_json::{Value, json};
use support::{Embedded, one_target};

fn mocks() -> Value {
    let cause = json!({"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"});
    let killed = json!({"Error": "Runtime.ExitError", "Cause": cause.to_string()});
    json!({
        "StateMachines": {
            "hostbench-benchmark": {
                "TestCases": {"Killed": {"AggregateResults": "Killed"}},
            },
        },
        "MockedResponses": {"Killed": {"0-99": {"Throw": killed}}},
    })
}

#[tokio::test]
async fn an_aggregator_that_is_killed_for_its_memory_leaves_the_samples_and_says_so() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("mocks.json");
    std::fs::write(&path, mocks().to_string()).unwrap();
    let aws = Embedded::start_with(1_000.0, &[], |options| {
        options.wait_scale = 0.0;
        let path = path.display().to_string();
        options
            .environment
            .push(("SFN_MOCK_CONFIG".to_owned(), path));
    })
    .await;
    let config = one_target("killed", 2, [1, 2]);
    let arn = aws
        .execute_case("killed", &json!({"config": config}), "Killed")
        .await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error.as_deref(), Some("ReportFailed"));
    let failed = records[0]
        .events
        .iter()
        .find_map(|event| event.execution_failed_event_details())
        .expect("it failed");
    let cause = failed.cause().expect("a cause");
    for part in [
        "`Runtime.ExitError`: signal: killed",
        "`hostbench report killed --stack hostbench`",
        "`hostbench rebuild --samples hostbench-runs/killed/samples.jsonl --out",
    ] {
        assert!(cause.contains(part), "{part} in {cause}");
    }

    let store = aws.session.store();
    let record = store.run("killed").await.unwrap().expect("a record");
    assert_eq!(record.status, RunStatus::ReportFailed);
    assert_eq!(record.report_failure.as_deref(), Some(cause));

    // The samples are all that a report needs, with the plan beside them.
    let plan = store.get_plan("killed").await.unwrap().expect("a plan");
    let key = keys::artifact("killed", "samples.jsonl");
    let lines = store.get_object(&key).await.unwrap().expect("samples");
    let mut rebuild = Rebuild::with_plan(plan);
    rebuild
        .read("samples.jsonl", lines.as_slice(), |_| ())
        .unwrap();
    assert!(rebuild.finish().unwrap().report.run.complete);

    // Started again, it repeats no call and has its report.
    let before = store.samples("killed", "only").await.unwrap();
    let again = aws
        .execute("again", &json!({"config": config, "run_id": "killed"}))
        .await;
    assert_eq!(aws.records(&again).await[0].error, None);
    assert_eq!(store.samples("killed", "only").await.unwrap(), before);
    let record = store.run("killed").await.unwrap().expect("a record");
    assert_eq!(
        (record.status, record.report_failure),
        (RunStatus::Complete, None)
    );
}
