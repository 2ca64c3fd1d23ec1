//! The real template, definition and binaries on the embedded AWS, against
//! simulated services whose every call is known.

use std::collections::{BTreeMap, BTreeSet};

use bench_core::sample::{Outcome, Phase, Sample};
use bench_core::usage::{Usage, UsageTotals};
use bench_cost::RunBudget;
use bench_report::Warning;
use bench_store::{Put, RunStatus, keys};
use hostbench::execution::{self, ExecutionResult};
use hostbench::progress::Console;
use serde_json::json;
use support::{Deviation, Embedded, REPETITIONS, WARMUPS, compare_with_truth};

const PROMPTS: usize = 3;
const CALLS: usize = PROMPTS * (WARMUPS + REPETITIONS);

fn keys_of(samples: &[Sample]) -> BTreeSet<(String, String)> {
    samples
        .iter()
        .map(|sample| (sample.target_id.to_string(), keys::sample(&sample.key())))
        .collect()
}

/// The targets of the demo by the model of their calls.
const MODEL_OF: [(&str, &str); 4] = [
    (
        "bedrock-cmi",
        "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123",
    ),
    ("bedrock-serverless", "us.deepseek.r1-v1:0"),
    ("sagemaker-g6", "deepseek-8b"),
    ("ec2-inf2", "/"),
];

/// How far a latency may be from the truth, in microseconds, apart from what
/// held the client up by its own account.
const TOLERANCE_US: i64 = 5_000;

#[tokio::test]
async fn the_latency_of_every_call_is_what_really_passed() {
    let mut aws = Embedded::start(100.0, &[]).await;
    // Other work of the machine only ever adds, and seldom twice to the same
    // call: what is the pipeline's own is there in every run.
    let mut least: BTreeMap<String, Deviation> = BTreeMap::new();
    for run_id in ["first", "second", "third"] {
        let earlier = aws.truth().len();
        let request = aws.request(run_id, &[("prompts", json!(PROMPTS))]);
        assert_eq!(aws.run(&request).await.ending, ExecutionResult::Complete);
        let samples = aws.samples(&request).await;
        let deviations = compare_with_truth(&samples, &aws.truth()[earlier..], &MODEL_OF);
        assert_eq!(deviations.len(), samples.len());
        for deviation in deviations {
            assert!(deviation.difference_us >= 0, "too early: {deviation:?}");
            let known = least.entry(deviation.call.clone());
            let known = known.or_insert_with(|| deviation.clone());
            if deviation.excess_us() < known.excess_us() {
                *known = deviation;
            }
        }
        if least.values().all(|call| call.excess_us() <= TOLERANCE_US) {
            return;
        }
    }
    least.retain(|_, call| call.excess_us() > TOLERANCE_US);
    panic!("late in every run: {least:#?}");
}

#[tokio::test]
async fn a_run_keeps_every_call_and_run_again_changes_nothing() {
    let mut aws = Embedded::start(100.0, &[]).await;
    let request = aws.request("whole", &[("prompts", json!(PROMPTS))]);
    let first = aws.run(&request).await;
    assert_eq!(first.ending, ExecutionResult::Complete);

    let samples = aws.samples(&request).await;
    let calls = samples
        .iter()
        .filter(|sample| sample.phase != Phase::Probe)
        .count();
    assert_eq!(calls, 4 * CALLS);
    assert_eq!(keys_of(&samples).len(), samples.len());
    let measured = samples
        .iter()
        .filter(|sample| sample.is_measured_ok())
        .count();
    assert_eq!(measured, 4 * PROMPTS * REPETITIONS);

    let report = first.report();
    assert!(report.run.complete && report.run.simulated);
    first.assert_figures_can_be_recomputed();
    let cost = report.cost.as_ref().expect("the catalog was uploaded");
    assert!(cost.simulated && cost.total_high.is_known());
    for target in &cost.targets {
        assert!(target.simulated && target.reason.is_none(), "{target:?}");
        assert!(target.per_request.is_known(), "{target:?}");
    }

    let again = aws.run(&request).await;
    assert_eq!(again.ending, ExecutionResult::Complete);
    assert_eq!(aws.samples(&request).await, samples);
    for name in [
        "report.json",
        "report.html",
        "report.md",
        "summary.csv",
        "samples.csv",
        "samples.jsonl",
    ] {
        assert!(again.bytes(name) == first.bytes(name), "{name} differs");
    }

    let runs = aws.session.store().runs().await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].status, RunStatus::Complete);
    let index = aws
        .session
        .store()
        .get_text(&keys::runs_index("html"))
        .await
        .unwrap()
        .unwrap();
    assert!(index.contains("whole"));
}

#[tokio::test]
async fn a_run_id_cannot_be_used_for_another_configuration() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let one = [("prompts", json!(1)), ("targets", json!(["bedrock-cmi"]))];
    assert_eq!(
        aws.run(&aws.request("mine", &one)).await.ending,
        ExecutionResult::Complete
    );
    let two = [("prompts", json!(2)), ("targets", json!(["bedrock-cmi"]))];
    let ExecutionResult::Failed { error, cause } = aws.run(&aws.request("mine", &two)).await.ending
    else {
        panic!("the run went on");
    };
    assert_eq!(error, "RunIdTaken");
    assert!(cause.contains("choose another `run_id`"), "{cause}");
}

#[tokio::test]
async fn a_killed_invoker_loses_no_sample_and_repeats_none() {
    let mut aws = Embedded::start(100.0, &[]).await;
    let fields = [("prompts", json!(4)), ("targets", json!(["ec2-inf2"]))];
    let request = aws.request("killed", &fields);
    let store = aws.session.store();
    execution::upload(&aws.project, &store, &request)
        .await
        .unwrap();

    let endpoint = aws.session.endpoint_url().to_owned();
    let killer = async {
        // Half-way through a prompt: its first call is stored, its last is not.
        let before = support::eventually(|| async {
            let stored = store.samples("killed", "ec2-inf2").await.unwrap();
            let calls = stored
                .iter()
                .filter(|sample| sample.phase != Phase::Probe)
                .count();
            (calls % (WARMUPS + REPETITIONS) == 1).then_some(stored)
        })
        .await;
        (support::kill_invokers(&endpoint), before)
    };
    let console = Console::silent();
    let (ending, (dead, before)) = tokio::join!(
        execution::run_and_watch(&mut aws.session, &request, &console),
        killer
    );
    assert!(dead > 0, "an invoker was killed");
    assert_eq!(ending.unwrap(), ExecutionResult::Complete);

    let after = aws.samples(&request).await;
    assert!(
        before.iter().all(|sample| after.contains(sample)),
        "a stored sample was lost or edited"
    );
    let calls: Vec<_> = after
        .into_iter()
        .filter(|sample| sample.phase != Phase::Probe)
        .collect();
    assert_eq!(calls.len(), 4 * (WARMUPS + REPETITIONS));
    assert_eq!(keys_of(&calls).len(), calls.len());
    assert!(calls.iter().all(Sample::is_ok));
}

#[tokio::test]
async fn a_target_whose_every_call_fails_leaves_the_others_their_figures() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let request = aws.request(
        "partly",
        &[
            ("prompts", json!(2)),
            ("targets.sagemaker-g6.endpoint", json!("simulate-error-500")),
            ("targets.sagemaker-g6.ready_within_s", json!(0)),
        ],
    );
    let finished = aws.run(&request).await;
    let ExecutionResult::Failed { error, cause } = &finished.ending else {
        panic!("the run is whole")
    };
    assert_eq!(error, "IncompleteRun");
    assert!(cause.contains("sagemaker-g6"), "{cause}");

    let report = finished.report();
    assert!(!report.run.complete);
    for target in &report.targets {
        let figures = &target.timings.latency;
        if target.id == "sagemaker-g6" {
            assert_eq!(figures.mean.value(), None);
            assert!(!target.failures.is_empty());
            assert!(
                target
                    .failures
                    .iter()
                    .all(|failure| failure.outcome == Outcome::ServerError)
            );
        } else {
            assert!(
                figures.mean.is_known() && figures.stddev.is_known(),
                "{}",
                target.id
            );
        }
    }
    assert!(finished.text("report.html").contains("server_error"));
    finished.assert_figures_can_be_recomputed();
}

#[tokio::test]
async fn a_target_that_is_loading_is_waited_for() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let request = aws.request(
        "loading",
        &[
            ("prompts", json!(1)),
            ("targets", json!(["sagemaker-g6"])),
            ("targets.sagemaker-g6.endpoint", json!("simulate-cold-2")),
        ],
    );
    let finished = aws.run(&request).await;
    assert_eq!(finished.ending, ExecutionResult::Complete);
    let samples = aws.samples(&request).await;
    let probes: Vec<_> = samples
        .iter()
        .filter(|sample| sample.phase == Phase::Probe)
        .map(|sample| sample.outcome)
        .collect();
    assert_eq!(probes, [Outcome::NotReady, Outcome::NotReady, Outcome::Ok]);
}

/// How many calls ended until the run's own estimate had spent its budget, and how
/// many of each target ended after that.
fn after_the_budget(budget: &RunBudget, samples: &[Sample]) -> (usize, BTreeMap<String, usize>) {
    let mut calls: Vec<(i64, &Sample, UsageTotals)> = samples
        .iter()
        .filter_map(|sample| {
            let used = UsageTotals::of(sample)?;
            Some((used.last_us, sample, used))
        })
        .collect();
    calls.sort_by_key(|(ended, ..)| *ended);
    let mut used: BTreeMap<String, UsageTotals> = BTreeMap::new();
    let mut late = BTreeMap::new();
    let mut before = 0;
    let mut spent = false;
    for (_, sample, call) in calls {
        if spent {
            *late.entry(sample.target_id.to_string()).or_default() += 1;
            continue;
        }
        before += 1;
        let known = used.remove(sample.target_id.as_str());
        let all = known.map_or(call, |known| known.plus(call));
        used.insert(sample.target_id.to_string(), all);
        spent = budget.is_spent(&used);
    }
    assert!(spent, "the budget was never spent");
    (before, late)
}

#[tokio::test]
async fn a_budget_spent_in_the_middle_of_a_run_stops_every_worker_within_one_call() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let tokens = json!({"kind": "tokens", "prices": {
        "1K input tokens": "1", "1K output tokens": "1",
    }});
    let prompts = 8;
    let fields = [
        ("prompts", json!(prompts)),
        ("targets", json!(["bedrock-serverless", "ec2-inf2"])),
        ("targets.bedrock-serverless.pricing", tokens.clone()),
        ("targets.ec2-inf2.pricing", tokens),
        ("targets.ec2-inf2.concurrency", json!(3)),
        ("budget_usd", json!("8")),
    ];
    let request = aws.request("spent", &fields);
    let finished = aws.run(&request).await;
    let ExecutionResult::Failed { error, cause } = &finished.ending else {
        panic!("the run is whole")
    };
    assert_eq!(error, "IncompleteRun");
    assert!(cause.contains("the budget was spent"), "{cause}");

    // Every planned call has its sample, whether it was made or not.
    let samples = aws.samples(&request).await;
    let planned = 2 * prompts * (WARMUPS + REPETITIONS);
    let calls: Vec<_> = samples
        .iter()
        .filter(|sample| sample.phase != Phase::Probe)
        .collect();
    assert_eq!(calls.len(), planned);
    assert_eq!(keys_of(&samples).len(), samples.len());
    let not_made = samples
        .iter()
        .filter(|sample| sample.outcome == Outcome::Budget)
        .count();
    assert_eq!(
        samples.len() - not_made,
        aws.truth().len(),
        "calls that the services saw"
    );

    let store = aws.session.store();
    let plan = store.get_plan("spent").await.unwrap().unwrap();
    let budget = RunBudget::of(&plan).unwrap().expect("a budget");
    let (before, late) = after_the_budget(&budget, &samples);
    assert!(
        before > 2 && not_made > planned / 4,
        "{before} made, {not_made} not made"
    );
    for target in &plan.config.targets {
        let late = late.get(target.id.as_str()).copied().unwrap_or_default();
        let workers = target.concurrency as usize;
        assert!(
            late <= workers,
            "{late} calls of {} after it was spent",
            target.id
        );
    }
    // What was counted on the way is what the samples say.
    let counted = store.usage("spent").await.unwrap();
    for (target, used) in &counted {
        let own = samples.iter().filter(|sample| sample.target_id == *target);
        assert_eq!(used.usage, Usage::of(own), "{target}");
    }
    assert!(budget.is_spent(&counted));

    let report = finished.report();
    assert!(!report.run.complete);
    assert!(report.targets.iter().all(|target| target.calls.missing > 0));
    let said = |text: &str| finished.text("report.html").contains(text);
    assert!(said("budget"), "the page says why");
    let spent = report
        .warnings
        .iter()
        .find_map(|warning| match &warning.finding {
            Warning::BudgetSpent { budget, not_made } => Some((budget.to_string(), *not_made)),
            _ => None,
        });
    let (budget, not_made) = spent.expect("a warning");
    assert_eq!(budget, "$8.00");
    assert!(not_made > 0);
    finished.assert_figures_can_be_recomputed();

    let again = aws.run(&request).await;
    assert_eq!(
        aws.samples(&request).await,
        samples,
        "nothing is bought again"
    );
    assert_eq!(again.ending, finished.ending);
}

#[tokio::test]
async fn a_call_is_counted_once_however_often_it_is_stored() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let store = aws.session.store();
    let sample = |repetition: u32| -> Sample {
        let call = json!({
            "run_id": "r", "target_id": "t", "prompt_id": "p", "prompt_index": 0,
            "phase": "measured", "repetition": repetition, "attempt": 1, "outcome": "ok",
            "started_at": "2026-01-02T03:04:05Z", "latency_us": 1_000_000, "prompt_chars": 4,
            "input_tokens": 3, "output_tokens": 5, "response_text": "18",
            "function_cold_start": false, "function_request_id": "q",
        });
        serde_json::from_value(call).unwrap()
    };
    // Eight workers at once, each stored twice.
    let mut workers = tokio::task::JoinSet::new();
    for repetition in (1..=8).chain(1..=8) {
        let (store, sample) = (store.clone(), sample(repetition));
        workers.spawn(async move { store.put_counted_sample(&sample).await.unwrap() });
    }
    let puts = workers.join_all().await;
    let stored = puts.iter().filter(|put| **put == Put::Stored).count();
    assert_eq!((puts.len(), stored), (16, 8));
    let used = store.usage("r").await.unwrap();
    let usage = used["t"].usage;
    assert_eq!(
        (used.len(), usage.attempts, usage.busy_us),
        (1, 8, 8_000_000)
    );
    assert_eq!((usage.tokens.input, usage.tokens.output), (24, 40));
    assert_eq!(used["t"].last_us - used["t"].first_us, 1_000_000);
    let stored = store.samples("r", "t").await.unwrap();
    assert_eq!(stored.len(), 8);
}

#[tokio::test]
async fn a_budget_that_cannot_be_kept_is_refused_before_the_first_call() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let unknown = json!({"kind": "hourly", "sku": "ec2:nobody.knows"});
    let fields = [
        ("targets", json!(["ec2-inf2"])),
        ("targets.ec2-inf2.pricing", unknown),
        ("targets.ec2-inf2.instance", json!("nobody.knows")),
        ("budget_usd", json!(5)),
    ];
    let request = aws.request("unknown", &fields);
    let ExecutionResult::Failed { error, cause } = aws.run(&request).await.ending else {
        panic!("the run went on");
    };
    assert_eq!(error, "InvalidConfig");
    assert!(
        cause.contains("`budget_usd` cannot be kept") && cause.contains("ec2:nobody.knows"),
        "{cause}"
    );
    assert_eq!(aws.truth().len(), 0, "nothing was called");
}
