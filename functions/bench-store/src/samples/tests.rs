use bench_core::sample::SampleKey;

use super::*;

fn sample() -> Sample {
    let json = serde_json::json!({
        "run_id": "r", "target_id": "t", "prompt_id": "gsm8k/test/7", "prompt_index": 7,
        "phase": "measured", "repetition": 3, "attempt": 1,
        "outcome": "ok", "started_at": "2026-01-02T03:04:05.678901Z",
        "latency_us": 9_007_199_254_740_993_u64, "ttft_us": 1200, "prompt_chars": 40,
        "http_status": 200, "chunks": 3, "finish_reason": "stop", "answer": "18",
        "correct": true, "function_cold_start": false, "function_request_id": "q",
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_sample_survives_storage_to_the_last_microsecond() {
    let item: Item = to_item(sample()).unwrap();
    assert_eq!(
        item["latency_us"],
        AttributeValue::N("9007199254740993".into())
    );
    assert_eq!(from_item::<Sample>(item).unwrap(), sample());
}

#[test]
fn a_sample_is_forgotten_so_many_days_after_its_call() {
    let aws = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .build();
    let store = Store::connect(&aws, "table", "bucket");
    assert_eq!(store.expiry(&sample()), None);
    // 2026-01-02T03:04:05Z and one day of 86,400 seconds.
    let expiry = store.keeping_samples(Some(1)).expiry(&sample());
    let second = AttributeValue::N("1767409445".into());
    assert_eq!(expiry, Some(("expires_at".to_owned(), second)));
}

#[test]
fn what_is_absent_takes_no_attribute() {
    let item: Item = to_item(sample()).unwrap();
    assert!(!item.contains_key("ttfo_us") && !item.contains_key("error_code"));
    let Sample { ttfo_us, .. } = from_item(item).unwrap();
    assert_eq!(ttfo_us, None);
}

#[test]
fn a_stored_call_is_read_from_a_whole_sample() {
    let item: Item = to_item(sample()).unwrap();
    let call: StoredCall = from_item(item).unwrap();
    assert_eq!(
        (call.prompt_index, call.phase, call.repetition),
        (7, Phase::Measured, 3)
    );
    assert_eq!(call.retry_after_s, None);
}

#[test]
fn keys_sort_as_calls_are_made() {
    let key = |prompt, phase, repetition| {
        keys::sample(&SampleKey {
            target: "t".parse().unwrap(),
            step: 0,
            worker: 0,
            prompt,
            phase,
            repetition,
            attempt: 1,
        })
    };
    assert!(key(9, Phase::Measured, 99) < key(10, Phase::Measured, 1));
    assert!(key(7, Phase::Measured, 9) < key(7, Phase::Measured, 10));
}

#[test]
fn a_text_is_cut_between_characters() {
    assert_eq!(cut("aé", 2), "a");
    assert_eq!(cut("aé", 3), "aé");
}
