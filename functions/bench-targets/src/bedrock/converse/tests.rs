use super::*;
use bench_core::sample::{ErrorLayer, FinishReason, Outcome};
use serde_json::json;

use crate::testing::{
    Answer, End, Server, bedrock_target, event, exception, in_one_piece, simulated, unused_url,
};

fn delta(text: &str) -> Vec<u8> {
    let payload = json!({"contentBlockIndex": 0, "delta": {"text": text}});
    event("contentBlockDelta", &payload.to_string())
}

fn reasoning(text: &str) -> Vec<u8> {
    let delta = json!({"reasoningContent": {"text": text}});
    let payload = json!({"contentBlockIndex": 0, "delta": delta});
    event("contentBlockDelta", &payload.to_string())
}

fn stop(reason: &str) -> Vec<u8> {
    event("messageStop", &json!({"stopReason": reason}).to_string())
}

fn metadata() -> Vec<u8> {
    let usage = json!({"inputTokens": 12, "outputTokens": 34, "totalTokens": 54,
                       "cacheReadInputTokens": 5, "cacheWriteInputTokens": 3});
    event(
        "metadata",
        &json!({"usage": usage, "metrics": {"latencyMs": 321}}).to_string(),
    )
}

fn stream() -> Answer {
    Answer::status(200).header("content-type", "application/vnd.amazon.eventstream")
}

#[tokio::test]
async fn a_stream_gives_text_reasoning_usage_and_latency() {
    let start = event("messageStart", &json!({"role": "assistant"}).to_string());
    let answer = stream().chunks([
        start,
        delta(""),
        reasoning("2 and 2"),
        delta("It is "),
        delta("4 ✓"),
        stop("end_turn"),
        metadata(),
    ]);
    let server = Server::answering(answer).await;
    let seen = server.call(&simulated(bedrock_target())).await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(
        seen.response_text.as_deref(),
        Some("<think>\n2 and 2\n</think>\n\nIt is 4 ✓")
    );
    assert_eq!(seen.response_chars, Some(7 + 6 + 3));
    assert_eq!(seen.chunks, Some(3));
    assert!(seen.ttft_us <= seen.ttfo_us && seen.ttfo_us <= seen.last_token_us);
    assert!(seen.ttft_us.is_some() && seen.last_token_us <= Some(seen.latency_us));
    assert_eq!(
        (seen.input_tokens, seen.output_tokens),
        (Some(12 + 5 + 3), Some(34))
    );
    assert_eq!(
        (seen.cached_input_tokens, seen.reasoning_tokens),
        (Some(5), None)
    );
    assert_eq!(seen.server_latency_us, Some(321_000));
    assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
    assert_eq!(seen.finish_reason_raw.as_deref(), Some("end_turn"));
    assert_eq!(seen.http_status, Some(200));

    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/model/llama/converse-stream");
    let body = &received[0].body;
    assert_eq!(body["messages"][0]["content"][0]["text"], "2 + 2 = ¿?");
    assert_eq!(
        body["inferenceConfig"],
        json!({"maxTokens": 64, "temperature": 0.5, "topP": 0.75})
    );
}

#[tokio::test]
async fn an_answer_in_one_piece_has_no_token_times() {
    let content = json!([{"reasoningContent": {"reasoningText": {"text": "2 and 2"}}},
                         {"text": "4"}]);
    let body = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "max_tokens",
        "usage": {"inputTokens": 12, "outputTokens": 34, "totalTokens": 46},
        "metrics": {"latencyMs": 99}
    });
    let server = Server::answering(Answer::status(200).chunk(body.to_string())).await;
    let seen = server
        .call(&simulated(in_one_piece(bedrock_target())))
        .await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(server.received()[0].path, "/model/llama/converse");
    assert_eq!(
        seen.response_text.as_deref(),
        Some("<think>\n2 and 2\n</think>\n\n4")
    );
    assert_eq!(
        (seen.ttft_us, seen.ttfo_us, seen.chunks),
        (None, None, None)
    );
    assert_eq!(seen.finish_reason, Some(FinishReason::Length));
    assert_eq!(seen.server_latency_us, Some(99_000));
    assert_eq!(seen.output_tokens, Some(34));
}

#[tokio::test]
async fn one_call_is_one_request_whatever_the_answer() {
    for (status, code, outcome) in [
        (429, "ThrottlingException", Outcome::Throttled),
        (429, "ModelNotReadyException", Outcome::NotReady),
        (500, "InternalServerException", Outcome::ServerError),
        (503, "ServiceUnavailableException", Outcome::ServerError),
        (424, "ModelErrorException", Outcome::ServerError),
        (408, "ModelTimeoutException", Outcome::Timeout),
        (400, "ValidationException", Outcome::ClientError),
        (403, "AccessDeniedException", Outcome::ClientError),
    ] {
        for target in [bedrock_target(), in_one_piece(bedrock_target())] {
            let answer = Answer::aws_error(status, code, r#"{"message":"not now"}"#);
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(target)).await;
            assert_eq!(seen.outcome, outcome, "{seen:?}");
            assert_eq!(seen.error_code.as_deref(), Some(code));
            assert_eq!(seen.error_message.as_deref(), Some("not now"));
            assert_eq!(seen.http_status, Some(status));
            assert_eq!(server.received().len(), 1, "{code}");
        }
    }
}

#[tokio::test]
async fn an_exception_counts_by_its_name_until_a_token_has_come() {
    let slow_down = exception("throttlingException", r#"{"message":"slow down"}"#);
    for (head, outcome) in [
        (vec![], Outcome::Throttled),
        (vec![delta("It")], Outcome::StreamBroken),
    ] {
        let server = Server::answering(stream().chunks(head).chunk(slow_down.clone())).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        assert_eq!(seen.outcome, outcome, "{seen:?}");
        assert_eq!(seen.error_code.as_deref(), Some("ThrottlingException"));
        assert_eq!(seen.error_message.as_deref(), Some("slow down"));
        assert_eq!(seen.http_status, Some(200));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_broken_and_keeps_its_text() {
    let half = stop("end_turn")[..20].to_vec();
    for answer in [
        stream().chunk(delta("It")).ending(End::Cut),
        stream().chunk(delta("It")),
        stream().chunk(delta("It")).chunk(half),
    ] {
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Stream));
        assert_eq!(seen.response_text.as_deref(), Some("It"));
        assert_eq!(seen.http_status, Some(200));
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_that_breaks_off_is_broken() {
    let server =
        Server::answering(Answer::status(200).chunk("{\"output\":").ending(End::Cut)).await;
    let seen = server
        .call(&simulated(in_one_piece(bedrock_target())))
        .await;
    assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_200_that_is_no_converse_answer_is_invalid() {
    for target in [bedrock_target(), in_one_piece(bedrock_target())] {
        let page = Answer::status(200)
            .header("content-type", "text/html")
            .chunk("<html>");
        let server = Server::answering(page).await;
        let seen = server.call(&simulated(target)).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Parse));
    }
}

#[tokio::test]
async fn nothing_listening_is_not_ready() {
    let url = unused_url().await;
    let timeout = std::time::Duration::from_secs(30);
    let seen = crate::testing::call_at(&url, &simulated(bedrock_target()), timeout).await;
    assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
    assert_eq!(seen.error_class, Some(ErrorLayer::Connect));
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_cut_off_with_what_it_had() {
    let server = Server::answering(stream().chunk(delta("It")).ending(End::Silence)).await;
    let timeout = std::time::Duration::from_millis(500);
    let seen = server
        .call_with_timeout(&simulated(bedrock_target()), timeout)
        .await;
    assert_eq!(seen.outcome, Outcome::Timeout);
    assert_eq!(seen.response_text.as_deref(), Some("It"));
    assert!(seen.ttft_us.is_some());
    // The clock starts just before the send, the limit a little earlier.
    assert!((400_000..5_000_000).contains(&seen.latency_us), "{seen:?}");
}

#[tokio::test]
async fn an_answer_without_text_fails() {
    let call = json!({"toolUse": {"toolUseId": "a", "name": "add"}});
    let start = event(
        "contentBlockStart",
        &json!({"contentBlockIndex": 0, "start": call}).to_string(),
    );
    let streams = [
        (stream().chunks([stop("end_turn"), metadata()]), None),
        (stream().chunks([delta(""), stop("end_turn")]), None),
        (
            stream().chunks([reasoning("2 and 2"), stop("end_turn")]),
            None,
        ),
        (stream().chunks([start, stop("tool_use")]), Some("tool_use")),
        (
            stream().chunks([stop("guardrail_intervened")]),
            Some("guardrail_intervened"),
        ),
    ];
    for (answer, code) in streams {
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Empty), "{seen:?}");
        assert_eq!(seen.error_code.as_deref(), code);
    }
    let call = json!({"toolUse": {"toolUseId": "a", "name": "add", "input": {}}});
    for (content, reason) in [(json!([]), "end_turn"), (json!([call]), "tool_use")] {
        let body = json!({"output": {"message": {"role": "assistant", "content": content}},
            "stopReason": reason, "usage": {"inputTokens": 12, "outputTokens": 0, "totalTokens": 12},
            "metrics": {"latencyMs": 99}});
        let server = Server::answering(Answer::status(200).chunk(body.to_string())).await;
        let seen = server
            .call(&simulated(in_one_piece(bedrock_target())))
            .await;
        assert_eq!(seen.error_class, Some(ErrorLayer::Empty), "{seen:?}");
        assert_eq!(seen.finish_reason_raw.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn an_output_that_the_model_gave_up_on_fails() {
    for reason in ["malformed_model_output", "malformed_tool_use"] {
        let answer = stream().chunks([delta("4"), stop(reason), metadata()]);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
        assert_eq!(seen.finish_reason, Some(FinishReason::Aborted));
    }
}

#[tokio::test]
async fn counts_of_zero_are_unknown_and_a_wrong_total_is_noted() {
    for (usage, expected) in [
        (
            json!({"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}),
            (None, None, false),
        ),
        (
            json!({"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}),
            (Some(9), Some(3), false),
        ),
        (
            json!({"inputTokens": 9, "outputTokens": 3, "totalTokens": 40}),
            (Some(9), Some(3), true),
        ),
        (
            json!({"inputTokens": 9, "outputTokens": 3, "totalTokens": 12, "cacheReadInputTokens": 5}),
            (Some(14), Some(3), false),
        ),
    ] {
        let metadata = json!({"usage": usage, "metrics": {"latencyMs": 321}}).to_string();
        let answer = stream().chunks([delta("4"), stop("end_turn"), event("metadata", &metadata)]);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        let counts = (seen.input_tokens, seen.output_tokens, seen.counts_disagree);
        assert_eq!(counts, expected, "{usage}");
    }
}

#[tokio::test]
async fn reasons_are_of_the_one_table() {
    for (raw, reason) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("content_filtered", FinishReason::Filtered),
        ("tool_use", FinishReason::Tool),
        ("moon", FinishReason::Other),
    ] {
        let answer = stream().chunks([delta("4"), stop(raw), metadata()]);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(bedrock_target())).await;
        assert_eq!(
            (seen.outcome, seen.finish_reason),
            (Outcome::Ok, Some(reason)),
            "{raw}"
        );
        assert_eq!(seen.finish_reason_raw.as_deref(), Some(raw));
    }
}

#[tokio::test]
async fn an_exception_behind_the_answer_costs_it_nothing() {
    let late = exception("internalServerException", r#"{"message":"late"}"#);
    let answer = stream().chunks([delta("4"), stop("end_turn"), metadata(), late]);
    let server = Server::answering(answer).await;
    let seen = server.call(&simulated(bedrock_target())).await;
    assert_eq!(
        (seen.outcome, seen.output_tokens),
        (Outcome::Ok, Some(34)),
        "{seen:?}"
    );
}

#[test]
fn system_messages_have_a_place_of_their_own_and_authors_take_turns() {
    let messages = [
        message::Message::new(Role::System, "Be brief."),
        message::Message::new(Role::User, "Hello"),
        message::Message::new(Role::User, "2 + 2?"),
        message::Message::new(Role::Assistant, "It is"),
    ];
    let request = CompletionRequest {
        messages: &messages,
        ..CompletionRequest::of_text("")
    };
    let found = system(&request).unwrap();
    assert_eq!(found, [SystemContentBlock::Text("Be brief.".to_owned())]);
    let turns: Vec<_> = conversation(&request)
        .unwrap()
        .into_iter()
        .map(|turn| (turn.role.as_str().to_owned(), turn.content.len()))
        .collect();
    assert_eq!(turns, [("user".to_owned(), 2), ("assistant".to_owned(), 1)]);
    let text = CompletionRequest::of_text("2 + 2?");
    assert_eq!(system(&text), None);
    assert_eq!(
        conversation(&text).unwrap()[0].content,
        [ContentBlock::Text("2 + 2?".to_owned())]
    );
}
