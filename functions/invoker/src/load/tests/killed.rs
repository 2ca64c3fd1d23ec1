//! A worker that was killed, and the one that finds its record.

use std::collections::BTreeSet;

use tokio::time::timeout;

use super::*;

/// Runs a worker that is killed after a while, then another in its place a while later.
async fn killed(setup: &Setup, service: &FakeService, after: Duration) -> LoadMemory {
    let log = LoadMemory {
        attempts: Some(u64::MAX),
        ..LoadMemory::default()
    };
    let run = timeout(after, setup.run(service, &log)).await;
    assert!(run.is_err(), "killed before its end");
    assert_eq!(log.worker().unwrap().state, WorkerState::Running);
    let sent = service.received().len();
    let next = Setup {
        request: "another",
        now: setup.now + jiff::SignedDuration::try_from(after).unwrap(),
        ..setup.clone()
    };
    next.run(service, &log).await.unwrap();
    assert_eq!(service.received().len(), sent, "no call is made again");
    let record = log.worker().unwrap();
    assert_eq!(record.state, WorkerState::Interrupted);
    assert_eq!(record.request_id, "request");
    let samples = log.stored();
    assert_eq!(record.tally, Some(setup.tally(&samples)));
    assert_eq!(samples.len(), sent, "a sample for every call");
    let again = next.run(service, &log).await.unwrap();
    assert_eq!(again.calls, samples.len() as u64);
    log
}

#[tokio::test(start_paused = true)]
async fn every_caller_of_a_killed_closed_loop_has_one_interrupted_call() {
    let setup = Setup::new("", 5.0);
    for (after, under_way) in [(ms(12_345), 5), (ms(2_000), 3)] {
        let service = FakeService::answering_after(ms(700));
        let log = killed(&setup, &service, after).await;
        let samples = log.stored();
        let interrupted: Vec<_> = samples
            .iter()
            .filter(|sample| sample.outcome == Outcome::Interrupted)
            .collect();
        let callers: BTreeSet<_> = interrupted.iter().map(|s| (s.repetition - 1) % 5).collect();
        assert_eq!((interrupted.len(), callers.len()), (under_way, under_way));
        for sample in interrupted {
            let intended = setup.intended(sample);
            assert!(intended <= after && intended + ms(700) >= after);
            assert_eq!(sample.function_request_id, "request");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_a_killed_open_loop_that_were_due_are_interrupted() {
    let setup = Setup::new("arrival = 'open'", 10.0);
    let service = FakeService::answering_after(ms(700));
    let log = killed(&setup, &service, ms(12_345)).await;
    let samples = log.stored();
    assert!(outcomes(&samples, Outcome::Interrupted) > 0);
    for sample in &samples {
        let is_interrupted = sample.outcome == Outcome::Interrupted;
        assert_eq!(
            is_interrupted,
            setup.intended(sample) + ms(700) > ms(12_345)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_sample_that_was_not_stored_in_time_is_interrupted_and_not_made_again() {
    let setup = Setup::new("", 2.0);
    let service = FakeService::answering_after(ms(500));
    let log = LoadMemory {
        slowness: ms(1_800),
        ..LoadMemory::default()
    };
    assert!(timeout(ms(9_900), setup.run(&service, &log)).await.is_err());
    let sent = service.received().len();
    let stored = log.stored().len();
    let next = Setup {
        request: "another",
        now: time("2026-03-04T05:06:16.9Z"),
        ..setup.clone()
    };
    next.run(&service, &log).await.unwrap();
    let samples = log.stored();
    let interrupted = outcomes(&samples, Outcome::Interrupted);
    assert_eq!(samples.len(), stored + interrupted);
    assert!(samples.len() <= sent, "only calls that were made");
    assert_eq!(
        interrupted, 2,
        "of those not stored, one a caller is certain"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_worker_used_is_counted() {
    let setup = Setup::new("", 4.0);
    let service = FakeService::answering_after(ms(500));
    let log = killed(&setup, &service, ms(10_600)).await;
    let usage = log.usage().unwrap().usage;
    let samples = log.stored();
    assert_eq!(
        usage.broken,
        outcomes(&samples, Outcome::Interrupted) as u64
    );
    // At most a second of calls was stored and not counted.
    assert!(usage.attempts + 4 * 2 >= samples.len() as u64, "{usage:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_taken_for_killed_leaves_the_record_as_it_is() {
    let setup = Setup::new("", 2.0);
    let service = FakeService::answering_after(ms(500));
    let log = LoadMemory::default();
    let takes_over = async {
        tokio::time::sleep(ms(10_100)).await;
        let next = Setup {
            request: "another",
            now: time("2026-03-04T05:06:17.1Z"),
            ..setup.clone()
        };
        next.run(&service, &log).await.unwrap()
    };
    let (first, second) = tokio::join!(setup.run(&service, &log), takes_over);
    assert_eq!(first.unwrap(), second);
    let record = log.worker().unwrap();
    assert_eq!(record.state, WorkerState::Interrupted);
}
