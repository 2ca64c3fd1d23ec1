//! Runs that start by themselves, several configurations from one stack, and
//! what happens when two of one configuration meet.

use bench_store::{RunRecord, RunStatus};
use hostbench::execution::ExecutionResult;
use serde_json::{Value, json};
use support::{Embedded, eventually, one_target};

fn config(name: &str, on_overlap: &str) -> Value {
    let mut config = one_target(name, 1, [0, 1]);
    config["on_overlap"] = on_overlap.into();
    config
}

async fn put(aws: &Embedded, key: &str, config: &Value) {
    let store = aws.session.store();
    store
        .put_object(key, "application/json", config.to_string())
        .await
        .expect("it succeeds");
}

async fn complete(aws: &Embedded, name: &str) -> RunRecord {
    let store = aws.session.store();
    eventually(|| async {
        let runs = store.runs().await.expect("it succeeds");
        runs.into_iter()
            .find(|run| run.config_name == name && run.status == RunStatus::Complete)
    })
    .await
}

#[tokio::test]
async fn under_the_templates_own_roles_the_demo_passes_and_two_schedules_start_their_runs() {
    let parameters = [
        ("ScheduleState", "ENABLED"),
        ("ScheduleExpression", "rate(1 minute)"),
        ("ScheduledConfig", "configs/nightly.json"),
        ("SecondScheduleExpression", "rate(1 minute)"),
        ("SecondScheduledConfig", "configs/weekly.json"),
    ];
    let mut aws =
        Embedded::start_with(400.0, &parameters, |options| options.enforce_iam = true).await;
    for name in ["nightly", "weekly"] {
        put(
            &aws,
            &format!("configs/{name}.json"),
            &config(name, "refuse"),
        )
        .await;
    }
    // The whole of it: 4 targets × 20 prompts × (3 + 5) calls.
    let whole = [
        ("method.warmup", json!(3)),
        ("method.repetitions", json!(5)),
    ];
    let request = aws.request("demo", &whole);
    let finished = aws.run(&request).await;
    assert_eq!(finished.ending, ExecutionResult::Complete);
    assert_eq!(finished.report().targets[0].calls.measured, 100);

    let nightly = complete(&aws, "nightly").await;
    let weekly = complete(&aws, "weekly").await;
    assert_ne!(nightly.run_id, weekly.run_id);
}

/// A scheduler sends an event again when it does not hear that it was taken.
#[tokio::test]
async fn an_event_that_is_sent_again_makes_no_second_run() {
    let aws = Embedded::start(1_000.0, &[]).await;
    put(&aws, "configs/nightly.json", &config("nightly", "refuse")).await;
    let input = json!({"config": "configs/nightly.json", "event": "d32c5kddcf5bb8c3"});
    let first = aws.execute("first", &input).await;
    let again = aws.execute("again", &input).await;
    let first = aws.records(&first).await;
    assert!(
        first[0].output.contains("d32c5kddcf5bb8c3"),
        "{:?}",
        first[0].output
    );
    let again = aws.records(&again).await;
    // It ends well, so that nobody is called: there is nothing to do.
    assert_eq!(again[0].error, None);
    assert_eq!(again.len(), 1, "no target is measured");
    assert_eq!(again[0].failed_steps()[0].error, "AlreadyRun");
    let runs = aws.session.store().runs().await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].execution, "first");
}

/// Slow enough that two runs of it meet.
fn slow(on_overlap: &str) -> Value {
    let mut config = config("meeting", on_overlap);
    config["dataset"]["prompts"] = json!(20);
    config
}

#[tokio::test]
async fn a_run_that_meets_an_earlier_one_is_refused_or_waits_as_its_configuration_says() {
    let aws = Embedded::start_with(400.0, &[], |options| options.wait_scale = 0.005).await;
    put(&aws, "configs/refuse.json", &slow("refuse")).await;
    put(&aws, "configs/queue.json", &slow("queue")).await;
    let refuse = json!({"config": "configs/refuse.json"});
    let queue = json!({"config": "configs/queue.json"});
    let planned = || async {
        let store = aws.session.store();
        eventually(|| async { store.run("earlier").await.unwrap() }).await;
    };
    let later = async {
        planned().await;
        let refused = aws.execute("refused", &refuse).await;
        let queued = aws.execute("queued", &queue).await;
        (aws.records(&refused).await, aws.records(&queued).await)
    };
    let (earlier, (refused, queued)) = tokio::join!(aws.execute("earlier", &refuse), later);
    assert_eq!(aws.records(&earlier).await[0].error, None);
    assert_eq!(refused[0].error.as_deref(), Some("RunOverlaps"));
    let cause = &refused[0].failed_steps()[0].cause;
    assert!(
        cause.contains("run `earlier` of configuration `meeting` is still running"),
        "{cause}"
    );
    assert_eq!(queued[0].error, None);
    assert_eq!(queued[0].failed_steps()[0].error, "RunQueued");
    let measured = queued.iter().filter(|record| record.is_of_chunk());
    assert_eq!(
        measured.count(),
        1,
        "its target is measured when its turn comes"
    );
}

#[tokio::test]
async fn a_run_that_was_stopped_holds_up_nobody() {
    let aws = Embedded::start(400.0, &[]).await;
    put(&aws, "configs/refuse.json", &slow("refuse")).await;
    let refuse = json!({"config": "configs/refuse.json"});
    let client = aws.session.step_functions();
    let started = client
        .start_execution()
        .state_machine_arn(aws.session.state_machine_arn())
        .name("stopped")
        .input(refuse.to_string())
        .send()
        .await
        .unwrap();
    let store = aws.session.store();
    eventually(|| async { store.run("stopped").await.unwrap() }).await;
    let arn = started.execution_arn;
    client
        .stop_execution()
        .execution_arn(&arn)
        .send()
        .await
        .unwrap();
    let next = aws.execute("next", &refuse).await;
    assert_eq!(aws.records(&next).await[0].error, None);
}
