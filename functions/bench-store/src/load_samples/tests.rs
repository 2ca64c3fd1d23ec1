use aws_sdk_dynamodb::types::AttributeValue;
use bench_core::sample::SampleKey;
use serde_json::json;

use super::*;

/// A call of a load with everything that an answered one has, at common lengths.
fn sample() -> Sample {
    serde_json::from_value(json!({
        "run_id": "0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789", "target_id": "bedrock-serverless",
        "prompt_id": "gsm8k/test/1234", "prompt_index": 1234, "phase": "measured",
        "repetition": 123_456, "attempt": 1, "outcome": "ok",
        "started_at": "2026-01-02T03:04:05.678901Z", "latency_us": 12_345_678,
        "ttft_us": 123_456, "ttfo_us": 1_234_567, "last_token_us": 12_345_670, "chunks": 1024,
        "max_gap_us": 123_456, "first_piece_tokens": 1, "server_latency_us": 12_345_000,
        "input_tokens": 1024, "output_tokens": 1024, "max_tokens": 4096, "prompt_chars": 4096,
        "response_chars": 4096, "finish_reason": "stop", "finish_reason_raw": "end_turn",
        "answer": "1234", "answer_rule": "answer-line", "expected_answer": "1234",
        "correct": true, "http_status": 200, "function_cold_start": false,
        "function_request_id": "0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789",
        "connection": "reused", "stall_us": 1234, "step": 12, "worker": 12,
        "intended_at": "2026-01-02T03:04:05.678801Z", "queued_us": 100,
    }))
    .unwrap()
}

/// The bytes that DynamoDB counts: names and values as text, a number half its digits.
fn bytes(item: &Item) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        other => panic!("not in a sample: {other:?}"),
    };
    item.iter().map(|(name, of)| name.len() + value(of)).sum()
}

#[test]
fn an_answered_call_of_a_load_takes_one_write_unit() {
    let sample = sample();
    let mut item: Item = to_item(&sample).unwrap();
    place(
        &mut item,
        &keys::partition(&sample),
        &keys::sample(&sample.key()),
    );
    item.insert("expires_at".into(), AttributeValue::N("1767409445".into()));
    let size = bytes(&item);
    assert!(size <= 1_024, "{size} bytes: {item:?}");
}

#[test]
fn samples_of_workers_are_in_partitions_of_their_own() {
    let mut other = sample();
    other.worker = 13;
    let key = |sample: &Sample| (keys::partition(sample), keys::sample(&sample.key()));
    assert_ne!(key(&sample()).0, key(&other).0);
    assert_eq!(key(&sample()).1, key(&other).1);
    let ramp = SampleKey {
        phase: bench_core::sample::Phase::Ramp,
        ..sample().key()
    };
    assert_eq!(keys::sample(&ramp), keys::sample(&sample().key()));
}

#[test]
fn a_record_of_a_worker_is_read_as_it_was_written() {
    let record = WorkerRecord {
        step: 3,
        worker: 12,
        state: WorkerState::Running,
        tally: Some(bench_core::load::StepTally::default()),
        request_id: "q".to_owned(),
        free_callers: Vec::new(),
    };
    let (item, _) = worker_item("r", "t", &record).unwrap();
    assert_eq!(item["sk"], AttributeValue::S("STEP#03#WORKER#12".into()));
    assert_eq!(item["state"], AttributeValue::S("running".into()));
    assert_eq!(item["request_id"], AttributeValue::S("q".into()));
    assert_eq!(from_item::<WorkerRecord>(item).unwrap(), record);
}
