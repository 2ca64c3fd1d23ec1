//! Runs of prompts of one's own, with and without reference answers, and of lengths that are
//! asked for.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    routing::post,
};
use bench_core::sample::Phase;
use bench_report::{LengthOf, Warning};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::command::{Folder, RUN};

/// Requests by target, as they came.
type Log = Arc<Mutex<Vec<(String, Value)>>>;

async fn start() -> (String, Log) {
    let log = Log::default();
    let routes = Router::new()
        .route("/{target}/v1/chat/completions", post(answer))
        .route("/{target}/v1/completions", post(answer))
        .with_state(Arc::clone(&log));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, routes).into_future());
    (url, log)
}

/// Counts a token for three characters, and some for its chat template. The target `deaf`
/// does not know `ignore_eos`.
async fn answer(State(log): State<Log>, Path(target): Path<String>, body: String) -> String {
    let body: Value = serde_json::from_str(&body).expect("a request");
    let turns = body["messages"].as_array().into_iter().flatten();
    let texts = turns.filter_map(|turn| turn["content"].as_str());
    let prompt: String = body["prompt"].as_str().into_iter().chain(texts).collect();
    let text = if prompt.contains("France") {
        "It is **Paris**."
    } else {
        "I do not know."
    };
    let continues = body["ignore_eos"] == true && target != "deaf";
    let output = if continues {
        body["max_tokens"].as_u64().expect("a limit")
    } else {
        5
    };
    let reason = if continues { "length" } else { "stop" };
    let usage = json!({
        "prompt_tokens": prompt.chars().count() / 3 + 7, "completion_tokens": output,
    });
    log.lock().expect("a log").push((target, body));
    json!({
        "choices": [{
            "message": {"role": "assistant", "content": text}, "text": text,
            "finish_reason": reason,
        }],
        "usage": usage,
    })
    .to_string()
}

fn folder(url: &str, head: &str, targets: &[(&str, &str)]) -> Folder {
    let targets = targets.iter().map(|(id, request)| {
        format!(
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"{url}/{id}\"\n\
             request = \"{request}\"\nstream = false\nready_within_s = 5\n"
        )
    });
    Folder::with(&format!(
        "name = \"mine\"\n{head}\n{}",
        targets.collect::<String>()
    ))
}

fn of<'a>(log: &'a [(String, Value)], target: &str, holds: &str) -> Vec<&'a Value> {
    let its = log.iter().filter(|(id, body)| {
        let is_of_prompt = body.to_string().contains(holds);
        id == target && is_of_prompt
    });
    its.map(|(_, body)| body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn own_prompts_are_sent_as_they_are_and_only_those_with_an_answer_are_graded() {
    let (url, log) = start().await;
    let head = "dataset = { source = \"own-prompts.jsonl\", prompts = 3 }\n\
                method = { warmup = 0, repetitions = 2, max_tokens = 256 }";
    let targets = [("chat", "openai-chat"), ("text", "openai-completion")];
    let folder = folder(&url, head, &targets);
    let shipped = support::read("infra/configs/own-prompts.jsonl");
    folder.write("own-prompts.jsonl", shipped.as_bytes());
    let ended = folder.call(&["--run-id", RUN]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);

    let log = log.lock().expect("a log").clone();
    let lines: Vec<Value> = shipped
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    let conversation = of(&log, "chat", "parcel");
    assert_eq!(conversation.len(), 2);
    assert_eq!(conversation[0]["messages"], lines[1]["messages"]);
    assert_eq!(conversation[0]["max_tokens"], 256);
    let text = of(&log, "text", "parcel")[0]["prompt"]
        .as_str()
        .expect("a text");
    assert!(text.starts_with("System: You answer") && text.ends_with("\n\nAssistant:"));
    let capital = of(&log, "chat", "France")[0];
    let expected = json!([{"role": "user", "content": lines[0]["prompt"]}]);
    assert_eq!(
        (&capital["messages"], &capital["max_tokens"]),
        (&expected, &json!(32))
    );

    let samples = folder.samples();
    let measured = samples
        .iter()
        .filter(|sample| sample.phase == Phase::Measured);
    for sample in measured {
        let is_capital = sample.prompt_id == "own-prompts.jsonl/capital";
        assert_eq!(sample.correct, is_capital.then_some(true), "{sample:?}");
        assert_eq!(sample.expected_answer.is_some(), is_capital);
    }
    let report = folder.report();
    for target in &report.targets {
        let accuracy = &target.accuracy;
        assert_eq!((accuracy.correct, accuracy.graded), (2, 2));
        assert_eq!(accuracy.of_attempts.rate.value(), Some(1.0));
        assert_eq!(target.calls.ok, 6);
    }
    assert_eq!(report.prompts[0].expected_answer.as_deref(), Some("Paris"));
    assert_eq!(report.prompts[1].expected_answer, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_that_are_asked_for_come_or_the_report_says_that_they_did_not() {
    let (url, log) = start().await;
    let head = "dataset = { source = \"builtin\", prompts = 4, input_tokens = 300 }\n\
                method = { warmup = 0, repetitions = 1, max_tokens = 40, ignore_eos = true }";
    let targets = [("keeps", "openai-chat"), ("deaf", "openai-chat")];
    let folder = folder(&url, head, &targets);
    let ended = folder.call(&["--run-id", RUN]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let all = log.lock().expect("a log").clone();
    assert!(all.iter().all(|(_, body)| body["ignore_eos"] == true));

    let report = folder.report();
    for target in &report.targets {
        let [input, output] = &target.lengths[..] else {
            panic!("{:?}", target.lengths);
        };
        assert_eq!((input.of, output.of), (LengthOf::Input, LengthOf::Output));
        let mean = input.mean.value().expect("a mean");
        assert!((285.0..=315.0).contains(&mean), "{mean}");
        assert_eq!((input.kept.count, input.kept.n), (4, 4));
        assert_eq!((output.at_least, output.at_most), (40, Some(40)));
        let kept = if target.id == "keeps" { 4 } else { 0 };
        assert_eq!((output.kept.count, output.kept.n), (kept, 4));
        // What was cut or padded asks something else.
        assert_eq!(
            (target.accuracy.graded, target.accuracy.rate.value()),
            (0, None)
        );
    }
    let not_kept = report.warnings.iter().filter_map(|warning| {
        if let Warning::LengthNotKept(found) = &warning.finding {
            return Some((found.target_id.as_str(), found.of));
        }
        let is_truncation = matches!(warning.finding, Warning::TruncatedAnswers { .. });
        assert!(!is_truncation, "{}", warning.sentence);
        None
    });
    let not_kept: Vec<_> = not_kept.collect();
    assert_eq!(not_kept, [("deaf", LengthOf::Output)]);
    for page in ["report.html", "report.md"] {
        let page = std::fs::read_to_string(folder.out().join(page)).expect("a page");
        assert!(page.contains("Token lengths") && page.contains("270 to 330"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_refused_with_its_line_and_the_remedy() {
    let head = "dataset = { source = \"mine.jsonl\", prompts = 1 }";
    let folder = folder("http://127.0.0.1:9", head, &[("a", "openai-chat")]);
    let utf16: Vec<u8> = "{\"prompt\":\"a\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b"\xEF\xBB\xBF\r\n", "is empty"),
        (&utf16, "is in UTF-16"),
        (
            b"{\"prompt\":\"a\"}\n{\"prompt\":\"caf\xE9\"}",
            "line 2 has the byte 0xE9",
        ),
        (
            b"{\"prompt\":\"a\"}\r\n{\"question\":\"b\",\"answer\":\"#### 1\"}\r\n",
            "line 2 of",
        ),
        (b"{\"prompt\":\"a\"}\n\n{\"promt\":\"b\"}", "line 3 of"),
    ];
    for (bytes, expected) in files {
        folder.write("mine.jsonl", bytes);
        let ended = folder.call(&["--run-id", RUN]);
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        assert!(ended.err.contains(expected), "{expected}: {}", ended.err);
    }
}
