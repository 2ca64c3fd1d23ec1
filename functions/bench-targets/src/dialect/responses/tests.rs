//! Events and items as OpenAI, vLLM and others send them.

use bench_core::sample::{ErrorLayer, FinishReason, Outcome};
use serde_json::{Value, json};

use crate::{
    dialect::{BodyShape, Dialect, DialectInput, Event, Progress},
    failure::Failure,
    judge,
    model::{CompletionRequest, Reply},
    stopwatch::Stopwatch,
};

fn streamed(events: &[Value]) -> (Result<Reply, Failure>, Stopwatch) {
    let mut watch = Stopwatch::new();
    let mut reader = Dialect::OpenAiResponses.reader();
    for event in events {
        if let Err(failure) = reader.event(Event::Data(&event.to_string()), &mut watch) {
            return (Err(failure), watch);
        }
    }
    (reader.finish(), watch)
}

fn whole(body: &Value) -> (Result<Reply, Failure>, Stopwatch) {
    let mut watch = Stopwatch::new();
    let reply = Dialect::OpenAiResponses.whole(body.to_string().as_bytes(), &mut watch);
    (reply, watch)
}

fn delta(of: &str, text: &str) -> Value {
    json!({"type": format!("response.{of}.delta"), "item_id": "a", "output_index": 0,
           "content_index": 0, "delta": text, "sequence_number": 4})
}

fn usage() -> Value {
    json!({"input_tokens": 9, "output_tokens": 7, "total_tokens": 16,
           "input_tokens_details": {"cached_tokens": 4},
           "output_tokens_details": {"reasoning_tokens": 5}})
}

/// A response with these items.
fn response(status: &str, output: &Value) -> Value {
    json!({"id": "resp_1", "object": "response", "status": status, "error": null,
           "incomplete_details": null, "output": output, "usage": usage()})
}

fn end(response: &Value) -> Value {
    let status = response["status"].as_str().unwrap();
    json!({"type": format!("response.{status}"), "response": response})
}

fn message(text: &str) -> Value {
    json!({"type": "message", "role": "assistant", "status": "completed",
           "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn thought() -> Value {
    json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "sum"}],
           "content": [{"type": "reasoning_text", "text": "2 and 2"}]})
}

const SAID: &str = "<think>\n2 and 2\n</think>\n\n4";

#[test]
fn a_stream_gives_text_reasoning_counts_and_the_reason() {
    let last = response("completed", &json!([thought(), message("4")]));
    let added = json!({"type": "response.output_item.added", "item": {"type": "message"}});
    let events = [
        json!({"type": "response.created", "response": {"status": "in_progress", "output": []}}),
        json!({"type": "response.in_progress", "response": {"status": "in_progress"}}),
        delta("reasoning_text", "2 and "),
        delta("reasoning_summary_text", "sum"),
        delta("reasoning_text", "2"),
        added,
        delta("output_text", ""),
        delta("output_text", "4"),
        json!({"type": "response.output_text.done", "text": "4"}),
        json!({"type": "response.output_item.done", "item": message("4")}),
        end(&last),
    ];
    let (reply, watch) = streamed(&events);
    let reply = reply.unwrap();
    assert_eq!((watch.text(), watch.chunks()), (SAID, Some(3)));
    let counts = (reply.input_tokens, reply.output_tokens, reply.total_tokens);
    assert_eq!(counts, (Some(9), Some(7), Some(16)));
    let details = (reply.reasoning_tokens, reply.cached_input_tokens);
    assert_eq!(details, (Some(5), Some(4)));
    assert_eq!(reply.finish_reason.as_deref(), Some("completed"));
    assert_eq!(judge::failure(&reply, watch.text(), None), None);
    let (reply, watch) = whole(&last);
    assert_eq!(reply.unwrap().output_tokens, Some(7));
    assert_eq!((watch.text(), watch.chunks()), (SAID, None));
}

#[test]
fn the_last_event_ends_the_answer_and_without_it_the_stream_is_broken() {
    let mut watch = Stopwatch::new();
    let mut reader = Dialect::OpenAiResponses.reader();
    let last = end(&response("completed", &json!([message("4")])));
    for (event, progress) in [
        (delta("output_text", "4"), Progress::Open),
        (last, Progress::Done),
    ] {
        reader
            .event(Event::Data(&event.to_string()), &mut watch)
            .unwrap();
        assert_eq!(reader.progress(), progress);
    }
    let (reply, _) = streamed(&[delta("output_text", "4")]);
    assert_eq!(reply.unwrap_err().outcome, Outcome::StreamBroken);
    let (reply, _) = streamed(&[json!({"choices": [{"delta": {"content": "4"}}]})]);
    let failure = reply.unwrap_err();
    assert_eq!(failure.outcome, Outcome::InvalidResponse, "{failure:?}");
}

#[test]
fn text_that_comes_with_the_last_event_alone_has_no_time() {
    let (reply, watch) = streamed(&[end(&response("completed", &json!([message("4")])))]);
    assert!(reply.is_ok());
    assert_eq!(
        (watch.text(), watch.chunks(), watch.ttft_us()),
        ("4", None, None)
    );
}

#[test]
fn text_of_which_no_piece_comes_is_that_of_the_last_event_or_of_events_about_whole_texts() {
    let done = json!({"type": "response.output_text.done", "output_index": 0, "text": "4"});
    let empty = end(&response("completed", &json!([])));
    let whole = end(&response("completed", &json!([thought(), message("4")])));
    let reasoned = delta("reasoning_text", "2 and 2");
    for (events, text, chunks) in [
        (vec![done.clone(), empty.clone()], "4", None),
        (vec![done.clone(), whole.clone()], SAID, None),
        (vec![reasoned.clone(), done, empty], SAID, Some(1)),
        (vec![reasoned, whole], SAID, Some(1)),
    ] {
        let (reply, watch) = streamed(&events);
        assert!(reply.is_ok(), "{reply:?}");
        assert_eq!((watch.text(), watch.chunks()), (text, chunks), "{events:?}");
        assert_eq!(watch.ttfo_us(), None, "no token of it has a time");
    }
}

#[test]
fn two_messages_are_one_text_however_they_come() {
    let last = response("completed", &json!([message("4"), message(" apples")]));
    let pieces = [
        delta("output_text", "4"),
        delta("output_text", " apples"),
        end(&last),
    ];
    let (_, in_pieces) = streamed(&pieces);
    let (_, at_the_end) = streamed(&pieces[2..]);
    let (_, in_one_piece) = whole(&last);
    for watch in [in_pieces, at_the_end, in_one_piece] {
        assert_eq!(watch.text(), "4 apples");
    }
}

#[test]
fn events_that_nobody_knows_are_passed_over() {
    let events = [
        json!({"type": "keepalive", "sequence_number": 0}),
        json!({"type": "response.created", "response": {"status": "in_progress"}}),
        json!({"type": "response.moon.phase", "delta": "full"}),
        json!({"type": "rate_limits.updated", "rate_limits": []}),
        json!({"type": "response.moon.delta", "delta": "waning"}),
        json!({"type": "response.content_part.done", "part": {"type": "output_text"}}),
        delta("output_text", "4"),
        end(&response("completed", &json!([message("4")]))),
    ];
    let (reply, watch) = streamed(&events);
    assert!(reply.is_ok(), "{reply:?}");
    assert_eq!((watch.text(), watch.chunks()), ("4", Some(1)));
}

#[test]
fn counts_that_do_not_come_are_unknown() {
    let mut last = response("completed", &json!([message("4")]));
    let of = |reply: Reply| (reply.input_tokens, reply.output_tokens, reply.total_tokens);
    for (usage, expected) in [
        (Value::Null, (None, None, None)),
        (json!({}), (None, None, None)),
        (
            json!({"input_tokens": 9, "output_tokens": null}),
            (Some(9), None, None),
        ),
        (json!({"output_tokens": 7}), (None, Some(7), None)),
    ] {
        last["usage"] = usage;
        let (in_pieces, _) = streamed(&[delta("output_text", "4"), end(&last)]);
        for reply in [in_pieces, whole(&last).0] {
            assert_eq!(of(reply.unwrap()), expected);
        }
    }
}

#[test]
fn reasoning_alone_is_an_answer_only_where_a_limit_cut_it_off() {
    let cut = json!({"reason": "max_output_tokens"});
    for (status, details, is_answer) in
        [("completed", Value::Null, false), ("incomplete", cut, true)]
    {
        let mut last = response(status, &json!([thought()]));
        last["incomplete_details"] = details;
        let (in_pieces, of_pieces) = streamed(&[delta("reasoning_text", "2 and 2"), end(&last)]);
        let (in_one_piece, of_whole) = whole(&last);
        for (reply, watch) in [(in_pieces, of_pieces), (in_one_piece, of_whole)] {
            let failure = judge::failure(&reply.unwrap(), watch.text(), Some(64));
            let class = failure.map(|failure| failure.class);
            assert_eq!(class.is_none(), is_answer, "{class:?}");
            assert!(class.is_none_or(|class| class == ErrorLayer::Empty));
        }
    }
}

#[test]
fn a_response_that_failed_without_a_word_is_no_answer() {
    for status in ["failed", "cancelled"] {
        let last = response(status, &json!([message("4")]));
        let (in_pieces, _) = streamed(&[delta("output_text", "4"), end(&last)]);
        for reply in [in_pieces, whole(&last).0] {
            let failure = judge::failure(&reply.unwrap(), "4", None).unwrap();
            assert_eq!(failure.outcome, Outcome::StreamBroken);
            assert_eq!(failure.code.as_deref(), Some(status));
        }
    }
}

#[test]
fn a_response_that_is_cut_off_says_by_what() {
    for (by, reason) in [
        (json!({"reason": "max_output_tokens"}), FinishReason::Length),
        (json!({"reason": "content_filter"}), FinishReason::Filtered),
        (Value::Null, FinishReason::Length),
    ] {
        let mut cut = response("incomplete", &json!([message("4")]));
        cut["incomplete_details"] = by;
        let (reply, _) = streamed(&[delta("output_text", "4"), end(&cut)]);
        for reply in [reply, whole(&cut).0] {
            let raw = reply.unwrap().finish_reason.unwrap();
            assert_eq!(FinishReason::from_raw(&raw), reason, "{raw}");
        }
    }
}

#[test]
fn a_tool_call_and_a_refusal_stand_in_the_place_of_text() {
    let call = json!({"type": "function_call", "name": "add", "arguments": "{}"});
    let refusal = json!({"type": "message",
        "content": [{"type": "refusal", "refusal": "I had rather not"}]});
    let added = json!({"type": "response.output_item.added", "item": call});
    for (item, before, says) in [
        (
            call.clone(),
            vec![added, delta("function_call_arguments", "{}")],
            "tool call",
        ),
        (
            refusal,
            vec![delta("refusal", "I had "), delta("refusal", "rather not")],
            "refused: `I had rather not`",
        ),
    ] {
        let last = response("completed", &json!([item]));
        let (in_pieces, _) = streamed(&[before, vec![end(&last)]].concat());
        for reply in [in_pieces, whole(&last).0] {
            let failure = judge::failure(&reply.unwrap(), "", None).unwrap();
            assert_eq!(failure.class, ErrorLayer::Empty);
            assert!(failure.message.contains(says), "{failure:?}");
        }
    }
}

#[test]
fn errors_have_class_code_and_message_wherever_they_stand() {
    let error = json!({"code": "rate_limit_exceeded", "message": "slow down"});
    let mut failed = response("failed", &json!([]));
    failed["error"] = error.clone();
    let event = json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down",
                       "param": null, "sequence_number": 1});
    for (before, outcome) in [
        (vec![], Outcome::Throttled),
        (vec![delta("output_text", "4")], Outcome::StreamBroken),
    ] {
        for last in [end(&failed), event.clone(), json!({"error": error})] {
            let (reply, _) = streamed(&[before.clone(), vec![last]].concat());
            let failure = reply.unwrap_err();
            assert_eq!(failure.outcome, outcome, "{failure:?}");
            assert_eq!(failure.code.as_deref(), Some("rate_limit_exceeded"));
            assert_eq!(failure.message, "slow down");
        }
    }
    for body in [failed, json!({"error": error})] {
        assert_eq!(whole(&body).0.unwrap_err().outcome, Outcome::Throttled);
    }
    let stray = whole(&json!({"choices": []})).0.unwrap_err();
    assert_eq!(stray.outcome, Outcome::InvalidResponse);
}

#[test]
fn a_body_has_its_own_names_and_asks_that_nothing_is_kept() {
    let completion_request = CompletionRequest {
        max_tokens: Some(64),
        temperature: Some(0.5),
        top_p: Some(0.75),
        ..CompletionRequest::of_text("2 + 2 = ¿?")
    };
    let input = DialectInput {
        completion_request: &completion_request,
        model: Some("m"),
        stream: Some(true),
    };
    let body = Dialect::OpenAiResponses.body(input, &BodyShape::default());
    let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    let expected = json!({"model": "m", "input": "2 + 2 = ¿?", "max_output_tokens": 64,
        "temperature": 0.5, "top_p": 0.75, "stream": true, "store": false});
    assert_eq!(body, expected);
    let messages = [bench_core::message::Message::new(
        bench_core::message::Role::System,
        "Be brief.",
    )];
    let completion_request = CompletionRequest {
        messages: &messages,
        ..completion_request
    };
    let input = DialectInput {
        completion_request: &completion_request,
        ..input
    };
    let body = Dialect::OpenAiResponses.body(input, &BodyShape::default());
    let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    assert_eq!(
        body["input"],
        json!([{"role": "system", "content": "Be brief."}])
    );
}
