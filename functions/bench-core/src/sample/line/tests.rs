use proptest::{prelude::*, sample::select};

use super::read;
use crate::sample::Sample;

/// A sample with a field of every type.
const LINE: &str = r#"{"run_id":"r-1","target_id":"a","prompt_id":"gsm8k/test/7","prompt_index":7,"phase":"measured","repetition":1,"attempt":1,"outcome":"ok","started_at":"2026-06-01T00:00:00.123456Z","latency_us":1339207,"ttft_us":0,"finish_reason":"stop","answer":"18","answer_rule":"answer-line","correct":true,"http_status":200,"function_cold_start":false,"function_request_id":"8f507cfc-xmpl-4697-b07a-ac58fc914c95","held_open":true,"response_text":"9 × 2 is \"18\".\\\n\t\r\b\f\/\n#### 18"}"#;

fn json(line: &str) -> Option<Sample> {
    serde_json::from_str(line).ok()
}

#[test]
fn a_line_is_read_as_json() {
    let sample = read::<Sample>(LINE).unwrap();
    assert_eq!(json(LINE), Some(sample.clone()));
    let text = "9 × 2 is \"18\".\\\n\t\r\u{8}\u{c}/\n#### 18";
    assert_eq!(sample.response_text.as_deref(), Some(text));
}

#[test]
fn a_sample_is_written_in_this_form() {
    let blank = Sample {
        repetition: 1,
        ..Sample::default()
    };
    for sample in [blank, json(LINE).unwrap()] {
        let line = serde_json::to_string(&sample).unwrap();
        assert_eq!(read(&line), Some(sample), "{line}");
    }
}

#[test]
fn a_line_of_another_form_is_left_to_json() {
    for (written, instead) in [
        ("\"answer\"", " \"answer\""),
        ("\"18\"", "null"),
        ("#### 18", r"\u0023"),
        ("1339207", "1339207.0"),
        ("1339207", "-1"),
        ("1339207", "01"),
        ("1339207", "99999999999999999999"),
        ("true,\"http", "true,\"other\":[{}],\"http"),
        (r"\n####", "\n####"),
        (r"\n####", r"\x####"),
        ("200,", "70000,"),
        ("\"ok\"", "\"fine\""),
        ("\"ttft_us\"", "\"latency_us\""),
        ("\"ttft_us\":0,", ","),
        ("\"run_id\":\"r-1\",", ""),
        ("#### 18\"}", "#### 18\",}"),
        ("#### 18\"}", "#### 18\"}}"),
        ("#### 18\"}", "#### 18\\\"}"),
        ("#### 18\"}", "#### 18\\"),
        ("#### 18\"}", ""),
    ] {
        let line = LINE.replacen(written, instead, 1);
        assert_ne!(line, LINE);
        assert_eq!(read::<Sample>(&line), None, "{line}");
    }
}

#[test]
fn an_unknown_field_and_another_order_of_fields_are_read() {
    let line = LINE.replacen(
        "{\"run_id\":\"r-1\",",
        "{\"other\":\"\\\"\",\"more\":[],",
        1,
    );
    let line = line
        .replacen("[]", "1", 1)
        .replacen("18\"}", "18\",\"run_id\":\"r-1\"}", 1);
    assert_eq!(read(&line), json(LINE));
    assert_eq!(json(&line), json(LINE));
}

/// Pieces that may be of a line.
const PIECES: [&str; 26] = [
    "",
    "\"",
    "\\",
    "\\\\",
    "\\\"",
    "\\u0041",
    "\\n",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "0",
    "7",
    "18446744073709551616",
    "-",
    ".5",
    "e3",
    " ",
    "\t",
    "\u{1}",
    "é",
    "null",
    "true",
    "\"step\":2,",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_of_a_damaged_line_is_what_json_reads(
        edits in prop::collection::vec((0..LINE.len(), 0..4_usize, select(&PIECES[..])), 1..4)
    ) {
        let mut line = LINE.as_bytes().to_vec();
        for (at, length, piece) in edits {
            let start = at.min(line.len());
            let end = (start + length).min(line.len());
            line.splice(start..end, piece.bytes());
        }
        if let Ok(line) = std::str::from_utf8(&line)
            && let Some(sample) = read::<Sample>(line)
        {
            prop_assert_eq!(Some(sample), json(line), "{}", line);
        }
    }

    #[test]
    fn every_text_is_read_as_it_was_written(text in any::<String>(), id in "[ -~é\"\\\\]{0,40}") {
        let sample = Sample { response_text: Some(text), prompt_id: id.into(), ..Sample::default() };
        let line = serde_json::to_string(&sample).unwrap();
        prop_assert_eq!(Sample::from_line(&line).unwrap(), sample);
    }
}
