use std::fmt::Write as _;

use bench_core::sample::Outcome;
use serde_json::{Value, json};

use super::*;
use crate::{
    failure::Failure,
    model::{CompletionRequest, Reply},
    sse::SseDecoder,
    stopwatch::Stopwatch,
};

fn read(events: &[Value], done: bool) -> (Result<Reply, Failure>, Stopwatch) {
    let mut stream = String::new();
    for event in events {
        let _ = write!(stream, "data: {event}\n\n");
    }
    if done {
        stream.push_str("data: [DONE]\n\n");
    }
    let mut watch = Stopwatch::new();
    let mut events = SseDecoder::new(crate::dialect::Dialect::OpenAiChat);
    let reply = events
        .push(stream.as_bytes(), &mut watch)
        .and_then(|_| events.finish(&mut watch));
    (reply, watch)
}

fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}], "usage": null})
}

const REQUEST: CompletionRequest<'_> = CompletionRequest {
    max_tokens: Some(64),
    temperature: Some(0.3),
    top_p: Some(0.9),
    ..CompletionRequest::of_text("2 + 2?")
};

fn input<'a>(
    completion_request: &'a CompletionRequest<'a>,
    model: Option<&'a str>,
    stream: Option<bool>,
) -> DialectInput<'a> {
    DialectInput {
        completion_request,
        model,
        stream,
    }
}

#[test]
fn usage_is_asked_for_in_streams_only() {
    let body = Body::chat(input(&REQUEST, Some("r1"), Some(true)));
    assert_eq!(
        serde_json::to_value(body).unwrap(),
        json!({"model": "r1", "messages": [{"role": "user", "content": "2 + 2?"}],
               "max_tokens": 64, "temperature": 0.3, "top_p": 0.9, "stream": true,
               "stream_options": {"include_usage": true}})
    );
    let body = Body::completion(input(&REQUEST, None, Some(false)));
    assert_eq!(
        serde_json::to_value(body).unwrap(),
        json!({"prompt": "2 + 2?", "max_tokens": 64, "temperature": 0.3, "top_p": 0.9,
               "stream": false})
    );
}

#[test]
fn what_is_not_to_be_sent_is_left_out() {
    let completion_request = CompletionRequest {
        temperature: None,
        top_p: Some(0.0),
        cache_salt: Some("0123"),
        ..REQUEST
    };
    assert_eq!(
        serde_json::to_value(Body::completion(input(&completion_request, None, None))).unwrap(),
        json!({"prompt": "2 + 2?", "max_tokens": 64, "cache_salt": "0123"})
    );
}

#[test]
fn a_completion_has_text_and_no_message() {
    let (reply, watch) = read(
        &[
            json!({"choices": [{"text": "4"}]}),
            json!({"choices": [{"text": "", "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 8, "completion_tokens": 1}}),
        ],
        true,
    );
    assert_eq!(reply.unwrap().output_tokens, Some(1));
    assert_eq!(watch.into_text().as_deref(), Some("4"));
    let mut watch = Stopwatch::new();
    whole(br#"{"choices":[{"text":"4"}]}"#, &mut watch).unwrap();
    assert_eq!(watch.into_text().as_deref(), Some("4"));
}

#[test]
fn both_names_of_reasoning_are_known() {
    for name in ["reasoning", "reasoning_content"] {
        let (reply, watch) = read(
            &[
                delta(&json!({"role": "assistant", "content": ""})),
                delta(&json!({name: "2 and 2"})),
                delta(&json!({"content": "4"})),
                json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
                json!({"choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 5,
                    "completion_tokens_details": {"reasoning_tokens": 3},
                    "prompt_tokens_details": {"cached_tokens": 4}}}),
            ],
            true,
        );
        assert_eq!(
            reply.unwrap(),
            Reply {
                input_tokens: Some(8),
                output_tokens: Some(5),
                reasoning_tokens: Some(3),
                cached_input_tokens: Some(4),
                finish_reason: Some("stop".to_owned()),
                ..Reply::default()
            }
        );
        assert_eq!(watch.chunks(), Some(2));
        assert_eq!(
            watch.into_text().as_deref(),
            Some("<think>\n2 and 2\n</think>\n\n4"),
            "{name}"
        );
    }
}

#[test]
fn pieces_are_not_taken_for_tokens_when_usage_is_absent() {
    let (reply, watch) = read(&[delta(&json!({"content": "4"}))], true);
    assert_eq!(reply.unwrap().output_tokens, None);
    assert_eq!(watch.chunks(), Some(1));
}

#[test]
fn an_answer_of_digits_is_its_text_also_where_it_came_as_a_number() {
    for (written, expected) in [
        (json!(18), "18"),
        (json!(-2.5), "-2.5"),
        (json!([18]), "18"),
    ] {
        let body = json!({"choices": [{"message": {"content": written}}]}).to_string();
        let mut watch = Stopwatch::new();
        whole(body.as_bytes(), &mut watch).unwrap();
        assert_eq!(watch.into_text().as_deref(), Some(expected), "{body}");
    }
    let pieces = ["#### ", "1"].map(|text| delta(&json!({"content": text})));
    let [mark, one] = pieces;
    let eight = delta(&json!({"content": 8}));
    let (reply, watch) = read(&[mark, one, eight], true);
    reply.unwrap();
    assert_eq!(watch.chunks(), Some(3));
    assert_eq!(watch.into_text().as_deref(), Some("#### 18"));
    let none = json!({"choices": [{"message": {"content": false}}]}).to_string();
    let mut watch = Stopwatch::new();
    whole(none.as_bytes(), &mut watch).unwrap();
    assert_eq!(watch.into_text(), None);
}

#[test]
fn usage_that_is_there_in_several_places_counts_once() {
    let usage = json!({"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11});
    let event = json!({
        "choices": [{
            "index": 0, "delta": {"content": "4"}, "finish_reason": "stop", "usage": usage,
        }],
        "usage": usage,
        "x_groq": {"usage": usage},
    });
    let (reply, _) = read(&[event.clone(), event], true);
    let reply = reply.unwrap();
    let counts = (reply.input_tokens, reply.output_tokens, reply.total_tokens);
    assert_eq!(counts, (Some(8), Some(3), Some(11)));
}

#[test]
fn a_stream_needs_an_end() {
    let (reply, _) = read(&[delta(&json!({"content": "4"}))], false);
    assert_eq!(reply.unwrap_err().outcome, Outcome::StreamBroken);
    let end = json!({"choices": [{"delta": {"content": "4"}, "finish_reason": "length"}]});
    assert_eq!(
        read(&[end], false).0.unwrap().finish_reason.as_deref(),
        Some("length")
    );
}

#[test]
fn an_error_within_a_200_is_a_failure() {
    let error = json!({"error": {"message": "slow down", "type": "rate", "code": 429}});
    let failure = read(std::slice::from_ref(&error), false).0.unwrap_err();
    assert_eq!(failure.outcome, Outcome::Throttled);
    assert_eq!(failure.code.as_deref(), Some("rate"));
    assert_eq!(failure.message, "slow down");
    let begun = read(&[delta(&json!({"content": "4"})), error], false)
        .0
        .unwrap_err();
    assert_eq!(begun.outcome, Outcome::StreamBroken);
}

#[test]
fn what_is_no_chat_completion_is_refused() {
    for body in ["{}", "{\"choices\":[]}", "{\"choices\":[{}]}", "[1]", "ok"] {
        let failure = whole(body.as_bytes(), &mut Stopwatch::new()).unwrap_err();
        assert_eq!(failure.outcome, Outcome::InvalidResponse, "{body}");
    }
    assert_eq!(
        read(&[json!({})], true).0.unwrap_err().outcome,
        Outcome::InvalidResponse
    );
}

#[test]
fn tokens_of_the_first_piece_are_known_where_the_stream_counts_along() {
    let usage = |tokens: u64| json!({"completion_tokens": tokens});
    let piece = |text: &str, tokens: u64| json!({"choices": [{"delta": {"content": text}}], "usage": usage(tokens)});
    let end = json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage(9)});
    let seen = |pieces: &[Value]| {
        let (start, mut watch) = (tokio::time::Instant::now(), Stopwatch::new());
        let mut events = SseDecoder::new(crate::dialect::Dialect::OpenAiChat);
        for (piece, after) in pieces.iter().chain([&end]).zip(1..) {
            watch.arrived(start + std::time::Duration::from_millis(after));
            let line = format!("data: {piece}\n\n");
            events.push(line.as_bytes(), &mut watch).unwrap();
        }
        let output_tokens = events.finish(&mut watch).unwrap().output_tokens;
        let blank = bench_core::sample::Sample {
            output_tokens,
            ..Default::default()
        };
        watch.into_sample(blank).first_piece_tokens
    };
    assert_eq!(seen(&[piece("It is", 3), piece(" 18", 9)]), Some(3));
    assert_eq!(
        seen(&[piece("", 1), piece("It is", 3), piece(" 18", 9)]),
        Some(3)
    );
    assert_eq!(seen(&[piece("It is 18", 9)]), Some(9));
    // All of them at once, though more comes.
    assert_eq!(seen(&[piece("It is", 9), piece(" 18", 9)]), None);
    assert_eq!(seen(&[delta(&json!({"content": "18"}))]), None);
}

#[test]
fn a_conversation_is_sent_as_its_messages_and_completed_as_their_text() {
    let messages = [
        Message::new(Role::System, "Be brief."),
        Message::new(Role::User, "2 + 2?"),
    ];
    let completion_request = CompletionRequest {
        messages: &messages,
        ..CompletionRequest::of_text("System: Be brief.\n\nUser: 2 + 2?\n\nAssistant:")
    };
    let input = input(&completion_request, None, None);
    assert_eq!(
        serde_json::to_value(Body::chat(input)).unwrap(),
        json!({"messages": [{"role": "system", "content": "Be brief."},
                            {"role": "user", "content": "2 + 2?"}]})
    );
    assert_eq!(
        serde_json::to_value(Body::completion(input)).unwrap(),
        json!({"prompt": "System: Be brief.\n\nUser: 2 + 2?\n\nAssistant:"})
    );
}

#[test]
fn fixed_lengths_are_sent_where_they_are_asked_for() {
    let completion_request = CompletionRequest {
        max_tokens: Some(64),
        min_tokens: Some(32),
        ignore_eos: true,
        ..CompletionRequest::of_text("2 + 2?")
    };
    assert_eq!(
        serde_json::to_value(Body::completion(input(&completion_request, None, None))).unwrap(),
        json!({"prompt": "2 + 2?", "max_tokens": 64, "min_tokens": 32, "ignore_eos": true})
    );
}
