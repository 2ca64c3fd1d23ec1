//! Targets under load on the embedded AWS: every call of every step is in the table once,
//! whatever is killed or stopped, and state and history stay small.

use std::collections::{BTreeMap, BTreeSet};

use bench_core::{
    hash::sha256_hex,
    load::WorkerState,
    plan::Plan,
    sample::{Outcome, Phase, Sample},
    workflow::{LoadSize, MAX_STATE_BYTES},
};
use bench_store::StoredLoad;
use hostbench::halt;
use serde_json::{Value, json};
use support::{Embedded, Record, eventually};

use crate::second_interpreter::{definition, entered, interpret_definition, run};

/// Milliseconds of a call, in four tokens, where a slot is free.
const SERVICE: &str = "simulate-tokens-4-every-20ms";

const TARGETS: [&str; 4] = ["a", "b", "c", "d"];

/// A target with two slots, whose calls are to be told from those of the others.
fn target(id: &str) -> Value {
    json!({
        "id": id, "kind": "http", "url": format!("http://simulated/{id}-simulate-slots-2-{SERVICE}"),
        "request": "tgi", "simulated": true, "ready_within_s": 0,
    })
}

/// A load of short steps without a search. Every call has a prompt of its own.
fn config(name: &str, targets: &[&str], load: &Value) -> Value {
    let mut whole = json!({
        "step_s": 2, "ramp_s": 1, "search": false, "objective": {"success_rate": 0.01},
    });
    for (field, value) in load.as_object().expect("fields") {
        whole[field] = value.clone();
    }
    json!({
        "name": name,
        "dataset": {"source": "builtin", "prompts": 2},
        "method": {"warmup": 0, "repetitions": 1, "cache": "cold", "timeout_s": 10},
        "load": whole,
        "targets": targets.iter().map(|id| target(id)).collect::<Vec<_>>(),
    })
}

async fn under_iam() -> Embedded {
    Embedded::start_with(1_000.0, &[], |options| {
        options.enforce_iam = true;
        // Retries and waits are short, and not so short that a service is flooded.
        options.wait_scale = 0.05;
    })
    .await
}

/// Why a load ended, as it is stored.
type Reason = Value;

async fn load(aws: &Embedded, run: &str, target: &str) -> StoredLoad<Reason> {
    let store = aws.session.store();
    store.load(run, target).await.expect("a load")
}

async fn samples_under_load(aws: &Embedded, run: &str, target: &str) -> Vec<Sample> {
    let store = aws.session.store();
    let mut samples = store.samples(run, target).await.expect("samples");
    assert!(samples.is_sorted_by_key(Sample::key), "{target}");
    samples.retain(Sample::is_under_load);
    samples
}

/// The hash of the prompt of a call of a load, as the simulator writes it down.
fn hash(plan: &Plan, sample: &Sample) -> String {
    let prompt = plan.prompt(sample.prompt_index).expect("a prompt");
    let target = plan.target(&sample.target_id).expect("a target");
    let number = (sample.step << 26) | (sample.worker << 20) | sample.repetition;
    let rendered = prompt.rendered(&plan.config.method, target, Phase::Ramp, number);
    sha256_hex(rendered.text.as_bytes())
}

/// How often the simulator was asked each prompt of a target.
fn asked(aws: &Embedded, target: &str) -> BTreeMap<String, u32> {
    let mut asked = BTreeMap::new();
    let model = format!("/{target}-simulate-slots-2-{SERVICE}");
    for call in aws.truth().into_iter().filter(|call| call.model == model) {
        *asked.entry(call.prompt_sha256).or_default() += 1;
    }
    asked
}

/// Holds the samples of a target's load against the calls that the simulator saw: none was
/// made twice, and none is without its sample.
async fn assert_no_call_is_lost_or_made_twice(aws: &Embedded, run: &str, target: &str) {
    let store = aws.session.store();
    let plan = store.get_plan(run).await.expect("an item").expect("a plan");
    let samples = samples_under_load(aws, run, target).await;
    let asked = asked(aws, target);
    let twice: Vec<_> = asked.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{target}: asked twice: {twice:?}");
    let mut known = BTreeSet::new();
    for sample in &samples {
        let hash = hash(&plan, sample);
        // One that was interrupted may have been before or behind its request.
        let was_sent = asked.contains_key(&hash) || sample.outcome == Outcome::Interrupted;
        assert!(was_sent, "{target}: nobody asked {sample:?}");
        assert!(known.insert(hash), "{target}: two samples of a call");
    }
    // Two prompts outside of the load, and a probe.
    let others = asked.keys().filter(|hash| !known.contains(*hash)).count();
    assert_eq!(others, 3, "{target}: calls without a sample");
}

/// The levels of a load, in rising order. A step that does not show how the target is, as on
/// a machine that does other work, is made again.
fn levels(load: &StoredLoad<Reason>) -> Vec<f64> {
    let mut levels: Vec<_> = load.steps.iter().map(|step| step.plan.level).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// `samples.jsonl` has the samples of loads behind those of the prompts.
async fn assert_samples_are_in_their_file(aws: &Embedded, run: &str) {
    let folder = aws.fetch(run).await;
    let text = std::fs::read_to_string(folder.join("samples.jsonl")).expect("samples");
    let mut read = text
        .lines()
        .map(|line| Sample::from_line(line).expect("a sample"));
    let store = aws.session.store();
    for target in TARGETS {
        for sample in store.samples(run, target).await.expect("samples") {
            assert_eq!(read.next(), Some(sample));
        }
    }
    assert_eq!(read.next(), None);
}

fn loads(records: &[Record]) -> Vec<&Record> {
    records
        .iter()
        .filter(|record| record.is_of_load())
        .collect()
}

#[tokio::test]
async fn four_targets_under_load_lose_no_call_and_make_none_twice_when_workers_are_killed() {
    let aws = under_iam().await;
    let six = json!({"steps": [1, 2, 3, 4, 5, 6], "max_steps": 20});
    let config = config("loads", &TARGETS, &six);
    let endpoint = aws.session.endpoint_url().to_owned();
    let killer = async {
        eventually(|| async {
            let second = load(&aws, "killed", "a").await.steps.into_iter().nth(1)?;
            let runs = second.workers.first()?.state == WorkerState::Running;
            let half = second.plan.window_start() + jiff::SignedDuration::from_secs(1);
            (runs && jiff::Timestamp::now() > half).then_some(())
        })
        .await;
        support::kill_invokers(&endpoint)
    };
    let input = json!({"config": config});
    let (arn, dead) = tokio::join!(aws.execute("killed", &input), killer);
    assert!(dead > 0, "workers were killed");
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error, None, "{}", records[0].output);

    let plan = aws.session.store().get_plan("killed").await.unwrap();
    let plan = plan.expect("a plan");
    let size = LoadSize::of(&plan.config).unwrap().expect("a load");
    let mut interrupted = 0;
    let six_levels: Vec<_> = (1..=6).map(f64::from).collect();
    for target in TARGETS {
        assert_no_call_is_lost_or_made_twice(&aws, "killed", target).await;
        let load = load(&aws, "killed", target).await;
        assert!(load.end.is_some(), "{target}");
        // A machine that is busy may be the bottleneck, which ends a load.
        let made = levels(&load);
        let is_busy = load.end == Some(json!("client_limited"));
        assert!(
            made == six_levels || is_busy && six_levels.starts_with(&made),
            "{target}: {made:?}, {:?}",
            load.end
        );
        for step in &load.steps {
            let states: Vec<_> = step.workers.iter().map(|worker| worker.state).collect();
            match states[..] {
                [WorkerState::Interrupted] => interrupted += 1,
                // A machine that is busy may be too late for a step, which is made again.
                [WorkerState::Done | WorkerState::Late] => {}
                _ => panic!("{target}: {states:?} of {:?}", step.plan),
            }
        }
    }
    assert!(interrupted > 0, "a step tells that its worker was killed");
    assert_samples_are_in_their_file(&aws, "killed").await;
    let loads = loads(&records);
    assert_eq!(loads.len(), 4);
    for load in &loads {
        let events = u32::try_from(load.events.len()).unwrap();
        let most = size.max_events;
        assert!(events <= most, "{events} of {most}: {}", load.arn);
    }
    let longest = records.iter().map(Record::longest_payload).max();
    assert!(longest < Some(MAX_STATE_BYTES), "{longest:?}");
}

#[tokio::test]
async fn a_run_that_is_stopped_under_load_and_resumed_makes_no_call_twice() {
    let aws = under_iam().await;
    let config = config("stopped", &["a"], &json!({"steps": [1, 2, 3]}));
    let client = aws.session.step_functions();
    let started = client
        .start_execution()
        .state_machine_arn(aws.session.state_machine_arn())
        .name("stopped")
        .input(json!({"config": config}).to_string())
        .send()
        .await;
    let arn = started.expect("started").execution_arn;
    let before = eventually(|| async {
        let load = load(&aws, "stopped", "a").await;
        let second = load.steps.get(1)?;
        let is_running = second.workers.first()?.state == WorkerState::Running;
        let half = second.plan.window_start() + jiff::SignedDuration::from_secs(1);
        (is_running && jiff::Timestamp::now() > half).then_some(load)
    })
    .await;
    halt::stop(&client, &[arn]).await.expect("stopped");

    let arn = aws.execute("resumed", &json!({"resume": "stopped"})).await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error, None, "{}", records[0].output);
    assert_no_call_is_lost_or_made_twice(&aws, "stopped", "a").await;
    let after = load(&aws, "stopped", "a").await;
    assert_eq!(after.steps[0], before.steps[0]);
    assert_eq!(after.steps[1].plan, before.steps[1].plan);
    assert!(after.end.is_some());
    let report = std::fs::read(aws.fetch("stopped").await.join("report.json"));
    let report: Value = serde_json::from_slice(&report.expect("a report")).expect("JSON");
    let told = &report["load"]["targets"][0]["ended"];
    assert_eq!(Some(told), after.end.as_ref(), "as the planner decided");
    let mut states = after.steps.iter().flat_map(|step| &step.workers);
    let ended = [WorkerState::Done, WorkerState::Late];
    assert!(states.all(|worker| ended.contains(&worker.state)));
    assert_eq!(levels(&after), [1.0, 2.0, 3.0]);
}

#[tokio::test]
async fn a_step_that_is_longer_than_an_invocation_goes_on_in_the_next_one() {
    let aws = Embedded::start_with(1_000.0, &[], |options| {
        options.enforce_iam = true;
        options.wait_scale = 0.05;
        // 30 s are for the begin of an invocation and its last call.
        let variable = ("MAX_INVOCATION_S".to_owned(), "33".to_owned());
        options.environment.push(variable);
    })
    .await;
    let long = json!({"steps": [2], "step_s": 8, "ramp_s": 1, "max_steps": 3});
    let config = config("long", &["a"], &long);
    let arn = aws.execute("long", &json!({"config": config})).await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error, None, "{}", records[0].output);
    assert_no_call_is_lost_or_made_twice(&aws, "long", "a").await;
    let load = load(&aws, "long", "a").await;
    // A machine that is busy may have made the step again.
    let step = load.steps.last().expect("a step");
    assert_eq!((step.plan.part_s, step.plan.parts()), (Some(3), 3));
    let states: Vec<_> = step
        .workers
        .iter()
        .map(|it| (it.worker, it.state))
        .collect();
    let done = WorkerState::Done;
    assert_eq!(states, [(1, done), (2, done), (3, done)]);
    let mut samples = samples_under_load(&aws, "long", "a").await;
    samples.retain(|sample| sample.step == step.plan.step);
    for worker in 1..=3 {
        let own = samples.iter().filter(|sample| sample.worker == worker);
        let intended: Vec<_> = own.filter_map(|sample| sample.intended_at).collect();
        let part = step.plan.begins_at(worker)..step.plan.ends_at(worker);
        assert!(
            intended.iter().all(|at| part.contains(at)),
            "worker {worker}"
        );
        // Two callers, a tenth of a second a call: both made calls all the time.
        assert!(intended.len() > 20, "worker {worker}: {}", intended.len());
    }
    // Never more calls at a time than callers.
    let mut ends: Vec<_> = samples
        .iter()
        .flat_map(|sample| {
            let lasted = i64::try_from(sample.latency_us).unwrap();
            let end = sample.started_at + jiff::SignedDuration::from_micros(lasted);
            [(sample.started_at, 1), (end, -1)]
        })
        .collect();
    ends.sort();
    let mut under_way = 0;
    for (at, change) in ends {
        under_way += change;
        assert!(under_way <= 2, "{under_way} at {at}");
    }
}

#[tokio::test]
async fn targets_apart_are_never_under_load_at_the_same_time() {
    let aws = under_iam().await;
    let config = config(
        "apart",
        &["a", "b", "c"],
        &json!({"steps": [1, 2], "order": "apart"}),
    );
    let arn = aws.execute("apart", &json!({"config": config})).await;
    let records = aws.records(&arn).await;
    assert_eq!(records[0].error, None, "{}", records[0].output);
    let mut spans = Vec::new();
    for target in ["a", "b", "c"] {
        assert_no_call_is_lost_or_made_twice(&aws, "apart", target).await;
        let samples = samples_under_load(&aws, "apart", target).await;
        assert_eq!(levels(&load(&aws, "apart", target).await), [1.0, 2.0]);
        let first = samples.iter().map(|sample| sample.started_at).min();
        let last = samples.iter().map(|sample| {
            let lasted = i64::try_from(sample.latency_us).unwrap();
            sample.started_at + jiff::SignedDuration::from_micros(lasted)
        });
        spans.push((first.expect("calls"), last.max().expect("calls"), target));
    }
    spans.sort();
    for pair in spans.windows(2) {
        assert!(pair[0].1 < pair[1].0, "{pair:?}");
    }
}

#[tokio::test]
async fn the_other_interpreter_runs_a_load_as_well() {
    let aws = Embedded::start(1_000.0, &[]).await;
    let both = config(
        "moto",
        &["a", "b"],
        &json!({"steps": [1, 2], "order": "apart"}),
    );
    // It waits in earnest.
    let mut definition = definition(&aws).await;
    let path = "/States/MeasureTargets/ItemProcessor/States/MeasureTarget/Branches/0/States\
                /MeasureLoad/ItemProcessor/States/WaitForStep";
    let wait = definition.pointer_mut(path).expect("a wait");
    *wait = json!({"Type": "Wait", "Seconds": 1, "Next": "NextStep"});
    let runs = vec![run("moto-load", &both)];
    let ended = interpret_definition(&aws, definition, json!([]), runs).await;
    let run = &ended[0];
    assert_eq!(run["status"], "SUCCEEDED", "{run}");
    assert_eq!(run["output"]["complete"], true);
    assert_eq!(entered(run, "MeasureLoad"), 2);
    assert_eq!(entered(run, "WorkerGivenUp"), 0);
    assert_eq!(entered(run, "LoadMeasured"), 2);
    assert!(entered(run, "WaitForStep") > 0, "one waits for the other");
    let mut steps = 0;
    for target in ["a", "b"] {
        assert_no_call_is_lost_or_made_twice(&aws, "moto-load", target).await;
        let load = load(&aws, "moto-load", target).await;
        assert_eq!(levels(&load), [1.0, 2.0], "{target}");
        steps += load.steps.len();
    }
    assert_eq!(entered(run, "RunWorkers"), steps);
    assert_eq!(
        entered(run, "InvokeWorker"),
        steps,
        "a worker for each step"
    );
}
