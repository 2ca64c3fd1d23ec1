//! What the Responses API has in place of a text, and how it ends.

use bench_core::config::Remedy;

use super::*;

/// The targets of the Responses API over HTTP and both endpoints of Bedrock.
fn targets() -> [Target; 3] {
    let bedrock = |api, auth| bedrock_api_target(api, auth, BedrockRequest::OpenAiResponses);
    [
        http_target(HttpRequest::OpenAiResponses),
        bedrock(BedrockApi::OpenAi, AwsAuth::SigV4),
        bedrock(BedrockApi::Mantle, AwsAuth::Bearer),
    ]
    .map(simulated)
}

/// A response that came to this status for a reason, with one item at most.
fn response(status: &str, reason: Option<&str>, item: &Value) -> Value {
    let output: Vec<&Value> = [item].into_iter().filter(|item| !item.is_null()).collect();
    json!({
        "object": "response", "status": status, "error": null, "output": output,
        "incomplete_details": reason.map(|reason| json!({"reason": reason})),
        "usage": {"input_tokens": 31, "output_tokens": 7, "total_tokens": 38},
    })
}

/// The samples of a response, as its last event and in one piece.
async fn all(response: &Value) -> Vec<Sample> {
    let name = format!("response.{}", response["status"].as_str().unwrap());
    let events = [
        json!({"type": "response.created", "response": {"status": "in_progress", "output": []}}),
        json!({"type": name, "response": response}),
    ];
    let mut all = read(targets(), &events.map(|event| event.to_string())).await;
    all.extend(read_whole(targets(), &response.to_string()).await);
    all
}

#[tokio::test]
async fn a_response_is_counted_by_what_it_holds_and_why_it_ended() {
    use FinishReason::{Aborted, Filtered, Length, Stop};
    let part = |part: Value| json!({"type": "message", "role": "assistant", "content": [part]});
    let text = part(json!({"type": "output_text", "text": "18", "annotations": []}));
    let refusal = part(json!({"type": "refusal", "refusal": "I had rather not"}));
    let reasoning = json!({"type": "reasoning", "summary": [],
                           "content": [{"type": "reasoning_text", "text": "9 * 2"}]});
    let call = json!({"type": "function_call", "name": "add", "arguments": "{}"});
    let search = json!({"type": "web_search_call", "status": "completed"});
    let (cut, filter) = (Some("max_output_tokens"), Some("content_filter"));
    let empty = (Outcome::InvalidResponse, Some(ErrorLayer::Empty));
    let whole = (Outcome::Ok, None);
    let failed = (Outcome::ServerError, Some(ErrorLayer::Service));
    let broken = (Outcome::StreamBroken, Some(ErrorLayer::Stream));
    for (status, reason, item, (outcome, class), code, finish) in [
        ("completed", None, &text, whole, None, Stop),
        ("incomplete", cut, &text, whole, None, Length),
        ("incomplete", filter, &text, whole, None, Filtered),
        ("incomplete", None, &text, whole, None, Length),
        ("incomplete", cut, &reasoning, whole, None, Length),
        ("completed", None, &reasoning, empty, None, Stop),
        ("completed", None, &refusal, empty, None, Stop),
        ("completed", None, &call, empty, None, Stop),
        ("completed", None, &search, empty, None, Stop),
        ("completed", None, &Value::Null, empty, None, Stop),
        ("incomplete", cut, &Value::Null, empty, cut, Length),
        ("incomplete", filter, &Value::Null, empty, filter, Filtered),
        (
            "failed",
            None,
            &Value::Null,
            failed,
            Some("failed"),
            Aborted,
        ),
        (
            "cancelled",
            None,
            &Value::Null,
            failed,
            Some("cancelled"),
            Aborted,
        ),
        ("failed", None, &text, broken, Some("failed"), Aborted),
    ] {
        for seen in all(&response(status, reason, item)).await {
            let context = format!("{status} {reason:?} {item}: {seen:?}");
            assert_eq!(
                (seen.outcome, seen.error_class),
                (outcome, class),
                "{context}"
            );
            assert_eq!(seen.error_code.as_deref(), code, "{context}");
            assert_eq!(seen.finish_reason, Some(finish), "{context}");
            let counts = (seen.input_tokens, seen.output_tokens);
            assert_eq!(counts, (Some(31), Some(7)), "{context}");
        }
    }
}

#[tokio::test]
async fn an_error_of_a_response_is_counted_by_its_code() {
    for (code, outcome) in [
        ("server_error", Outcome::ServerError),
        ("rate_limit_exceeded", Outcome::Throttled),
        ("invalid_prompt", Outcome::ClientError),
    ] {
        let mut failed = response("failed", None, &Value::Null);
        failed["error"] = json!({"code": code, "message": "no"});
        let event = json!({"type": "error", "code": code, "message": "no", "param": null});
        let nested = json!({"type": "error", "error": {"code": code, "message": "no"}});
        let mut all = all(&failed).await;
        for event in [event, nested] {
            all.extend(read(targets(), &[event.to_string()]).await);
        }
        for seen in all {
            assert_eq!(seen.outcome, outcome, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Service), "{seen:?}");
            assert_eq!(seen.error_code.as_deref(), Some(code), "{seen:?}");
            assert_eq!(seen.error_message.as_deref(), Some("no"), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_the_api_refuses_once_and_the_remedy_is_known() {
    for target in targets() {
        let is_http = matches!(target.service, Service::Http(_));
        let answer = Answer::status(404).chunk(r#"{"detail":"Not Found"}"#);
        let server = Server::answering(answer).await;
        let seen = Box::pin(server.call(&target)).await;
        let layer = if is_http {
            ErrorLayer::Http
        } else {
            ErrorLayer::Service
        };
        assert_eq!(seen.outcome, Outcome::ClientError, "{seen:?}");
        assert_eq!(
            (seen.http_status, seen.error_class),
            (Some(404), Some(layer))
        );
        assert_eq!(server.received().len(), 1);
        let message = seen.error_message.as_deref().unwrap();
        assert_eq!(
            Remedy::of_refusal(message, &target),
            Some(Remedy::ChatRequest)
        );
    }
}
