use bench_core::sample::MAX_DENIED_FAILURES;

use super::*;
use crate::{
    PromptWork,
    fakes::{Act, FakeModel, MemoryLog, invocation, plan},
    measure_prompt,
};

const TIME_LEFT: Duration = Duration::from_mins(15);

fn connect_error(code: Option<&str>) -> ConnectError {
    ConnectError::Secret {
        target: "t".parse().unwrap(),
        secret: "ssm:/key".to_owned(),
        fault: "no way there".to_owned(),
        code: code.map(str::to_owned),
    }
}

async fn look(acts: &[Act], log: &MemoryLog, waited_s: i64) -> ProbeReply {
    look_since(acts, log, 0, waited_s).await
}

async fn look_since(acts: &[Act], log: &MemoryLog, since_s: i64, now_s: i64) -> ProbeReply {
    let plan = plan();
    let target = &plan.config.targets[0];
    let work = ProbeWork {
        plan: &plan,
        target,
        since: Timestamp::from_second(since_s).unwrap(),
        invocation: invocation(),
    };
    let now = || Timestamp::from_second(now_s).unwrap();
    let model = FakeModel::new(acts);
    let time_left = TimeLeft::from_now(TIME_LEFT);
    probe_target(Ok(&model), log, &work, &time_left, now)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_target_that_answers_is_ready_and_the_probe_is_kept() {
    let log = MemoryLog::default();
    let reply = look(&[Act::Answer(40, "4")], &log, 0).await;
    assert_eq!((reply.status, reply.probes), (ProbeStatus::Ready, 1));
    assert_eq!(log.samples()[0].phase, Phase::Probe);
    assert_eq!(log.samples()[0].latency_us, 40_000);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_loading_is_waited_for_until_its_time_is_up() {
    let log = MemoryLog::default();
    let loading = [Act::Fail(Outcome::NotReady)];
    let reply = look(&loading, &log, 59).await;
    assert_eq!((reply.status, reply.probes), (ProbeStatus::Waiting, 1));
    assert_eq!(
        reply.reason.as_deref(),
        Some("not_ready: FakeException: as told")
    );
    let reply = look(&loading, &log, 60).await;
    assert_eq!((reply.status, reply.probes), (ProbeStatus::Unavailable, 2));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_refuses_the_request_is_not_waited_for() {
    let log = MemoryLog::default();
    let reply = look(&[Act::Fail(Outcome::ClientError)], &log, 0).await;
    assert_eq!(reply.status, ProbeStatus::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_lasts_ends_the_wait_at_the_third_in_a_row() {
    use ProbeStatus::{Unavailable, Waiting};
    for lasting in [
        Act::FailIn(Outcome::NotReady, ErrorLayer::Dns),
        Act::FailIn(Outcome::InvalidResponse, ErrorLayer::Parse),
    ] {
        let log = MemoryLog::default();
        let passing = Act::FailIn(Outcome::NotReady, ErrorLayer::Connect);
        let mut seen = Vec::new();
        for act in [&lasting, &lasting, &passing, &lasting, &lasting, &lasting] {
            seen.push(look(std::slice::from_ref(act), &log, 1).await.status);
        }
        let expected = [Waiting, Waiting, Waiting, Waiting, Waiting, Unavailable];
        assert_eq!(seen, expected, "{lasting:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_waited_for_however_often_it_is_refused() {
    let log = MemoryLog::default();
    for _ in 0..5 {
        let refused = [Act::FailIn(Outcome::NotReady, ErrorLayer::Connect)];
        let reply = look(&refused, &log, 1).await;
        assert_eq!(reply.status, ProbeStatus::Waiting);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_cannot_be_connected_to_is_a_failed_probe() {
    let (plan, log) = (plan(), MemoryLog::default());
    let target = &plan.config.targets[0];
    let work = ProbeWork {
        plan: &plan,
        target,
        since: Timestamp::UNIX_EPOCH,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(TIME_LEFT);
    let error = connect_error(None);
    let model: Result<&FakeModel, _> = Err(&error);
    let now = || Timestamp::UNIX_EPOCH;
    let reply = probe_target(model, &log, &work, &time_left, now)
        .await
        .unwrap();
    assert_eq!(reply.status, ProbeStatus::Unavailable);
    let message = log.samples()[0].error_message.clone();
    assert_eq!(message, Some(error.to_string()));
}

#[tokio::test(start_paused = true)]
async fn access_that_is_denied_is_waited_for_during_two_minutes_of_probes() {
    use ProbeStatus::{Unavailable, Waiting};
    let log = MemoryLog::default();
    let denied = [Act::Deny];
    for probe in 1..=8 {
        let reply = look(&denied, &log, 1).await;
        assert_eq!((reply.status, reply.probes), (Waiting, probe));
        assert_eq!(reply.wait_s, 15);
    }
    assert_eq!(look(&denied, &log, 1).await.status, Unavailable);
    let seconds = (MAX_DENIED_FAILURES - 1) * PROBE_INTERVAL_S as usize;
    assert_eq!(seconds, 120);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_be_read_yet_is_waited_for_like_any_denied_access() {
    let (plan, log) = (plan(), MemoryLog::default());
    let work = ProbeWork {
        plan: &plan,
        target: &plan.config.targets[0],
        since: Timestamp::UNIX_EPOCH,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(TIME_LEFT);
    let now = || Timestamp::UNIX_EPOCH;
    for (code, expected) in [
        (Some("AccessDeniedException"), ProbeStatus::Waiting),
        (Some("ResourceNotFoundException"), ProbeStatus::Unavailable),
    ] {
        let error = connect_error(code);
        let model: Result<&FakeModel, _> = Err(&error);
        let reply = probe_target(model, &log, &work, &time_left, now)
            .await
            .unwrap();
        assert_eq!(reply.status, expected, "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_before_the_run_was_started_again_do_not_count() {
    let log = MemoryLog::default();
    let lasting = [Act::FailIn(Outcome::NotReady, ErrorLayer::Dns)];
    for _ in 0..3 {
        look_since(&lasting, &log, 0, 1).await;
    }
    // Samples state the real time of their calls.
    let later = Timestamp::now().as_second() + 3_600;
    let again = look_since(&lasting, &log, later, later + 1).await;
    assert_eq!(again.status, ProbeStatus::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_probe_waits_as_long_as_it_is_asked_to_within_its_time() {
    let asked = [(5, 1, 15), (40, 1, 40), (40, 30, 30), (40, 50, 15)];
    for (retry_after, waited, expected) in asked {
        let throttled = [Act::RetryAfter(retry_after, Outcome::Throttled)];
        let reply = look(&throttled, &MemoryLog::default(), waited).await;
        assert_eq!(reply.status, ProbeStatus::Waiting);
        assert_eq!(reply.wait_s, expected, "{retry_after} s after {waited} s");
        let reason = reply.reason.unwrap();
        assert!(reason.starts_with("throttled: "), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_with_nothing_left_to_ask_is_not_even_probed() {
    let (plan, log) = (plan(), MemoryLog::default());
    let model = FakeModel::new(&[Act::Answer(1, "420")]);
    for prompt in &plan.prompts {
        let work = PromptWork {
            run_id: &plan.run_id,
            target: &plan.config.targets[0],
            prompt,
            method: &plan.config.method,
            invocation: invocation(),
        };
        measure_prompt(&model, &log, &work, &TimeLeft::from_now(TIME_LEFT))
            .await
            .unwrap();
    }
    let stored = log.samples().len();
    let reply = look(&[Act::Fail(Outcome::ServerError)], &log, 9_999).await;
    assert_eq!((reply.status, reply.probes), (ProbeStatus::Ready, 0));
    assert_eq!(log.samples().len(), stored);
}
