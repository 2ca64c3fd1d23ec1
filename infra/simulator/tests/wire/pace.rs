//! The ground truth call by call, and answers at a fixed pace.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use simulator::ledger::Call;

use crate::{
    raw::{self, End, PATIENCE},
    support::{Bench, start},
};

const FIXED: &str = "/simulate-tokens-16-every-5ms/generate_stream";

fn tgi(prompt: &str) -> Value {
    json!({"inputs": prompt, "parameters": {"max_new_tokens": 4_096}})
}

#[tokio::test]
async fn the_truth_of_an_answer_is_waited_for_by_its_number() {
    let bench = start().await;
    let (sequence, _) = marked(&bench, FIXED, "hi").await;
    let call = tokio::time::timeout(PATIENCE, bench.simulator.truth_of(sequence)).await;
    assert_eq!(call.unwrap().sequence, sequence);
}

/// The number that the answer was marked with, and its status.
async fn marked(bench: &Bench, path: &str, prompt: &str) -> (u64, u16) {
    let response = bench.post(path, &tgi(prompt)).await;
    let status = response.status().as_u16();
    let mark = response.headers()["x-simulator-call"].clone();
    response.bytes().await.expect("a whole answer");
    (
        mark.to_str().expect("text").parse().expect("a number"),
        status,
    )
}

fn of(calls: &[Call], sequence: u64) -> &Call {
    let call = calls.iter().find(|call| call.sequence == sequence);
    call.expect("the call")
}

#[tokio::test]
async fn tokens_of_a_fixed_pace_are_exactly_so_many_and_never_early() {
    let bench = start().await;
    marked(&bench, FIXED, "hi").await;
    let call = bench.calls(1).await.remove(0);
    assert_eq!(call.output_tokens, 16);
    let since = |us: u64| us - call.received_us;
    let first = since(call.first_token_us.unwrap());
    let last = since(call.last_token_us.unwrap());
    assert!((5_000..500_000).contains(&first), "{first}");
    assert!((80_000..580_000).contains(&last), "{last}");
    assert_eq!(
        since(call.planned_last_byte_us.unwrap()).div_ceil(1_000),
        80
    );
    assert!(call.last_byte_us >= call.last_token_us.unwrap());
}

#[tokio::test]
async fn many_answers_keep_their_pace_at_once() {
    let bench = start().await;
    let prompts: Vec<String> = (0..32).map(|place| format!("question {place}")).collect();
    join_all(prompts.iter().map(|prompt| marked(&bench, FIXED, prompt))).await;
    let calls = bench.calls(32).await;
    assert!(calls.iter().all(|call| call.output_tokens == 16));
    let mut late: Vec<u64> = calls
        .iter()
        .map(|call| call.last_token_us.unwrap() - call.planned_last_byte_us.unwrap())
        .collect();
    late.sort_unstable();
    // A busy machine has its moments; half of the calls do not.
    assert!(late[16] < 20_000, "{late:?}");
}

#[tokio::test]
async fn an_answer_is_marked_with_the_number_of_its_truth() {
    let bench = start().await;
    let one = marked(&bench, FIXED, "one").await;
    let two = marked(&bench, "/simulate-error-503/generate", "two").await;
    assert_eq!((one, two), ((1, 200), (2, 503)));
    let calls = bench.calls(2).await;
    assert_eq!(of(&calls, 2).status, 503);
    assert_eq!(
        of(&calls, 2).fault.as_deref(),
        Some("simulate-error-NNN[-N]")
    );
    let connections =
        [of(&calls, 1), of(&calls, 2)].map(|call| (call.connection, call.fresh_connection));
    assert_eq!(
        connections,
        [(1, true), (1, false)],
        "connections are kept alive"
    );
    let body = tgi("three").to_string();
    raw::post(&bench.simulator, FIXED, "", &body, PATIENCE).await;
    let calls = bench.calls(3).await;
    assert_eq!(
        (of(&calls, 3).connection, of(&calls, 3).fresh_connection),
        (2, true)
    );
}

#[tokio::test]
async fn throttles_come_before_a_success_for_each_prompt() {
    let bench = start().await;
    let path = "/simulate-error-429-2-simulate-tokens-4-every-1ms/generate_stream";
    for prompt in ["one", "two"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(marked(&bench, path, prompt).await.1);
        }
        assert_eq!(statuses, [429, 429, 200, 200], "{prompt}");
    }
}

#[tokio::test]
async fn a_model_is_ready_after_its_time() {
    let bench = start().await;
    let path = "/simulate-not-ready-100ms-simulate-tokens-4-every-1ms/generate";
    let mut refused = 0;
    let ready = loop {
        match marked(&bench, path, "hi").await {
            (sequence, 200) => break sequence,
            (_, status) => assert_eq!(status, 503),
        }
        refused += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(refused >= 1);
    let calls = bench.calls(refused + 1).await;
    let waited = of(&calls, ready).received_us - of(&calls, 1).received_us;
    assert!(waited >= 90_000, "{waited}");
}

#[tokio::test]
async fn headers_come_at_once_and_the_body_when_it_is_asked_for() {
    let bench = start().await;
    let body = tgi("hi").to_string();
    let path = "/simulate-late-body-400ms/generate";
    let raw = raw::post(&bench.simulator, path, "", &body, PATIENCE).await;
    assert_eq!(
        (raw.status(), raw.whole, raw.end),
        (Some(200), true, End::Closed)
    );
    assert!(raw.last_after >= Duration::from_millis(400));
    // The headers did not wait for the body.
    let between = raw.last_after.saturating_sub(raw.head_after);
    assert!(between > Duration::from_millis(100), "{between:?}");
    let call = bench.calls(1).await.remove(0);
    assert!(call.last_byte_us - call.received_us >= 400_000);
}

#[tokio::test]
async fn a_client_that_leaves_an_endless_or_a_silent_answer_ends_it() {
    let bench = start().await;
    for name in [
        "simulate-endless",
        "simulate-silence",
        "simulate-silence-before",
    ] {
        let path = format!("/{name}-simulate-tokens-4-every-1ms/generate_stream");
        let body = tgi("hi").to_string();
        let patience = Duration::from_millis(100);
        let left = tokio::time::timeout(
            patience,
            raw::post(&bench.simulator, &path, "", &body, PATIENCE),
        );
        assert!(left.await.is_err(), "{name} ended");
    }
    let calls = bench.calls(3).await;
    let reasons = calls.iter().map(|call| call.finish_reason.as_deref());
    assert!(
        reasons
            .clone()
            .all(|reason| matches!(reason, Some("broken" | "disconnected")))
    );
    assert_eq!(calls.iter().filter(|call| call.status == 499).count(), 1);
}
