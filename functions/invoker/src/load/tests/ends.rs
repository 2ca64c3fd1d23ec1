//! How a worker ends, and what it leaves.

use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_record_is_what_the_stored_samples_add_up_to() {
    let objective = "[load.objective]\nlatency_p95_ms = 500\nsuccess_rate = 0.99";
    for load in ["", "arrival = 'open'\n"] {
        let setup = Setup::new(&format!("{load}{objective}"), 6.0);
        let (service, log) = (FakeService::answering_after(ms(450)), LoadMemory::default());
        let reply = setup.run(&service, &log).await.unwrap();
        let record = log.worker().unwrap();
        assert_eq!(record.state, WorkerState::Done);
        assert_eq!((record.step, record.worker), (3, 1));
        assert_eq!(record.request_id, "request");
        let tally = record.tally.unwrap();
        assert_eq!(tally, setup.tally(&log.stored()));
        assert_eq!(reply.calls, log.stored().len() as u64);
        assert_eq!(tally.window().kept, [tally.window().arrived; 4]);
        let again = setup.run(&FakeService::silent(), &log).await.unwrap();
        assert_eq!(again, reply, "a worker that has ended makes no call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_begins_behind_the_ramp_sends_nothing() {
    let mut setup = Setup::new("", 6.0);
    setup.now = time("2026-03-04T05:06:11Z");
    let (service, log) = (FakeService::answering_after(ms(1)), LoadMemory::default());
    let reply = setup.run(&service, &log).await.unwrap();
    assert_eq!((reply.done, reply.calls), (true, 0));
    assert_eq!(log.worker().unwrap().state, WorkerState::Late);
    assert!(service.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn texts_are_kept_of_failures_and_where_they_are_asked_for() {
    let failing = || FakeService::failing_after(ms(900), Outcome::StreamBroken);
    let answering = || FakeService::answering_after(ms(900));
    for (load, service, expected) in [
        ("", answering(), None),
        ("keep_texts = true", answering(), Some("#### 1")),
        ("", failing(), Some("half of it")),
    ] {
        let (setup, log) = (Setup::new(load, 1.0), LoadMemory::default());
        setup.run(&service, &log).await.unwrap();
        for sample in log.stored() {
            assert_eq!(sample.response_text.as_deref(), expected, "{load}");
            // Graded all the same.
            assert_eq!(sample.correct.is_some(), sample.is_ok());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_within_a_second_of_the_end_of_the_budget() {
    let setup = Setup::new("", 10.0);
    let service = FakeService::answering_after(ms(200));
    let log = LoadMemory {
        attempts: Some(300),
        ..LoadMemory::default()
    };
    setup.run(&service, &log).await.unwrap();
    assert_eq!(log.worker().unwrap().state, WorkerState::BudgetSpent);
    let samples = log.stored();
    assert_eq!(
        service.received().len(),
        samples.len(),
        "those under way are awaited"
    );
    assert!((300..=360).contains(&samples.len()), "{}", samples.len());
    assert_eq!(outcomes(&samples, Outcome::Ok), samples.len());
    let attempts = log.usage().unwrap().usage.attempts;
    assert_eq!(attempts, samples.len() as u64, "every call is counted once");

    let (service, mut setup) = (FakeService::silent(), setup);
    setup.step.step = 4;
    let next = LoadMemory {
        attempts: Some(0),
        ..LoadMemory::default()
    };
    setup.run(&service, &next).await.unwrap();
    assert_eq!(next.worker().unwrap().state, WorkerState::BudgetSpent);
    assert!(service.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn calls_that_would_outlive_the_lambda_are_cut_and_the_window_is_incomplete() {
    for load in ["", "arrival = 'open'"] {
        let mut setup = Setup::new(load, 4.0);
        setup.left = Duration::from_secs(20);
        let (service, log) = (
            FakeService::answering_after(ms(7_000)),
            LoadMemory::default(),
        );
        let start = Instant::now();
        setup.run(&service, &log).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(16));
        let samples = log.stored();
        assert_eq!(service.received().len(), samples.len());
        assert!(outcomes(&samples, Outcome::Deadline) > 0);
        assert_eq!(log.worker().unwrap().state, WorkerState::Interrupted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_ends_the_worker_with_an_error_and_no_further_call() {
    let setup = Setup::new("", 4.0);
    let (service, log) = (FakeService::answering_after(ms(500)), LoadMemory::default());
    let breaks = async {
        sleep(ms(10_250)).await;
        log.broken.store(true, Ordering::SeqCst);
    };
    let start = Instant::now();
    let (ended, ()) = tokio::join!(setup.run(&service, &log), breaks);
    assert!(matches!(ended, Err(Error::Store(_))), "{ended:?}");
    assert!(start.elapsed() < ms(11_600), "{:?}", start.elapsed());
    assert_eq!(log.worker().unwrap().state, WorkerState::Running);
}

#[tokio::test(start_paused = true)]
async fn samples_that_could_not_be_stored_for_a_moment_are_there_when_the_worker_reports() {
    let setup = Setup::new("", 4.0);
    let (service, log) = (FakeService::answering_after(ms(500)), LoadMemory::default());
    let breaks = async {
        sleep(ms(10_250)).await;
        log.broken.store(true, Ordering::SeqCst);
        sleep(ms(600)).await;
        log.broken.store(false, Ordering::SeqCst);
    };
    let (ended, ()) = tokio::join!(setup.run(&service, &log), breaks);
    assert!(matches!(ended, Err(Error::Store(_))), "{ended:?}");
    let samples = log.stored();
    assert_eq!(samples.len(), service.received().len());
    assert_eq!(outcomes(&samples, Outcome::Ok), samples.len());
}

#[tokio::test(start_paused = true)]
async fn a_closed_journal_ends_the_worker_when_its_calls_have_ended() {
    let setup = Setup::new("", 4.0);
    let (service, log) = (FakeService::answering_after(ms(500)), LoadMemory::default());
    let closes = async {
        sleep(ms(10_250)).await;
        log.closed.store(true, Ordering::SeqCst);
    };
    let (ended, ()) = tokio::join!(setup.run(&service, &log), closes);
    assert!(matches!(ended, Err(Error::Store(_))), "{ended:?}");
    assert_eq!(log.stored().len(), service.received().len());
}

#[tokio::test(start_paused = true)]
async fn a_sample_that_was_there_counts_and_not_the_one_of_this_call() {
    let setup = Setup::new("", 2.0);
    let log = LoadMemory::default();
    let first = FakeService::failing_after(ms(3_000), Outcome::ServerError);
    let other = LoadMemory::default();
    setup.run(&first, &other).await.unwrap();
    let foreign = other
        .stored()
        .into_iter()
        .find(|s| s.repetition == 5)
        .unwrap();
    assert_eq!(log.put(&foreign).await.unwrap(), Put::Stored);
    setup
        .run(&FakeService::answering_after(ms(3_000)), &log)
        .await
        .unwrap();
    let samples = log.stored();
    assert_eq!(outcomes(&samples, Outcome::ServerError), 1);
    assert_eq!(log.worker().unwrap().tally, Some(setup.tally(&samples)));
}
