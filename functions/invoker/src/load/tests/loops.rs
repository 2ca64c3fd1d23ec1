//! When calls are made.

use std::collections::{BTreeMap, BTreeSet};

use bench_core::sample::Phase;
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_closed_loop_has_as_many_calls_in_flight_as_callers() {
    let setup = Setup::new("", 8.0);
    let (service, log) = (FakeService::answering_after(ms(500)), LoadMemory::default());
    let start = Instant::now();
    let reply = setup.run(&service, &log).await.unwrap();
    let in_window = |(_, at, _): &&(String, Instant, usize)| *at >= start + ms(4_000);
    let received = service.received();
    let in_flight: BTreeSet<usize> = received.iter().filter(in_window).map(|c| c.2).collect();
    assert_eq!(in_flight, BTreeSet::from([8]));
    // Callers began half a second apart, and each made two calls a second.
    let ramp: u64 = (1..=8).sum();
    assert_eq!((reply.calls, reply.failed), (ramp + 8 * 40, 0));
    let tally = log.worker().unwrap().tally.unwrap();
    assert_eq!((tally.ramp, tally.window().arrived), (ramp, 8 * 40));
    assert_eq!(tally.window().in_flight_us, 8 * 20_000_000);
}

#[tokio::test(start_paused = true)]
async fn the_next_call_of_a_caller_is_to_start_when_the_one_before_ended() {
    let setup = Setup::new("", 4.0);
    let (service, log) = (FakeService::answering_after(ms(700)), LoadMemory::default());
    setup.run(&service, &log).await.unwrap();
    let mut callers: BTreeMap<u32, Vec<Duration>> = BTreeMap::new();
    let mut samples = log.stored();
    samples.sort_by_key(|sample| sample.repetition);
    for sample in &samples {
        assert_eq!(sample.queued_us, Some(0));
        let caller = (sample.repetition - 1) % 4;
        callers
            .entry(caller)
            .or_default()
            .push(setup.intended(sample));
    }
    for (caller, starts) in (0..).zip(callers.values()) {
        assert_eq!(starts[0], ms(1_000) * caller);
        assert!(
            starts.windows(2).all(|pair| pair[0] + ms(700) == pair[1]),
            "{starts:?}"
        );
        assert!(starts.last() < Some(&ms(24_000)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_of_the_window_by_its_intended_start_and_none_is_sent_behind_it() {
    for load in ["", "arrival = 'open'"] {
        let setup = Setup::new(load, 5.0);
        let (service, log) = (FakeService::answering_after(ms(300)), LoadMemory::default());
        let start = Instant::now();
        setup.run(&service, &log).await.unwrap();
        let samples = log.stored();
        for sample in &samples {
            let is_measured = setup.intended(sample) >= ms(4_000);
            assert_eq!(sample.phase == Phase::Measured, is_measured, "{sample:?}");
            assert_eq!((sample.step, sample.worker), (3, 1));
            assert_eq!(
                StepPlan::of(sample, setup.plan.config.load.as_ref().unwrap()),
                Some(setup.step.clone())
            );
        }
        assert!(samples.iter().any(|sample| sample.phase == Phase::Ramp));
        let received = service.received();
        assert_eq!(received.len(), samples.len());
        assert!(
            received.iter().all(|call| call.1 < start + ms(24_001)),
            "{load}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_loop_sends_by_its_schedule_although_no_answer_comes() {
    let setup = Setup::new("arrival = 'open'\nprocess = 'constant'", 10.0);
    let (service, log) = (FakeService::silent(), LoadMemory::default());
    setup.run(&service, &log).await.unwrap();
    let received = service.received();
    assert_eq!(received.len(), 240);
    assert_eq!(received.last().map(|call| call.2), Some(240));
    let mut samples = log.stored();
    samples.sort_by_key(|sample| sample.repetition);
    for (place, sample) in (0..).zip(&samples) {
        assert_eq!(setup.intended(sample), ms(100) * place);
        assert!(sample.queued_us < Some(1_000), "{sample:?}");
        assert_eq!(
            (sample.outcome, sample.latency_us),
            (Outcome::Timeout, 30_000_000)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn poisson_arrivals_of_two_workers_differ_and_those_of_one_are_the_same_again() {
    let starts = async |worker_seed: u64| {
        let setup = Setup::new(&format!("arrival = 'open'\nseed = {worker_seed}"), 10.0);
        let (service, log) = (FakeService::answering_after(ms(50)), LoadMemory::default());
        setup.run(&service, &log).await.unwrap();
        let samples = log.stored();
        let starts: BTreeSet<_> = samples.iter().map(|s| setup.intended(s)).collect();
        starts
    };
    let first = starts(1).await;
    assert_eq!(first, starts(1).await);
    assert_ne!(first, starts(2).await);
    assert!((180..300).contains(&first.len()), "{}", first.len());
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_begins_within_the_ramp_spreads_its_callers_over_the_rest() {
    let mut setup = Setup::new("", 4.0);
    setup.now = time("2026-03-04T05:06:09Z");
    let (service, log) = (
        FakeService::answering_after(ms(9_000)),
        LoadMemory::default(),
    );
    setup.run(&service, &log).await.unwrap();
    let mut starts: Vec<_> = log.stored().iter().map(|s| setup.intended(s)).collect();
    starts.sort();
    assert_eq!(starts[..4], [2_000, 2_500, 3_000, 3_500].map(ms));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_refused_asks_again_after_a_second() {
    let setup = Setup::new("", 1.0);
    let service = FakeService::failing_after(ms(2), Outcome::Throttled);
    let log = LoadMemory::default();
    let reply = setup.run(&service, &log).await.unwrap();
    assert_eq!((reply.calls, reply.failed), (24, 20));
    assert!(log.stored().iter().all(|sample| sample.attempt == 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_table_delays_no_call() {
    let setup = Setup::new("", 8.0);
    let service = FakeService::answering_after(ms(100));
    let log = LoadMemory {
        slowness: Duration::from_secs(3),
        ..LoadMemory::default()
    };
    let reply = setup.run(&service, &log).await.unwrap();
    let samples = log.stored();
    assert_eq!(reply.calls, samples.len() as u64);
    assert_eq!(samples.len(), service.received().len());
    assert!(samples.iter().all(|sample| sample.queued_us == Some(0)));
    assert_eq!(log.worker().unwrap().tally, Some(setup.tally(&samples)));
}

#[tokio::test(start_paused = true)]
async fn no_two_calls_of_a_load_are_sent_the_same_text_where_caches_are_to_be_cold() {
    let mut sent = BTreeSet::new();
    let mut calls = 0;
    for step in [1, 2] {
        let mut setup = Setup::new("", 4.0);
        setup.step.step = step;
        let (service, log) = (FakeService::answering_after(ms(400)), LoadMemory::default());
        setup.run(&service, &log).await.unwrap();
        calls += service.received().len();
        sent.extend(service.received().into_iter().map(|call| call.0));
        let prompts: BTreeSet<_> = log.stored().iter().map(|s| s.prompt_index).collect();
        assert_eq!(prompts.len(), 6, "every prompt has its turn");
    }
    assert_eq!(sent.len(), calls);
}
