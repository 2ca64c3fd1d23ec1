//! A step of two parts, whose workers take over from one another.

use std::{collections::BTreeSet, sync::Arc};

use bench_load::{DoneStep, Steadiness, WorkersSent, judge};
use jiff::SignedDuration;
use tokio::time::{sleep, timeout};

use super::*;

/// The two workers of a step of two parts of 12 s, the second of which is invoked a few
/// seconds before its part.
struct TwoParts {
    first: Setup,
    second: Setup,
    logs: [Arc<LoadMemory>; 2],
}

impl TwoParts {
    fn new(load: &str, level: f64) -> Self {
        let mut first = Setup::new(load, level);
        first.step.part_s = Some(12);
        let second = Setup {
            worker: 2,
            request: "second",
            now: first.now + SignedDuration::from_secs(8),
            ..first.clone()
        };
        let before = Arc::new(LoadMemory::default());
        let after = LoadMemory {
            before: Some(Arc::clone(&before)),
            ..LoadMemory::default()
        };
        Self {
            first,
            second,
            logs: [before, Arc::new(after)],
        }
    }

    async fn run_second(&self, service: &FakeService) {
        sleep(ms(8_000)).await;
        self.second.run(service, &self.logs[1]).await.unwrap();
    }

    async fn run(&self, service: &FakeService) {
        let first = async { self.first.run(service, &self.logs[0]).await.unwrap() };
        tokio::join!(first, self.run_second(service));
    }

    fn samples(&self) -> [Vec<Sample>; 2] {
        self.logs.each_ref().map(|log| log.stored())
    }

    fn records(&self) -> Vec<WorkerRecord> {
        self.logs.iter().filter_map(|log| log.worker()).collect()
    }

    /// The intended starts of samples, from the start of the step.
    fn intended(&self, samples: &[Sample]) -> BTreeSet<Duration> {
        let of = |sample| self.first.intended(sample);
        samples.iter().map(of).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn callers_go_on_in_the_next_part_when_they_were_answered_and_none_has_two_calls() {
    let parts = TwoParts::new("", 8.0);
    let service = FakeService::answering_after(ms(700));
    parts.run(&service).await;
    let most = service.received().iter().map(|call| call.2).max();
    assert_eq!(most, Some(8), "as many as callers");
    let [before, after] = parts.samples();
    assert_eq!(service.received().len(), before.len() + after.len());
    let handover = ms(12_000);
    assert!(parts.intended(&before).last() < Some(&handover));
    assert!(parts.intended(&after).first() >= Some(&handover));
    let mut last: Vec<Duration> = before
        .iter()
        .map(|sample| parts.first.intended(sample) + ms(700))
        .filter(|end| *end >= handover)
        .collect();
    last.sort();
    let mut first: Vec<Duration> = after.iter().map(|it| parts.first.intended(it)).collect();
    first.sort();
    assert_eq!(last.len(), 8, "every caller was under way or free");
    for (end, begin) in last.iter().zip(&first) {
        assert!(
            begin >= end && *begin <= *end + ms(250),
            "{end:?} {begin:?}"
        );
    }
    let records = parts.records();
    assert!(records.iter().all(|it| it.state == WorkerState::Done));
    assert!(records.iter().all(|it| it.free_callers.is_empty()));
    let load = parts.first.plan.config.load.as_ref().unwrap();
    let step = DoneStep::of(load, parts.first.step.clone(), &records);
    assert_eq!(step.lost_workers, 0);
    // 8 callers over 20 s, less some tenths of a second at the handover.
    let in_flight = step.tally.window().in_flight_us;
    assert!(
        (158_000_000..=160_000_000).contains(&in_flight),
        "{in_flight}"
    );
    assert_eq!(judge(load, &step).steadiness, Steadiness::Steady);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_split_at_the_end_of_a_part_and_no_request_of_it_is_lost_or_made_twice() {
    let whole = Setup::new("arrival = 'open'", 10.0);
    let log = LoadMemory::default();
    let service = FakeService::answering_after(ms(3_000));
    whole.run(&service, &log).await.unwrap();
    let expected: Vec<_> = log.stored().iter().map(|it| whole.intended(it)).collect();

    let parts = TwoParts::new("arrival = 'open'", 10.0);
    let service = FakeService::answering_after(ms(3_000));
    parts.run(&service).await;
    let [before, after] = parts.samples();
    let both: Vec<Sample> = before.iter().chain(&after).cloned().collect();
    assert_eq!(both.len(), expected.len());
    assert_eq!(parts.intended(&both), expected.into_iter().collect());
    assert!(parts.intended(&after).first() >= Some(&ms(12_000)));
    assert!(both.iter().all(|sample| sample.queued_us < Some(1_000)));
    assert!(both.iter().all(|sample| {
        let load = parts.first.plan.config.load.as_ref().unwrap();
        StepPlan::of(sample, load).as_ref() == Some(&parts.first.step)
    }));
}

#[tokio::test(start_paused = true)]
async fn callers_of_a_worker_that_was_killed_go_on_once_that_is_known() {
    let parts = TwoParts::new("", 4.0);
    let service = FakeService::answering_after(ms(700));
    let first = async {
        let run = parts.first.run(&service, &parts.logs[0]);
        assert!(timeout(ms(10_000), run).await.is_err(), "killed");
        sleep(ms(5_000)).await;
        let again = Setup {
            request: "again",
            now: parts.first.now + SignedDuration::from_secs(15),
            ..parts.first.clone()
        };
        again.run(&service, &parts.logs[0]).await.unwrap();
    };
    tokio::join!(first, parts.run_second(&service));
    let [before, after] = parts.samples();
    assert_eq!(outcomes(&before, Outcome::Interrupted), 4);
    let begins = parts.intended(&after);
    assert!(begins.first() >= Some(&ms(15_000)) && begins.first() < Some(&ms(15_200)));
    let states: Vec<_> = parts.records().iter().map(|it| it.state).collect();
    assert_eq!(states, [WorkerState::Interrupted, WorkerState::Done]);
}

#[tokio::test(start_paused = true)]
async fn a_killed_worker_of_a_later_part_leaves_one_interrupted_call_for_each_caller_it_had() {
    for (after, callers) in [(ms(20_000), 4), (ms(10_000), 0)] {
        let parts = TwoParts::new("", 4.0);
        let service = FakeService::answering_after(ms(700));
        let first = async { parts.first.run(&service, &parts.logs[0]).await.unwrap() };
        let second = async {
            let run = timeout(after, parts.run_second(&service)).await;
            assert!(run.is_err(), "killed");
            let again = Setup {
                request: "again",
                now: parts.first.now + SignedDuration::try_from(after).unwrap(),
                ..parts.second.clone()
            };
            again.run(&service, &parts.logs[1]).await.unwrap();
        };
        tokio::join!(first, second);
        let [before, after] = parts.samples();
        assert_eq!(outcomes(&after, Outcome::Interrupted), callers);
        assert_eq!(service.received().len(), before.len() + after.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_begins_behind_its_part_sends_nothing() {
    let parts = TwoParts::new("", 4.0);
    let late = Setup {
        now: parts.first.now + SignedDuration::from_secs(12),
        ..parts.second.clone()
    };
    let service = FakeService::answering_after(ms(700));
    late.run(&service, &parts.logs[1]).await.unwrap();
    assert!(service.received().is_empty());
    assert_eq!(parts.records()[0].state, WorkerState::Late);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_killed_while_it_hands_over_loses_only_the_calls_under_way() {
    let parts = TwoParts::new("", 4.0);
    let service = FakeService::answering_after(ms(700));
    let first = async {
        let run = parts.first.run(&service, &parts.logs[0]);
        assert!(timeout(ms(12_450), run).await.is_err(), "killed");
        sleep(ms(3_000)).await;
        let again = Setup {
            request: "again",
            now: parts.first.now + SignedDuration::from_millis(15_450),
            ..parts.first.clone()
        };
        again.run(&service, &parts.logs[0]).await.unwrap();
    };
    tokio::join!(first, parts.run_second(&service));
    let [before, after] = parts.samples();
    assert_eq!(service.received().len(), before.len() + after.len());
    // Two callers were answered behind the end of the part, two were not.
    assert_eq!(outcomes(&before, Outcome::Interrupted), 2);
    let starts: Vec<Duration> = after.iter().map(|it| parts.first.intended(it)).collect();
    let between = |from, to| {
        let is_between = |start: &&Duration| (ms(from)..ms(to)).contains(*start);
        starts.iter().filter(is_between).count()
    };
    assert_eq!(between(12_000, 12_450), 2, "those go on at once");
    let of_all = between(15_450, 16_250);
    assert!(of_all >= 4, "all go on once that is known: {of_all}");
    let most = service.received().iter().map(|call| call.2).max();
    assert_eq!(most, Some(4), "no caller has two calls");
    let step = DoneStep::of(
        parts.first.plan.config.load.as_ref().unwrap(),
        parts.first.step.clone(),
        &parts.records(),
    );
    assert_eq!((step.lost_workers, step.tally.interrupted), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn clocks_that_differ_by_a_fifth_of_a_second_lose_no_request_and_make_none_twice() {
    let whole = Setup::new("arrival = 'open'", 8.0);
    let log = LoadMemory::default();
    let service = FakeService::answering_after(ms(700));
    whole.run(&service, &log).await.unwrap();
    let schedule: BTreeSet<_> = log.stored().iter().map(|it| whole.intended(it)).collect();
    for off_ms in [200, -200] {
        for (load, arrival) in [("", Arrival::Closed), ("arrival = 'open'", Arrival::Open)] {
            let mut parts = TwoParts::new(load, 8.0);
            parts.second.now += SignedDuration::from_millis(off_ms);
            let service = FakeService::answering_after(ms(700));
            parts.run(&service).await;
            let [before, after] = parts.samples();
            let received = service.received();
            assert_eq!(received.len(), before.len() + after.len());
            assert!(parts.intended(&before).last() < Some(&ms(12_000)));
            assert!(parts.intended(&after).first() >= Some(&ms(12_000)));
            let states = parts.records();
            assert!(states.iter().all(|it| it.state == WorkerState::Done));
            match arrival {
                Arrival::Closed => {
                    let most = received.iter().map(|call| call.2).max();
                    assert_eq!(most, Some(8), "{off_ms} ms");
                }
                Arrival::Open => {
                    let both = before.iter().chain(&after).cloned();
                    let both: Vec<Sample> = both.collect();
                    assert_eq!(parts.intended(&both), schedule, "{off_ms} ms");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_answers_nothing_for_a_whole_part_leaves_the_next_worker_nothing_to_send() {
    let parts = TwoParts::new("", 4.0);
    let service = FakeService::silent();
    parts.run(&service).await;
    let [before, after] = parts.samples();
    // A call lasts for 30 s, and the rest of the step for less.
    assert_eq!((before.len(), after.len()), (4, 0));
    assert_eq!(outcomes(&before, Outcome::Timeout), 4);
    let load = parts.first.plan.config.load.as_ref().unwrap();
    let step = DoneStep::of(load, parts.first.step.clone(), &parts.records());
    assert_eq!(step.lost_workers, 0);
    let mut sent = WorkersSent::default();
    for sample in &before {
        sent.add(load.arrival, sample);
    }
    assert_eq!(sent.lost(load, &parts.first.step), 0, "as by their records");
}

#[tokio::test(start_paused = true)]
async fn samples_tell_of_lost_workers_what_their_records_do() {
    for (killed_after, lost) in [(None, 0), (Some(ms(2_000)), 1), (Some(ms(9_000)), 1)] {
        for load in ["", "arrival = 'open'"] {
            let setup = Setup::new(load, 6.0);
            let (service, log) = (FakeService::answering_after(ms(700)), LoadMemory::default());
            if let Some(after) = killed_after {
                let run = timeout(after, setup.run(&service, &log));
                assert!(run.await.is_err(), "killed");
            }
            let again = Setup {
                request: "again",
                now: setup.now
                    + SignedDuration::try_from(killed_after.unwrap_or_default()).unwrap(),
                ..setup.clone()
            };
            again.run(&service, &log).await.unwrap();
            let load = setup.plan.config.load.as_ref().unwrap();
            let step = DoneStep::of(load, setup.step.clone(), &log.worker());
            let mut sent = WorkersSent::default();
            for sample in &log.stored() {
                sent.add(load.arrival, sample);
            }
            let by_samples = sent.lost(load, &setup.step);
            assert_eq!(
                (step.lost_workers, by_samples),
                (lost, lost),
                "{killed_after:?}"
            );
        }
    }
}
