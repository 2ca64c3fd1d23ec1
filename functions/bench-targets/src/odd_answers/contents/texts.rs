//! The text of an answer, wherever it stands.

use super::*;

const THOUGHT: &str = "<think>\n9 * 2\n</think>\n\n18";

#[tokio::test]
async fn text_counts_once_wherever_it_stands() {
    let part = |kind: &str, text: &str| json!({"type": kind, "text": text});
    for event in [
        json!({"delta": {"content": "18"}, "text": "18"}),
        json!({"delta": {"content": "18"}, "message": {"content": "It is 18"}}),
        json!({"delta": {"content": [part("text", "1"), part("text", "8")]}}),
        json!({"delta": {"content": {"type": "text", "text": "18"}}}),
        json!({"delta": {"content": "18", "role": 7, "tool_calls": "none"}, "logprobs": [1]}),
        json!({"delta": {"content": ["18"]}, "index": "0"}),
        json!({"delta": {"content": "18", "refusal": null, "reasoning": null}}),
        json!({"delta": null, "text": "18"}),
    ] {
        check_text(&chat(&[event, end()]).await, "18");
    }
    let growing = |message: &str, delta: &str| json!({"message": {"content": message}, "delta": {"content": delta}});
    let all_so_far = [growing("1", "1"), growing("18", "8"), end()];
    check_text(&chat(&all_so_far).await, "18");
    let whole = json!({"index": 0, "message": {"content": "18"}, "finish_reason": "stop"});
    let again = [json!({"delta": {"content": "18"}}), whole.clone()];
    check_text(&chat(&again).await, "18");
    let at_once = chat(&[whole]).await;
    check_text(&at_once, "18");
    assert!(at_once.iter().all(|seen| seen.ttft_us.is_none()));
}

#[tokio::test]
async fn reasoning_counts_once_by_whatever_name() {
    let thought = |text: &str| json!([{"type": "text", "text": text}]);
    for delta in [
        json!({"reasoning": "9 * 2"}),
        json!({"reasoning": "", "reasoning_content": "9 * 2"}),
        json!({"reasoning": "9 * 2", "reasoning_content": "9 * 2"}),
        json!({"reasoning_content": {"text": "9 * 2"}, "content": ""}),
        json!({"reasoning": null, "reasoning_details": [
            {"type": "reasoning.text", "text": "9 * 2", "signature": null},
            {"type": "reasoning.encrypted", "data": "x"}]}),
        json!({"reasoning": "9 * 2", "reasoning_details": [{"text": "9 * 2"}]}),
        json!({"content": [{"type": "thinking", "thinking": thought("9 * 2")}]}),
    ] {
        let events = [
            json!({"delta": delta}),
            json!({"delta": {"content": "18"}}),
            end(),
        ];
        check_text(&chat(&events).await, THOUGHT);
        let mut message = delta;
        let parts = message["content"].as_array().cloned().unwrap_or_default();
        message["content"] = [parts, vec![json!({"type": "text", "text": "18"})]]
            .concat()
            .into();
        let choice = json!({"message": message, "finish_reason": "stop"});
        let document = json!({"choices": [choice]}).to_string();
        check_text(&read_whole(chat_targets(), &document).await, THOUGHT);
    }
}

#[tokio::test]
async fn only_one_choice_is_the_answer() {
    let of = |index: u32, text: &str| json!({"index": index, "delta": {"content": text}});
    check_text(
        &chat(&[of(0, "1"), of(1, "5"), of(0, "8"), of(1, "0"), end()]).await,
        "18",
    );
    let last = json!({"index": 1, "delta": {}, "finish_reason": "stop"});
    check_text(&chat(&[of(1, "1"), of(1, "8"), last]).await, "18");
    let both = json!({"choices": [of(1, "5"), of(0, "18")]}).to_string();
    let documents = [both, choices(&[end()]).remove(0)];
    check_text(&read(chat_targets(), &documents).await, "18");
}

#[tokio::test]
async fn a_choice_whose_index_grows_with_every_token_is_the_only_one() {
    let of = |index: u32, text: &str| json!({"index": index, "delta": {"content": text}});
    let last = |index: u32| json!({"index": index, "delta": {}, "finish_reason": "stop"});
    for events in [
        vec![of(0, "1"), of(1, "8"), last(2)],
        vec![of(1, ""), of(2, "1"), of(3, "8"), last(4)],
        vec![of(0, "1"), of(1, "8"), of(2, ""), last(0)],
        vec![of(0, "18"), last(1)],
    ] {
        check_text(&chat(&events).await, "18");
    }
    let mut documents = choices(&[of(0, "1"), of(1, "8")]);
    documents.push("[DONE]".to_owned());
    let [_, sagemaker, http, api] = chat_targets();
    check_text(&read([sagemaker, http, api], &documents).await, "18");
    let three = [of(0, "1"), of(1, "2"), of(2, "3"), of(0, "8"), end()];
    for seen in chat(&three).await {
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        let words = seen.error_message.unwrap_or_default();
        assert!(words.contains("several choices"), "{words}");
    }
}

#[tokio::test]
async fn json_that_is_not_strict_is_read() {
    let ends = r#"{"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": NaN}"#;
    for (piece, expected) in [
        (
            r#"{"choices": [{"delta": {"content": "18\ud83d"}, "logprob": NaN}]}"#,
            "18\u{fffd}",
        ),
        (
            r#"{"choices": [{"delta": {"content": "18"}, "logprob": -Infinity}]}"#,
            "18",
        ),
        (
            r#"{"id": 1, "id": 2, "created": 1e999, "choices": [{"delta": {"content": "18"}}]}"#,
            "18",
        ),
        (
            r#"{"choices": [{"delta": {"content": "18", "content": null}}], "usage": "none"}"#,
            "18",
        ),
    ] {
        let documents = [piece.to_owned(), ends.to_owned()];
        check_text(&read(chat_targets(), &documents).await, expected);
    }
    for target in chat_targets() {
        let body = b"{\"choices\":[{\"message\":{\"content\":\"18\xff\"}}]}".as_slice();
        let server = Server::answering(Answer::status(200).chunk(body)).await;
        check_text(
            &[Box::pin(server.call(&in_one_piece(target))).await],
            "18\u{fffd}",
        );
    }
}

#[tokio::test]
async fn events_of_other_kinds_are_passed_over() {
    let mut documents = choices(&[json!({"delta": {"content": "18"}}), end()]);
    for (at, other) in [
        (0, "{}"),
        (1, r#"{"type": "ping"}"#),
        (3, r#"{"message": "bye"}"#),
    ] {
        documents.insert(at, other.to_owned());
    }
    check_text(&read(chat_targets(), &documents).await, "18");
    for other in ["{}", r#"{"generation": "18"}"#] {
        for seen in read(chat_targets(), &[other.to_owned()]).await {
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        }
    }
}
