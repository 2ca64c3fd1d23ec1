//! Every request kind, streamed and not, against every fault of a service,
//! through the real clients.

mod expected;
mod kinds;

use std::time::{Duration, Instant};

use bench_core::sample::{Outcome, Sample};
use bench_targets::{CompletionRequest, Limit, TargetEnv, connect, measure};
use futures::{StreamExt, future::join_all, stream};
use kinds::Kind;
use simulator::{Settings, Simulator, fault};

/// How long an answer is waited for that does come.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long one is waited for that never does; no fault may keep a call longer.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Calls in flight at a time.
const AT_ONCE: usize = 8;

const REQUEST: CompletionRequest<'_> = CompletionRequest {
    max_tokens: Some(64),
    temperature: Some(0.3),
    top_p: Some(0.9),
    ..CompletionRequest::of_text(
        "A crate holds 12 jars, and each jar weighs 3 kg. How heavy are 4 crates?",
    )
};

async fn simulator() -> Simulator {
    let settings = Settings {
        time_scale: 10_000.0,
        accuracy: 1.0,
        ..Settings::default()
    };
    Simulator::start(settings).await.expect("a simulator")
}

async fn call(
    simulator: &Simulator,
    kind: Kind,
    fault: &str,
    timeout: Duration,
) -> (Sample, Duration) {
    let env = TargetEnv {
        simulator_url: Some(simulator.url()),
        ..TargetEnv::default()
    };
    let target = kind.target(fault);
    let model = connect(&target, &env, None).await.expect("a client");
    let start = Instant::now();
    let seen = measure(&model, &REQUEST, Limit::timeout(timeout), Sample::default()).await;
    (seen, start.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_every_kind_ends_in_the_outcome_that_names_it() {
    let simulator = simulator().await;
    let cells = Kind::all().flat_map(|kind| {
        let suits =
            move |named: &&fault::Named| named.applies_to.covers(kind.stream, kind.is_in_frames());
        fault::ALL
            .iter()
            .filter(suits)
            .map(move |named| (kind, named))
    });
    let seen: Vec<_> = stream::iter(cells)
        .map(|(kind, named)| {
            let simulator = &simulator;
            async move {
                // Short, so that no slow answer is given up.
                let fault = format!("{}-simulate-tokens-24-every-1ms", named.example);
                let never = expected::outcomes(kind, named.example).contains(&Outcome::Timeout);
                let timeout = if never { SHORT_TIMEOUT } else { TIMEOUT };
                let (seen, took) = call(simulator, kind, &fault, timeout).await;
                assert!(
                    took < timeout + SHORT_TIMEOUT,
                    "{kind} {fault} took {took:?}"
                );
                (kind, named, seen)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert!(seen.len() > 500, "{} cells", seen.len());
    let mut wrong = Vec::new();
    for (kind, named, seen) in seen {
        let expected = expected::outcomes(kind, named.example);
        if !expected.contains(&seen.outcome) {
            let Sample {
                outcome,
                error_message,
                ..
            } = &seen;
            wrong.push(format!(
                "{kind} {}: {outcome:?} {error_message:?}, expected {expected:?}",
                named.example
            ));
        }
        if seen.outcome != Outcome::Ok && seen.error_message.is_none() {
            wrong.push(format!("{kind} {}: fails without a word", named.example));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How late the body of a slow answer is, and how far a measurement of it may be
/// off; what held the client up besides is on the sample.
const LATE: Duration = Duration::from_secs(8);
const TOLERANCE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_comes_8_s_behind_its_headers_is_measured_as_8_s() {
    let simulator = simulator().await;
    let input = Kind::all().filter(|kind| !kind.stream).map(|kind| {
        let simulator = &simulator;
        async move {
            (
                kind,
                call(simulator, kind, "simulate-late-body-8s", TIMEOUT)
                    .await
                    .0,
            )
        }
    });
    for (kind, seen) in join_all(input).await {
        assert_eq!(seen.outcome, Outcome::Ok, "{kind} {seen:?}");
        assert_eq!(seen.http_status, Some(200), "{kind}");
        assert!(seen.response_chars > Some(0), "{kind} {seen:?}");
        let latency = Duration::from_micros(seen.latency_us);
        let stall = Duration::from_micros(seen.stall_us.unwrap_or_default());
        assert!(
            (LATE..LATE + TOLERANCE + stall).contains(&latency),
            "{kind} took {latency:?} with a stall of {stall:?}"
        );
    }
}
