use std::collections::HashSet;

use bench_core::plan::Plan;

use super::*;
use crate::fakes::{Act, FakeModel, MemoryLog, invocation, plan};

async fn measure_with(model: &FakeModel, log: &MemoryLog, time_left: u64) -> PromptReply {
    measure_as_planned(&plan(), model, log, time_left).await
}

async fn measure_as_planned(
    plan: &Plan,
    model: &FakeModel,
    log: &MemoryLog,
    time_left: u64,
) -> PromptReply {
    let work = PromptWork {
        run_id: &plan.run_id,
        target: &plan.config.targets[0],
        prompt: &plan.prompts[0],
        method: &plan.config.method,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(Duration::from_secs(time_left));
    measure_prompt(model, log, &work, &time_left).await.unwrap()
}

/// Up to three attempts at each call.
fn patient_plan() -> Plan {
    let mut plan = plan();
    plan.config.targets[0].max_attempts = 3;
    plan
}

fn attempts_of(log: &MemoryLog) -> Vec<(Phase, u32, u32, Outcome)> {
    let samples = log.samples();
    let attempt = |sample: &Sample| {
        let outcome = sample.outcome;
        (sample.phase, sample.repetition, sample.attempt, outcome)
    };
    samples.iter().map(attempt).collect()
}

fn calls_of(log: &MemoryLog) -> Vec<(Phase, u32)> {
    log.samples()
        .iter()
        .map(|sample| (sample.phase, sample.repetition))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn warm_ups_come_first_and_every_call_is_stored_with_its_own_time() {
    let model = FakeModel::new(&[
        Act::Answer(900, "#### 420"),
        Act::Answer(120, "#### 420"),
        Act::Answer(130, "#### 7"),
    ]);
    let log = MemoryLog::default();
    let reply = measure_with(&model, &log, 900).await;
    assert_eq!(
        reply,
        PromptReply {
            done: true,
            stored: 3,
            failed: 0
        }
    );
    assert_eq!(
        calls_of(&log),
        [
            (Phase::Warmup, 1),
            (Phase::Measured, 1),
            (Phase::Measured, 2)
        ]
    );
    let latencies: Vec<_> = log
        .samples()
        .iter()
        .map(|sample| sample.latency_us)
        .collect();
    assert_eq!(latencies, [900_000, 120_000, 130_000]);
    let correct: Vec<_> = log.samples().iter().map(|sample| sample.correct).collect();
    assert_eq!(correct, [Some(true), Some(true), Some(false)]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_is_a_sample_and_the_next_call_is_made() {
    let model = FakeModel::new(&[Act::Fail(Outcome::ServerError), Act::Answer(10, "420")]);
    let log = MemoryLog::default();
    let reply = measure_with(&model, &log, 900).await;
    assert_eq!(
        reply,
        PromptReply {
            done: true,
            stored: 3,
            failed: 1
        }
    );
    let first = &log.samples()[0];
    assert_eq!(first.outcome, Outcome::ServerError);
    assert_eq!(first.error_code.as_deref(), Some("FakeException"));
    assert_eq!(first.correct, None, "there was no answer to grade");
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_tried_again_and_every_attempt_has_its_own_time() {
    let acts = [
        Act::Fail(Outcome::Throttled),
        Act::Fail(Outcome::NotReady),
        Act::Answer(70, "420"),
        Act::Fail(Outcome::ClientError),
        Act::Answer(80, "420"),
    ];
    let (model, log) = (FakeModel::new(&acts), MemoryLog::default());
    let reply = measure_as_planned(&patient_plan(), &model, &log, 900).await;
    assert_eq!((reply.done, reply.stored, reply.failed), (true, 5, 3));
    assert_eq!(
        attempts_of(&log),
        [
            (Phase::Warmup, 1, 1, Outcome::Throttled),
            (Phase::Warmup, 1, 2, Outcome::NotReady),
            (Phase::Warmup, 1, 3, Outcome::Ok),
            (Phase::Measured, 1, 1, Outcome::ClientError),
            (Phase::Measured, 2, 1, Outcome::Ok),
        ]
    );
    let samples = log.samples();
    assert_eq!(samples[2].latency_us, 70_000, "no pause is in it");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_somebody_else_stored_first_counts_as_it_is_stored() {
    let log = MemoryLog::default();
    let answers = FakeModel::new(&[Act::Answer(100, "420")]);
    let late = FakeModel::new(&[Act::FailAfter(101, Outcome::Throttled)]);
    let plan = patient_plan();
    let (first, second) = tokio::join!(
        measure_as_planned(&plan, &answers, &log, 900),
        measure_as_planned(&plan, &late, &log, 900),
    );
    let stored = attempts_of(&log);
    assert!(
        stored
            .iter()
            .all(|call| (call.2, call.3) == (1, Outcome::Ok)),
        "an answered call is not made again: {stored:?}"
    );
    assert_eq!((stored.len(), first.stored, second.stored), (3, 3, 0));
    assert_eq!((second.failed, second.done), (0, true));
}

#[tokio::test(start_paused = true)]
async fn attempts_end_at_their_limit_and_go_on_in_the_next_invocation() {
    let model = FakeModel::new(&[Act::Fail(Outcome::ServerError)]);
    let log = MemoryLog::default();
    // Time for the first attempt and not for the pause after it.
    let first = measure_as_planned(&patient_plan(), &model, &log, 5).await;
    assert_eq!((first.done, first.stored), (false, 1));
    let second = measure_as_planned(&patient_plan(), &model, &log, 900).await;
    assert_eq!((second.done, second.stored), (true, 8));
    let attempts: Vec<u32> = log.samples().iter().map(|sample| sample.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 1, 2, 3, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_service_asks_for_is_kept_outside_of_every_time() {
    let acts = [
        Act::RetryAfter(40, Outcome::Throttled),
        Act::Answer(10, "420"),
    ];
    let (model, log) = (FakeModel::new(&acts), MemoryLog::default());
    let start = tokio::time::Instant::now();
    let reply = measure_as_planned(&patient_plan(), &model, &log, 900).await;
    assert_eq!((reply.done, reply.stored), (true, 4));
    assert_eq!(start.elapsed(), Duration::from_millis(40_030));
    let samples = log.samples();
    assert_eq!(samples[0].retry_after_s, Some(40));
    assert_eq!((samples[0].latency_us, samples[1].latency_us), (0, 10_000));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_room_is_left_to_the_next_invocation_unless_none_has_room() {
    for (asked, kept) in [(40, true), (4_000, false)] {
        let acts = [
            Act::RetryAfter(asked, Outcome::Throttled),
            Act::Answer(10, "420"),
        ];
        let (model, log) = (FakeModel::new(&acts), MemoryLog::default());
        // Room for the wait, and none for the call behind it.
        let first = measure_as_planned(&patient_plan(), &model, &log, 60).await;
        assert_eq!((first.done, first.stored), (false, 1));
        let start = tokio::time::Instant::now();
        let second = measure_as_planned(&patient_plan(), &model, &log, 900).await;
        assert_eq!((second.done, second.stored), (true, 3));
        let waited = start.elapsed() >= Duration::from_secs(asked);
        assert_eq!(waited, kept, "{asked} s");
    }
}

#[tokio::test(start_paused = true)]
async fn invoked_again_only_the_missing_calls_are_made() {
    let model = FakeModel::new(&[Act::Answer(20_000, "420")]);
    let log = MemoryLog::default();
    // Two calls of 20 s fit into 60 s so that a third of up to 30 s might not.
    let first = measure_with(&model, &log, 60).await;
    assert_eq!((first.done, first.stored), (false, 2));
    let second = measure_with(&model, &log, 60).await;
    assert_eq!((second.done, second.stored), (true, 1));
    let third = measure_with(&model, &log, 60).await;
    assert_eq!((third.done, third.stored), (true, 0));
    assert_eq!(model.prompts().len(), 3);
    assert_eq!(
        calls_of(&log),
        [
            (Phase::Warmup, 1),
            (Phase::Measured, 1),
            (Phase::Measured, 2)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_a_timeout_at_its_limit() {
    let model = FakeModel::new(&[Act::Answer(31_000, "420"), Act::Answer(5, "420")]);
    let log = MemoryLog::default();
    measure_with(&model, &log, 900).await;
    let first = &log.samples()[0];
    assert_eq!(
        (first.outcome, first.latency_us),
        (Outcome::Timeout, 30_000_000)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cold_cache_is_asked_with_another_nonce_each_time_and_the_same_again() {
    let mut plan = plan();
    plan.config.method.cache = bench_core::config::Cache::Cold;
    let mut prompts = Vec::new();
    for _ in 0..2 {
        let model = FakeModel::new(&[Act::Answer(1, "420")]);
        let work = PromptWork {
            run_id: &plan.run_id,
            target: &plan.config.targets[0],
            prompt: &plan.prompts[0],
            method: &plan.config.method,
            invocation: invocation(),
        };
        let time_left = TimeLeft::from_now(Duration::from_mins(15));
        measure_prompt(&model, &MemoryLog::default(), &work, &time_left)
            .await
            .unwrap();
        prompts.push(model.prompts());
    }
    assert_eq!(prompts[0], prompts[1]);
    let distinct: HashSet<_> = prompts[0].iter().collect();
    assert_eq!(distinct.len(), 3);
    let lengths: HashSet<_> = prompts[0].iter().map(String::len).collect();
    assert_eq!(lengths.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_noted_before_it_is_sent_with_all_that_its_cost_may_need() {
    let model = FakeModel::new(&[Act::Fail(Outcome::Throttled), Act::Answer(100, "420")]);
    let log = MemoryLog::default();
    let plan = patient_plan();
    measure_as_planned(&plan, &model, &log, 900).await;
    let begun = log.begun();
    let keys = |samples: &[Sample]| -> Vec<_> { samples.iter().map(Sample::key).collect() };
    assert_eq!(keys(&begun), keys(&log.samples()));
    for (noted, stored) in begun.iter().zip(log.samples()) {
        assert_eq!(noted.prompt_chars, stored.prompt_chars);
        assert_eq!(noted.max_tokens, stored.max_tokens);
        assert_eq!(noted.expected_answer, stored.expected_answer);
        assert!(noted.prompt_chars.is_some() && noted.started_at <= stored.started_at);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_noted_is_not_sent() {
    let model = FakeModel::new(&[Act::Answer(100, "420")]);
    let (plan, log) = (plan(), MemoryLog::default());
    log.close();
    let work = PromptWork {
        run_id: &plan.run_id,
        target: &plan.config.targets[0],
        prompt: &plan.prompts[0],
        method: &plan.config.method,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(Duration::from_mins(15));
    let error = measure_prompt(&model, &log, &work, &time_left)
        .await
        .unwrap_err();
    assert_eq!(error.name(), "StoreFailed");
    assert_eq!((model.prompts().len(), log.samples().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_call_is_not_made_again() {
    let model = FakeModel::new(&[Act::Answer(100, "420")]);
    let (plan, log) = (patient_plan(), MemoryLog::default());
    measure_as_planned(&plan, &model, &log, 900).await;
    let whole = log.samples();
    let resumed = MemoryLog::default();
    for sample in &whole {
        let mut sample = sample.clone();
        if sample.phase == Phase::Measured && sample.repetition == 1 {
            sample.outcome = Outcome::Interrupted;
        }
        if sample.repetition < 2 {
            resumed.put(&sample).await.unwrap();
        }
    }
    let model = FakeModel::new(&[Act::Answer(100, "420")]);
    let reply = measure_as_planned(&plan, &model, &resumed, 900).await;
    assert_eq!(
        (reply.done, reply.stored, model.prompts().len()),
        (true, 1, 1)
    );
    assert_eq!(calls_of(&resumed), calls_of(&log));
}
