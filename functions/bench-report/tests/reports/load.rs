//! Targets under load, whose truth is known: a closed loop of N callers on c service slots of
//! a fixed service time S has a response time of S up to c callers and of N·S/c beyond.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    sync::LazyLock,
};

use bench_core::{
    config::Arrival,
    load::{Criterion, StepPlan},
    money::Money,
    plan::{DatasetRecord, Plan},
    sample::{Outcome, Phase, Sample},
    task::Task,
};
use bench_cost::CapacityBasis;
use bench_load::{EndReason, LevelOutcome, OpenEnd, Steadiness};
use bench_report::{Accumulator, Report, TargetLoad, artifacts, build, rebuild::Rebuild};
use bench_stats::SplitMix64;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use crate::calls::{call, failure, planned};

/// Levels of the steps.
pub(crate) const LEVELS: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// Time to the first token and service time of a call, in microseconds.
const SERVICE: (u64, u64) = (200_000, 2_000_000);

/// A plan of two targets under load.
pub(crate) fn plan(objective: &str) -> Plan {
    let text = format!(
        r#"
        name = "load"
        dataset = {{ source = "builtin", prompts = 20 }}
        method = {{ warmup = 0, repetitions = 1 }}
        load = {{ steps = {LEVELS:?}, step_s = 120, ramp_s = 10, objective = {{ {objective} }} }}
        [[targets]]
        id = "eight-slots"
        kind = "http"
        url = "http://10.0.0.1"
        request = "openai-chat"
        pricing = {{ kind = "hourly", sku = "ec2:own", prices = {{ hour = "2.88" }} }}
        [[targets]]
        id = "two-slots"
        kind = "http"
        url = "http://10.0.0.2"
        request = "openai-chat"
        pricing = {{ kind = "tokens", sku = "bedrock:own", prices = {{ "1K input tokens" = "0.001", "1K output tokens" = "0.002" }} }}
        "#
    );
    let record = DatasetRecord {
        label: "builtin".into(),
        sha256: "0".into(),
        problems: 20,
        task: Task::Gsm8k,
    };
    planned(&text, record, Vec::new())
}

/// The sequential calls and the load of a run on targets of 8 and 2 slots.
pub(crate) fn run(objective: &str) -> (Plan, Vec<Sample>) {
    let plan = plan(objective);
    let mut samples = Vec::new();
    for (target, slots) in [("eight-slots", 8), ("two-slots", 2)] {
        for prompt in 0..20 {
            samples.push(call(target, prompt, 1, SERVICE.1));
        }
        for (number, callers) in (1..).zip(LEVELS) {
            samples.extend(step(target, slots, number, callers));
        }
    }
    (plan, samples)
}

/// A run under a limit of response time, and what is reported of it.
struct Reported {
    plan: Plan,
    samples: Vec<Sample>,
    report: Report,
    /// Of its calls outside of the load.
    alone: Report,
}

static REPORTED: LazyLock<Reported> = LazyLock::new(|| {
    let (plan, samples) = run("latency_p95_ms = 3_500");
    let alone: Vec<Sample> = samples
        .iter()
        .filter(|sample| !sample.is_under_load())
        .cloned()
        .collect();
    Reported {
        report: build(&plan, &samples),
        alone: build(&plan, &alone),
        plan,
        samples,
    }
});

/// The calls of a step of a closed loop: the next caller that is free takes the slot that is
/// free first, in their order.
pub(crate) fn step(target: &str, slots: usize, number: u32, callers: u32) -> Vec<Sample> {
    let start: Timestamp = "2026-06-01T01:00:00Z".parse().unwrap();
    let plan = StepPlan {
        step: number,
        level: callers.into(),
        workers: 1,
        start_at: start + SignedDuration::from_mins(3 * i64::from(number)),
        ramp_s: 10,
        step_s: 120,
        part_s: None,
    };
    let mut noise = SplitMix64::new(u64::from(number) * 100 + slots as u64);
    let mut ready: BinaryHeap<Reverse<u64>> = (0..callers)
        .map(|caller| Reverse(u64::from(caller) * 10_000_000 / u64::from(callers)))
        .collect();
    let mut free: BinaryHeap<Reverse<u64>> = (0..slots).map(|_| Reverse(0)).collect();
    let mut samples = Vec::new();
    while let Some(Reverse(intended)) = ready.pop() {
        if intended >= 130_000_000 {
            continue;
        }
        let Reverse(slot) = free.pop().unwrap();
        let begin = slot.max(intended);
        let service = SERVICE.1 + noise.next_u64() % 40_000;
        let end = begin + service;
        free.push(Reverse(end));
        ready.push(Reverse(end + 500));
        let at = plan.start_at + SignedDuration::from_micros(intended.try_into().unwrap());
        let sample = Sample {
            phase: if intended < 10_000_000 {
                Phase::Ramp
            } else {
                Phase::Measured
            },
            repetition: u32::try_from(samples.len()).unwrap() + 1,
            intended_at: Some(at),
            queued_us: Some(50),
            started_at: at,
            ttft_us: Some(begin - intended + SERVICE.0),
            ttfo_us: Some(begin - intended + SERVICE.0),
            last_token_us: Some(end - intended),
            ..call(
                target,
                u32::try_from(samples.len() % 20).unwrap(),
                1,
                end - intended,
            )
        };
        samples.push(plan.mark(1, sample));
    }
    samples
}

pub(crate) fn load_of<'a>(report: &'a Report, target: &str) -> &'a TargetLoad {
    let load = report.load.as_ref().unwrap();
    let mut targets = load.targets.iter();
    targets.find(|load| load.target_id == *target).unwrap()
}

#[test]
fn a_step_has_the_response_time_and_the_throughput_of_its_slots() {
    let report = &REPORTED.report;
    for (target, slots) in [("eight-slots", 8.0), ("two-slots", 2.0)] {
        for step in &load_of(report, target).steps {
            let waits = (step.plan.level / slots).max(1.0);
            let response = step.response_ms.p50.value().unwrap();
            assert!(
                (response / (2_020.0 * waits) - 1.0).abs() < 0.03,
                "{response}"
            );
            let rate = step.plan.level.min(slots) / 2.02;
            let measured = step.requests_per_s.value().unwrap();
            assert!(
                (measured / rate - 1.0).abs() < 0.05,
                "{target} {measured} {rate}"
            );
        }
    }
}

#[test]
fn the_capacity_encloses_the_truth_and_more_slots_are_ranked_above_fewer() {
    let report = &REPORTED.report;
    // 13 callers take 3.28 s, 14 take 3.54 s.
    let capacity = &load_of(report, "eight-slots").capacity;
    assert_eq!((capacity.low, capacity.broken_at), (Some(8.0), Some(16.0)));
    let capacity = &load_of(report, "two-slots").capacity;
    assert_eq!((capacity.low, capacity.broken_at), (Some(2.0), Some(4.0)));
    let rankings = &report.load.as_ref().unwrap().rankings;
    assert_eq!(rankings[0].ranking, bench_load::Ranking::First);
}

#[test]
fn calls_under_load_enter_no_figure_of_one_caller() {
    let (with, without) = (&REPORTED.report, &REPORTED.alone);
    for (with, without) in with.targets.iter().zip(&without.targets) {
        assert_eq!(with, without);
    }
    assert_eq!(with.prompts, without.prompts);
    assert!(without.load.as_ref().unwrap().targets.is_empty());
}

#[test]
fn the_load_does_not_depend_on_the_order_of_samples() {
    let (plan, mut samples) = run("ttft_p95_ms = 1_000, success_rate = 0.99");
    let forward = build(&plan, &samples);
    samples.reverse();
    assert_eq!(build(&plan, &samples).load, forward.load);
    SplitMix64::new(3).shuffle(&mut samples);
    assert_eq!(build(&plan, &samples).load, forward.load);
}

#[test]
fn failures_of_a_window_have_their_class_and_their_time() {
    let (plan, mut samples) = run("success_rate = 0.99");
    let refused = samples.iter_mut().filter(|sample| {
        sample.target_id == "two-slots" && sample.step == 6 && sample.phase == Phase::Measured
    });
    let mut count = 0;
    for sample in refused.skip(10).step_by(2) {
        count += 1;
        let failed = failure("two-slots", sample.prompt_index, 1, Outcome::Throttled);
        *sample = Sample {
            outcome: Outcome::Throttled,
            http_status: Some(429),
            error_message: failed.error_message,
            correct: None,
            ..sample.clone()
        };
    }
    let report = build(&plan, &samples);
    let step = load_of(&report, "two-slots").steps.last().unwrap();
    let [failure] = step.failures.as_slice() else {
        panic!("{:?}", step.failures);
    };
    assert_eq!((failure.count, failure.http_status), (count, Some(429)));
    assert_eq!(failure.by_block.iter().sum::<u64>(), count);
    assert_eq!(step.judgment.outcome, LevelOutcome::Broken);
}

#[test]
fn cost_at_capacity_is_the_price_of_the_time_over_the_rate_of_the_slots() {
    let report = &REPORTED.report;
    // 8 slots of 2.02 s: 14,257 an hour for $2.88, so 1,000 for $0.202.
    let by_hand = 2.88 / (8.0 / 2.02 * 3_600.0) * 1_000.0;
    let at = &load_of(report, "eight-slots").at_capacity;
    let cost = at.cost_per_1k_requests.unwrap();
    let [low, high] = [cost.low, cost.high].map(|money| money.amount().to_f64().unwrap());
    assert!(
        low <= by_hand * 1.01 && high >= by_hand * 0.99,
        "{low} {high} {by_hand}"
    );
    // Tokens cost the same at every load: 50 · $0.001 + 100 · $0.002 a thousand.
    let at = &load_of(report, "two-slots").at_capacity;
    let tokens = at.cost_per_1k_requests.unwrap();
    assert_eq!(
        (tokens.low, tokens.high),
        (Money::usd("0.25").unwrap(), Money::usd("0.25").unwrap())
    );
}

#[test]
fn a_break_even_that_one_caller_does_not_reach_is_reached_at_the_capacity_under_load() {
    let of = |report: &Report| {
        let pairs = &report.cost.as_ref().unwrap().break_even;
        let pair = pairs
            .iter()
            .find(|pair| pair.per_hour == *"eight-slots")
            .unwrap();
        (pair.capacity_basis, pair.reachable)
    };
    // $2.88 an hour against $0.00025 a request: 11,520 an hour. One caller makes 1,800, eight
    // slots 14,257.
    assert_eq!(of(&REPORTED.alone), (CapacityBasis::OneCaller, false));
    assert_eq!(of(&REPORTED.report), (CapacityBasis::Load, true));
}

#[test]
fn the_calls_of_a_load_are_paid_for_and_change_no_cost_of_one_caller() {
    let (with, without) = (&REPORTED.report, &REPORTED.alone);
    for id in ["eight-slots", "two-slots"] {
        let (with, without) = (with.cost_of(id).unwrap(), without.cost_of(id).unwrap());
        assert_eq!(with.spend.measured, without.spend.measured);
        assert_eq!(with.per_1k_requests, without.per_1k_requests);
        assert_eq!(with.per_correct, without.per_correct);
        assert_eq!(without.spend.load, None);
        let [load, total] = [with.spend.load.as_ref().unwrap(), &with.spend.total]
            .map(|figure| figure.value().unwrap().amount());
        assert!(load > Decimal::ZERO && total > load);
    }
}

#[test]
fn every_step_is_a_row_of_the_table_of_loads() {
    let Reported {
        plan,
        samples,
        report,
        ..
    } = &*REPORTED;
    let artifacts = artifacts(report, samples);
    let of = |name: &str| artifacts.iter().find(|file| file.name == name).unwrap();
    if let Some(folder) = std::env::var_os("HOSTBENCH_KEEP_PAGES") {
        let folder = std::path::PathBuf::from(folder);
        for file in &artifacts {
            std::fs::write(folder.join(file.name), &file.body).unwrap();
        }
    }
    let mut table = csv::Reader::from_reader(of("load.csv").body.as_slice());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2 * LEVELS.len());
    // Names are those of `report.json`.
    let steps = serde_json::to_value(&report.load).unwrap();
    let steps = steps["targets"].as_array().unwrap().iter();
    let steps = steps.flat_map(|target| target["steps"].as_array().unwrap());
    let headers = table.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|it| it == name).unwrap();
    let (verdict, objective) = (column("verdict"), column("objective"));
    for (row, step) in rows.iter().zip(steps) {
        let judgment = &step["judgment"];
        assert_eq!(
            row[verdict],
            *judgment["steadiness"]["verdict"].as_str().unwrap()
        );
        assert_eq!(row[objective], *judgment["outcome"].as_str().unwrap());
    }
    let without = build(plan, &[]);
    let names: Vec<_> = bench_report::artifacts(&without, &[])
        .into_iter()
        .map(|file| file.name)
        .collect();
    assert!(names.contains(&"summary.csv"));
}

#[test]
fn why_a_load_ended_is_what_its_planner_decided_and_else_what_its_steps_tell() {
    let (mut plan, samples) = run("latency_p95_ms = 3_500");
    plan.prompts = crate::making::plan(&["any"], 20, 1).prompts;
    let ended = |report: &Report| load_of(report, "eight-slots").ended;
    let told = build(&plan, &samples);
    assert_eq!(ended(&told), None, "the search has not come to its end");
    let mut added = Accumulator::new(&plan.config);
    for sample in &samples {
        added.add(sample);
    }
    added.end_load(&"eight-slots".parse().unwrap(), EndReason::Time);
    let decided = added.report(&plan);
    assert_eq!(ended(&decided), Some(EndReason::Time));
    assert_eq!(load_of(&decided, "two-slots").ended, None);

    let files = artifacts(&decided, &samples);
    for name in ["report.html", "report.md"] {
        let file = files.iter().find(|file| file.name == name).unwrap();
        let text = String::from_utf8_lossy(&file.body);
        assert!(
            text.contains("load.max\\_minutes was reached")
                || text.contains("load.max_minutes was reached"),
            "{name}"
        );
    }

    let lines = &files
        .iter()
        .find(|file| file.name == "samples.jsonl")
        .unwrap()
        .body;
    let ended_again = |rebuild: Rebuild| {
        let mut rebuild = rebuild;
        rebuild
            .read("samples.jsonl", lines.as_slice(), |_| ())
            .unwrap();
        ended(&rebuild.finish().unwrap().report)
    };
    let rebuild = Rebuild::with_plan(plan.clone());
    assert_eq!(ended_again(rebuild.clone()), None);
    assert_eq!(
        ended_again(rebuild.with_load_ends(&decided)),
        Some(EndReason::Time)
    );
}

#[test]
fn a_limit_that_no_response_shows_is_named_with_what_the_responses_lack() {
    let (plan, mut samples) = run("tpot_p95_ms = 50");
    for sample in &mut samples {
        sample.output_tokens = None;
    }
    let report = build(&plan, &samples);
    let capacity = &load_of(&report, "eight-slots").capacity;
    assert_eq!(capacity.unmeasured, Some(Criterion::Tpot));
    assert_eq!(
        (capacity.low, capacity.low_open),
        (None, Some(OpenEnd::Unmeasured))
    );
    let page = &artifacts(&report, &samples)[0];
    let page = String::from_utf8_lossy(&page.body);
    assert!(page.contains("its responses do not state their output tokens"));
}

/// The calls of a step of an open loop of two workers on a target that answers each at once,
/// up to a second of the step.
fn open_step(plan: &Plan, level: f64, until_s: i64) -> Vec<Sample> {
    let load = plan.config.load.as_ref().unwrap();
    let step = StepPlan {
        step: 1,
        level,
        workers: 2,
        start_at: "2026-06-01T01:00:00Z".parse().unwrap(),
        ramp_s: load.ramp_s,
        step_s: load.step_s,
        part_s: None,
    };
    let until = step.start_at + SignedDuration::from_secs(until_s);
    let of_worker = |worker| {
        let offsets = bench_load::arrivals(load.process, &step, worker, load.seed);
        let starts = offsets.map(|it| step.start_at + SignedDuration::try_from(it).unwrap());
        let starts = starts.take_while(|at| *at < until);
        let samples = (1..).zip(starts).map(|(number, at)| Sample {
            phase: if at < step.window_start() {
                Phase::Ramp
            } else {
                Phase::Measured
            },
            repetition: number,
            intended_at: Some(at),
            queued_us: Some(50),
            started_at: at,
            ..call("eight-slots", number % 20, 1, SERVICE.1)
        });
        let samples: Vec<Sample> = samples.collect();
        samples
            .into_iter()
            .map(|it| step.mark(worker, it))
            .collect()
    };
    (1..=2)
        .flat_map(|worker| -> Vec<Sample> { of_worker(worker) })
        .collect()
}

#[test]
fn a_worker_that_had_nothing_to_send_disturbs_no_step_and_one_that_stopped_does() {
    let mut plan = plan("latency_p95_ms = 3_500");
    plan.config.load.as_mut().unwrap().arrival = Arrival::Open;
    let lost = |samples: &[Sample]| {
        let report = build(&plan, samples);
        match load_of(&report, "eight-slots").steps[0].judgment.steadiness {
            Steadiness::Disturbed { lost_workers, .. } => lost_workers,
            _ => 0,
        }
    };
    // A request in three minutes: in two of them one worker has none.
    let rare = open_step(&plan, 1.0 / 180.0, 130);
    let seen: BTreeSet<u32> = rare.iter().map(|sample| sample.worker).collect();
    assert!(seen.len() < 2, "{rare:?}");
    let rare_step = (!rare.is_empty()).then(|| lost(&rare));
    assert_eq!(rare_step.unwrap_or(0), 0);
    assert_eq!(lost(&open_step(&plan, 8.0, 130)), 0);
    assert_eq!(lost(&open_step(&plan, 8.0, 70)), 2, "the budget was spent");
    let mut of_one = open_step(&plan, 8.0, 130);
    of_one.retain(|sample| sample.worker == 1);
    assert_eq!(lost(&of_one), 1);
}
