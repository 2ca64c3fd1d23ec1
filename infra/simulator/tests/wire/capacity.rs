//! Targets that can take only so much: queues, batches, stalls and throttling.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use simulator::ledger::Call;

use crate::{
    raw::PATIENCE,
    support::{Bench, json, start},
};

fn tgi() -> Value {
    json!({"inputs": "hi", "parameters": {"max_new_tokens": 4_096}})
}

async fn whole(bench: &Bench, path: &str) -> u16 {
    let response = bench.post(path, &tgi()).await;
    let status = response.status().as_u16();
    response.bytes().await.expect("a whole answer");
    status
}

/// When the service of a call began and was to end, in microseconds.
fn service(call: &Call) -> (u64, u64) {
    let began = call.received_us + call.queued_us.expect("a queue");
    (began, call.planned_last_byte_us.expect("a plan"))
}

#[tokio::test]
async fn calls_wait_for_a_slot_in_order_and_the_ledger_knows_how_long() {
    let bench = start().await;
    let target = "/simulate-slots-2-simulate-tokens-4-every-10ms";
    let paths = [
        format!("{target}/generate"),
        format!("{target}/generate_stream"),
    ];
    let asked = (0..8).map(|place| whole(&bench, &paths[place % 2]));
    assert_eq!(join_all(asked).await, [200; 8]);
    let mut calls = bench.calls(8).await;
    calls.sort_by_key(service);
    let received: Vec<u64> = calls.iter().map(|call| call.received_us).collect();
    assert!(received.is_sorted(), "first come, first served: {calls:?}");
    for call in &calls {
        let (began, end) = service(call);
        assert!((end - began).abs_diff(40_000) <= 2, "{call:?}");
        assert!(
            call.last_byte_us >= end && call.slots == Some(2),
            "{call:?}"
        );
        let others = calls.iter().map(service);
        let busy = others.filter(|(from, to)| (*from..*to).contains(&(began + 2)));
        assert!(busy.count() <= 2, "{call:?}");
        let first = call.planned_first_token_us;
        let streams = call.protocol.ends_with("-stream");
        assert_eq!(first.is_some(), streams);
        assert!(first.is_none_or(|first| (first - began).abs_diff(10_000) <= 2));
        assert!(matches!(call.streams_at_start, Some(1 | 2)));
    }
    assert!(
        calls.iter().any(|call| call.queued_us > Some(60_000)),
        "{calls:?}"
    );
}

/// So many callers of a target, each on a connection of its own, that ask again when
/// they are answered: their calls in order, caller by caller.
async fn closed_loop(bench: &Bench, target: &str, callers: usize) -> Vec<Vec<Call>> {
    const ROUNDS: usize = 8;
    let url = format!("{}/{target}/generate_stream", bench.simulator.url());
    let caller = async || {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let mut calls = Vec::new();
        for _ in 0..ROUNDS {
            let request = client.post(&url).body(tgi().to_string());
            let response = request.send().await.expect("an answer");
            let sequence = response.headers()["x-simulator-call"].to_str();
            let sequence = sequence.expect("text").parse().expect("a number");
            response.bytes().await.expect("a whole answer");
            calls.push(bench.simulator.truth_of(sequence).await);
        }
        calls
    };
    join_all((0..callers).map(|_| caller())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_loop_takes_the_service_time_up_to_the_slots_and_in_proportion_beyond() {
    let bench = start().await;
    // Four slots, 80 ms.
    let loops = [1, 3, 5, 8, 12].map(|callers| {
        let bench = &bench;
        async move {
            let target = format!("{callers}-simulate-slots-4-even-simulate-tokens-4-every-20ms");
            (callers, closed_loop(bench, &target, callers).await)
        }
    });
    for (callers, calls) in join_all(loops).await {
        let mut times: Vec<u64> = calls
            .iter()
            // By the third round, callers of even slots are evenly apart.
            .flat_map(|calls| calls[3..].windows(2))
            .map(|pair| {
                let answered = pair[0].planned_last_byte_us.unwrap();
                let asks_again_after = pair[1].received_us - answered;
                let latency = answered - pair[0].received_us;
                // What a caller takes to ask again is spared in the queue.
                if callers > 4 {
                    latency + asks_again_after
                } else {
                    latency
                }
            })
            .collect();
        times.sort_unstable();
        let expected = 80_000.max(callers as u64 * 20_000);
        let median = times[times.len() / 2];
        assert!(median.abs_diff(expected) <= 1_000, "{callers}: {times:?}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_the_queue_or_its_slot_makes_room_for_the_next() {
    let bench = start().await;
    // A minute for each, which nobody waits for.
    let path = "/simulate-slots-1-simulate-tokens-600-every-100ms/generate_stream";
    let mut first = bench.post(path, &tgi()).await;
    assert!(first.chunk().await.unwrap().is_some());
    let second = bench.post(path, &tgi()).await;
    let mut third = bench.post(path, &tgi()).await;
    drop(second);
    let queued = bench.calls(1).await.remove(0);
    assert_eq!((queued.sequence, queued.streams_at_start), (2, None));
    assert!(queued.queued_us.is_some() && queued.planned_last_byte_us.is_none());
    drop(first);
    let token = tokio::time::timeout(PATIENCE, third.chunk()).await;
    assert!(token.expect("its turn").unwrap().is_some());
    drop(third);
    let calls = bench.calls(3).await;
    assert_eq!((calls[1].sequence, calls[2].sequence), (1, 3));
    let left = calls[1].last_byte_us;
    let (began, waited) = (calls[2].received_us, calls[2].queued_us.unwrap());
    assert!(began + waited >= left, "{calls:?}");
    assert_eq!(calls[2].streams_at_start, Some(1));
}

#[tokio::test]
async fn a_late_body_is_served_for_longer() {
    let bench = start().await;
    let names = "simulate-slots-1-simulate-late-body-60ms-simulate-tokens-4-every-10ms";
    let operations = [("generate", 60_000), ("generate_stream", 90_000)];
    for (before, (operation, expected)) in [0, 2].into_iter().zip(operations) {
        let path = format!("/{operation}-{names}/{operation}");
        assert_eq!(
            join_all((0..2).map(|_| whole(&bench, &path))).await,
            [200; 2]
        );
        for call in bench.calls(before + 2).await.split_off(before) {
            let (began, end) = service(&call);
            assert!((end - began).abs_diff(expected) <= 2, "{call:?}");
            assert!(call.last_byte_us >= end, "{call:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_gives_its_slot_back() {
    let bench = start().await;
    let path = "/simulate-slots-1-simulate-break-simulate-tokens-100-every-10ms/generate_stream";
    let broken = async || {
        let response = bench.post(path, &tgi()).await;
        assert!(response.bytes().await.is_err());
    };
    tokio::join!(broken(), broken());
    let mut calls = bench.calls(2).await;
    calls.sort_by_key(|call| call.queued_us);
    // Half of a second, and the rest is not served.
    let waited = calls[1].received_us + calls[1].queued_us.unwrap() - calls[0].received_us;
    assert!((500_000..1_000_000).contains(&waited), "{calls:?}");
    assert!(calls.iter().all(|call| call.planned_last_byte_us.is_none()));
}

#[tokio::test]
async fn a_batch_slows_every_stream_down_and_its_size_is_written_down() {
    let bench = start().await;
    let path = "/simulate-batch-50pct-simulate-tokens-10-every-10ms/generate_stream";
    let asked = (0..5).map(|_| whole(&bench, path));
    assert_eq!(join_all(asked).await, [200; 5]);
    for call in bench.calls(5).await {
        let (began, end) = service(&call);
        assert_eq!((call.queued_us, call.slots), (Some(0), None));
        // `every × (1 + slope × (n − 1))`, which is linear, so that means will do.
        let streams = call.mean_streams.unwrap();
        assert!((1.0..=5.0).contains(&streams));
        let expected = 100_000.0 * (1.0 + 0.5 * (streams - 1.0));
        let took = Duration::from_micros(end - began).as_secs_f64() * 1e6;
        // Speeds are averaged over time, not times over tokens.
        assert!(
            took <= expected + 5.0 && took >= 100_000.0 - 5.0,
            "{call:?}"
        );
    }
}

#[tokio::test]
async fn a_stall_holds_up_every_stream_of_its_target() {
    let bench = start().await;
    let path = "/simulate-stall-60ms-every-100ms-simulate-tokens-20-every-5ms/generate_stream";
    let asked = (0..4).map(|_| whole(&bench, path));
    assert_eq!(join_all(asked).await, [200; 4]);
    let calls = bench.calls(4).await;
    let took = |call: &Call| call.planned_last_byte_us.unwrap() - call.received_us;
    let first = calls.iter().min_by_key(|call| call.received_us).unwrap();
    // 40 ms, a stall, 40 ms, a stall, and the last 20 ms.
    assert!(took(first).abs_diff(220_000) <= 2, "{first:?}");
    assert!(calls.iter().all(|call| took(call) >= 219_998), "{calls:?}");
    let kept = |call: &Call| call.last_token_us >= call.planned_last_byte_us;
    assert!(calls.iter().all(kept), "{calls:?}");
}

#[tokio::test]
async fn a_target_throttles_above_its_rate_and_counts_for_itself() {
    let bench = start().await;
    let statuses = |path: &'static str| {
        let bench = &bench;
        async move {
            let mut statuses = Vec::new();
            for _ in 0..8 {
                statuses.push(whole(bench, path).await);
            }
            statuses
        }
    };
    let http = "/simulate-throttle-5-every-100s-simulate-tokens-2-every-1ms/generate_stream";
    let other =
        "/other-simulate-throttle-6-every-100s-burst-2-simulate-tokens-2-every-1ms/generate";
    assert_eq!(
        statuses(http).await,
        [200, 200, 200, 200, 200, 429, 429, 429]
    );
    assert_eq!(
        statuses(other).await,
        [200, 200, 429, 429, 429, 429, 429, 429]
    );
    let refused = bench.post(http, &tgi()).await;
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    let bedrock = "/model/simulate-throttle-1-every-100s-burst-1/converse";
    let body = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]});
    assert_eq!(bench.post(bedrock, &body).await.status(), 200);
    let refused = bench.post(bedrock, &body).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-amzn-errortype"], "ThrottlingException");
    let throttled = bench.calls(19).await;
    let throttled = throttled.iter().filter(|call| call.status == 429);
    assert_eq!(throttled.count(), 3 + 6 + 1 + 1);
}

#[tokio::test]
async fn a_full_queue_is_refused_as_throttling() {
    let bench = start().await;
    let path = "/simulate-slots-1-queue-2-simulate-tokens-4-every-100ms/generate";
    let mut statuses = join_all((0..6).map(|_| whole(&bench, path))).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    // Once there is room, calls are taken again.
    assert_eq!(whole(&bench, path).await, 200);
}

#[tokio::test]
async fn the_limits_of_a_target_follow_from_its_name() {
    let bench = start().await;
    for path in [
        "/a-simulate-slots-8-simulate-tokens-4-every-10ms/generate",
        "/b-simulate-batch-125pm-knee-8-simulate-tokens-4-every-10ms/generate",
        "/c-simulate-slots-16-simulate-batch-5pct-simulate-tokens-4-every-10ms/generate",
        "/d-simulate-slots-8-simulate-stall-20ms-every-80ms-simulate-tokens-4-every-10ms/generate",
        "/e-simulate-slots-8-simulate-throttle-50-simulate-tokens-4-every-10ms/generate",
        "/f-simulate-slots-8/generate",
        "/g/generate",
    ] {
        assert_eq!(whole(&bench, path).await, 200, "{path}");
    }
    let targets = json(bench.get("/_simulator/targets").await).await;
    let rates: Vec<[Option<f64>; 3]> = targets
        .as_array()
        .unwrap()
        .iter()
        .map(|target| {
            let rates = [
                "requests_per_second",
                "tokens_per_second",
                "throttled_above",
            ];
            rates.map(|rate| target[rate].as_f64().map(f64::round))
        })
        .collect();
    let of = |requests: f64| [Some(requests), Some(4.0 * requests), None];
    // 16 streams at 1.75 times the time; 8 slots for three quarters of the time.
    let (batch, stalled) = (229.0, 150.0);
    let mut expected = vec![of(200.0), of(200.0), of(batch), of(stalled)];
    expected[2][1] = Some(914.0);
    expected.push([Some(50.0), Some(200.0), Some(50.0)]);
    expected.push([None; 3]);
    assert_eq!(rates, expected, "{targets}");
}
