use std::time::{Duration, Instant};

use bench_core::{config::PromptStyle, dataset::sha256_hex};
use serde_json::{Value, json};
use simulator::{Settings, ledger::Call};

use crate::support::{ARN, Bench, json, prompt, prompt_text, start_with};

/// How much later than the simulator a client on a busy machine may be.
const PATIENCE_US: u128 = 500_000;

fn tgi(prompt: &str) -> Value {
    json!({"inputs": prompt, "parameters": {"max_new_tokens": 4_096, "details": true}})
}

fn slow() -> Settings {
    Settings {
        time_scale: 400.0,
        ..Settings::default()
    }
}

/// Sends a request and reads the answer; gives the microseconds until the first
/// and until the last piece of its body.
async fn timed(bench: &Bench, path: &str, body: &Value) -> (u128, u128) {
    let sent = Instant::now();
    let mut response = bench.post(path, body).await;
    let mut first = None;
    while let Some(chunk) = response.chunk().await.expect("a whole answer") {
        if !chunk.is_empty() {
            first.get_or_insert_with(|| sent.elapsed().as_micros());
        }
    }
    (first.expect("a body"), sent.elapsed().as_micros())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ground_truth_is_what_the_client_saw() {
    let bench = start_with(slow()).await;
    let llama = |place| json!({"prompt": prompt_text(place), "max_gen_len": 4_096});
    for place in 0..3 {
        let requests = [
            ("/generate_stream".to_owned(), tgi(&prompt_text(place))),
            ("/generate".to_owned(), tgi(&prompt_text(place))),
            (
                format!("/model/{ARN}/invoke-with-response-stream"),
                llama(place),
            ),
        ];
        for (path, body) in requests {
            let before = bench.simulator.calls().len();
            let (first, last) = timed(&bench, &path, &body).await;
            let call = bench.calls(before + 1).await.pop().unwrap();
            let since = |us: u64| u128::from(us - call.received_us);
            let served = since(call.last_byte_us);
            assert!(last >= served, "{last} before {served}");
            assert!(last < served + PATIENCE_US, "{last} long after {served}");
            if let Some(first_us) = call.first_token_us {
                let token = since(first_us);
                assert!(
                    (token..token + PATIENCE_US).contains(&first),
                    "{first} and {token}"
                );
            }
            let planned = since(call.planned_last_byte_us.unwrap());
            assert!(
                (planned..planned + PATIENCE_US).contains(&served),
                "{served} and {planned}"
            );
        }
    }
}

#[tokio::test]
async fn a_call_is_written_down_in_memory_in_the_log_and_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls.jsonl");
    let settings = Settings {
        time_scale: 5_000.0,
        log: Some(log.clone()),
        ..Settings::default()
    };
    let bench = start_with(settings).await;
    bench
        .post("/generate_stream", &tgi(&prompt_text(5)))
        .await
        .bytes()
        .await
        .unwrap();
    bench
        .post("/generate", &json!({"inputs": 5}))
        .await
        .bytes()
        .await
        .unwrap();
    let calls = bench.calls(2).await;
    let lines: Vec<Call> = std::fs::read_to_string(log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, calls);
    let served = json(bench.get("/_simulator/calls").await).await;
    assert_eq!(serde_json::from_value::<Vec<Call>>(served).unwrap(), calls);

    let (good, bad) = (&calls[0], &calls[1]);
    let text = prompt(5).text(PromptStyle::AnswerLine);
    assert_eq!(good.prompt_sha256, Some(sha256_hex(text.as_bytes())));
    let times = [
        good.headers_us,
        good.received_us,
        good.first_token_us.unwrap(),
        good.last_byte_us,
    ];
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!((good.sequence, good.status), (1, 200));
    assert_eq!(
        (bad.sequence, bad.status, bad.prompt_sha256.as_deref()),
        (2, 422, None)
    );
    assert_eq!(
        (bad.finish_reason.as_deref(), bad.planned_last_byte_us),
        (None, None)
    );
}

#[tokio::test]
async fn the_same_calls_get_the_same_answers_from_another_simulator() {
    let settings = Settings {
        time_scale: 5_000.0,
        accuracy: 0.5,
        ..Settings::default()
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let bench = start_with(settings.clone()).await;
        let mut texts = Vec::new();
        for call in 0..6 {
            let body = json(bench.post("/generate", &tgi(&prompt_text(call / 3))).await).await;
            texts.push(body["generated_text"].as_str().unwrap().to_owned());
        }
        let service_us: Vec<u64> = bench
            .calls(6)
            .await
            .iter()
            .map(|call| call.planned_last_byte_us.unwrap() - call.received_us)
            .collect();
        seen.push((texts, service_us));
    }
    let (second, first) = (seen.pop().unwrap(), seen.pop().unwrap());
    assert_eq!(first.0, second.0);
    // Both ends of a span are rounded down to microseconds.
    assert!(
        first
            .1
            .iter()
            .zip(&second.1)
            .all(|(one, other)| one.abs_diff(*other) <= 1)
    );
    assert_ne!(first.0[0], first.0[1]);
}

#[tokio::test]
async fn right_and_wrong_answers_are_told_apart() {
    let settings = Settings {
        time_scale: 50_000.0,
        accuracy: 0.5,
        ..Settings::default()
    };
    let bench = start_with(settings).await;
    for place in 0..20 {
        let body = json(bench.post("/generate", &tgi(&prompt_text(place))).await).await;
        let text = body["generated_text"].as_str().unwrap();
        let right = text.ends_with(&format!(
            "\n#### {}",
            prompt(place).expected_answer.unwrap()
        ));
        let call = bench.calls(place + 1).await.pop().unwrap();
        assert_eq!(call.correct, Some(right), "{text}");
    }
    let calls = bench.simulator.calls();
    let right = calls
        .iter()
        .filter(|call| call.correct == Some(true))
        .count();
    assert!(
        (1..20).contains(&right),
        "{right} of 20 right at an accuracy of one half"
    );
}

#[tokio::test]
async fn a_client_that_leaves_is_written_down() {
    // Slow enough that the answer is never over by then.
    let bench = start_with(Settings {
        time_scale: 1.0,
        ..Settings::default()
    })
    .await;
    let mut response = bench.post("/generate_stream", &tgi(&prompt_text(6))).await;
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    let call = bench.calls(1).await.remove(0);
    assert_eq!(
        (call.status, call.finish_reason.as_deref()),
        (200, Some("disconnected"))
    );
    assert!(call.output_tokens >= 1 && call.last_byte_us >= call.received_us);

    let url = format!("{}/generate", bench.simulator.url());
    let impatient = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(60));
    let request = impatient
        .build()
        .unwrap()
        .post(url)
        .body(tgi(&prompt_text(6)).to_string());
    assert!(request.send().await.unwrap_err().is_timeout());
    let call = bench.calls(2).await.remove(1);
    assert_eq!((call.status, call.output_tokens), (499, 0));
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_wait_for_each_other() {
    // No answer takes less than a tenth of a second.
    let bench = start_with(Settings {
        time_scale: 100.0,
        ..Settings::default()
    })
    .await;
    let bodies: Vec<Value> = (0..12).map(|place| tgi(&prompt_text(place))).collect();
    let calls = bodies.iter().map(|body| async {
        bench
            .post("/generate_stream", body)
            .await
            .bytes()
            .await
            .unwrap();
    });
    futures::future::join_all(calls).await;
    let calls = bench.calls(12).await;
    let last_in = calls.iter().map(|call| call.received_us).max().unwrap();
    let first_out = calls.iter().map(|call| call.last_byte_us).min().unwrap();
    assert!(
        last_in < first_out,
        "the last was received at {last_in}, the first done at {first_out}"
    );
}
