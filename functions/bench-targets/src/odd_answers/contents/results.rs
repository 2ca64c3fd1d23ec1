//! Counts, finish reasons and errors.

use super::*;

/// Input, output and reasoning tokens, and whether they disagree, of a usage that comes
/// in these parts.
async fn counted(parts: &[Value]) -> (Option<u64>, Option<u64>, Option<u64>, bool) {
    let mut documents = choices(&[json!({"delta": {"content": "18"}}), end()]);
    for usage in parts {
        documents.push(json!({"choices": [], "usage": usage}).to_string());
    }
    let seen: Vec<_> = read(chat_targets(), &documents)
        .await
        .into_iter()
        .map(|seen| {
            assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
            let (input, output) = (seen.input_tokens, seen.output_tokens);
            (input, output, seen.reasoning_tokens, seen.counts_disagree)
        })
        .collect();
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    seen[0]
}

#[tokio::test]
async fn counts_hold_only_what_can_be() {
    let usage =
        |input: Value, output: Value| json!({"prompt_tokens": input, "completion_tokens": output});
    let both = (Some(31), Some(7), None, false);
    assert_eq!(counted(&[usage(31.into(), 7.into())]).await, both);
    assert_eq!(counted(&[usage(31.0.into(), "7".into())]).await, both);
    let zeros = usage(0.into(), 0.into());
    assert_eq!(
        counted(&[usage(31.into(), 7.into()), zeros.clone()]).await,
        both
    );
    assert_eq!(
        counted(&[
            zeros.clone(),
            usage(31.into(), 0.into()),
            usage(0.into(), 7.into())
        ])
        .await,
        both
    );
    let parts = [
        json!({"prompt_tokens": 31}),
        json!({"completion_tokens": 7, "x": {}}),
    ];
    assert_eq!(counted(&parts).await, both);
    let none = (None, None, None, false);
    assert_eq!(counted(&[zeros]).await, none);
    assert_eq!(counted(&[usage((-1).into(), "many".into())]).await, none);
    assert_eq!(counted(&[usage(31.5.into(), json!([7]))]).await, none);
}

#[tokio::test]
async fn a_total_tells_of_reasoning_that_is_counted_apart() {
    let usage = |total: u32| {
        json!({"prompt_tokens": 31, "completion_tokens": 7, "total_tokens": total,
               "completion_tokens_details": {"reasoning_tokens": 300}})
    };
    assert_eq!(
        counted(&[usage(338)]).await,
        (Some(31), Some(307), Some(300), false)
    );
    assert_eq!(
        counted(&[usage(400)]).await,
        (Some(31), Some(7), Some(300), true)
    );
}

/// Outcome, class and code of each.
#[track_caller]
fn check_failures(all: &[Sample], outcome: Outcome, class: ErrorLayer, code: Option<&str>) {
    for seen in all {
        assert_eq!(seen.outcome, outcome, "{seen:?}");
        assert_eq!(seen.error_class, Some(class), "{seen:?}");
        assert_eq!(seen.error_code.as_deref(), code, "{seen:?}");
        assert!(seen.error_message.is_some(), "{seen:?}");
    }
}

#[tokio::test]
async fn an_answer_without_text_fails_and_keeps_its_counts() {
    let call = json!([{"index": 0, "function": {"name": "add", "arguments": "{}"}}]);
    for (message, reason, code, says) in [
        (json!({"content": ""}), "stop", None, "no text"),
        (json!({"content": null}), "stop", None, "no text"),
        (
            json!({"content": []}),
            "length",
            Some("length"),
            "limit of 64 tokens",
        ),
        (
            json!({"content": null, "tool_calls": call}),
            "tool_calls",
            Some("tool_calls"),
            "tool",
        ),
        (
            json!({"content": null, "refusal": "I had rather not"}),
            "stop",
            None,
            "I had rather not",
        ),
        (
            json!({"content": ""}),
            "content_filter",
            Some("content_filter"),
            "filter",
        ),
        (
            json!({"content": "", "reasoning": "9 * 2"}),
            "stop",
            None,
            "reasoning alone",
        ),
    ] {
        let usage = json!({"prompt_tokens": 31, "completion_tokens": 7});
        let whole =
            json!({"choices": [{"message": message, "finish_reason": reason}], "usage": usage});
        let streamed =
            json!({"choices": [{"delta": message, "finish_reason": reason}], "usage": usage});
        let mut all = read_whole(chat_targets(), &whole.to_string()).await;
        all.extend(read(chat_targets(), &[streamed.to_string()]).await);
        check_failures(&all, Outcome::InvalidResponse, ErrorLayer::Empty, code);
        for seen in all {
            let words = seen.error_message.as_deref().unwrap_or_default();
            assert!(words.contains(says), "{seen:?}");
            assert_eq!(seen.finish_reason_raw.as_deref(), Some(reason));
            assert_eq!(seen.output_tokens, Some(7), "{seen:?}");
        }
    }
    for target in chat_targets().into_iter().skip(1) {
        let server = Server::answering(streamed(&target, &["[DONE]".to_owned()])).await;
        let seen = Box::pin(server.call(&target)).await;
        check_failures(&[seen], Outcome::InvalidResponse, ErrorLayer::Empty, None);
    }
    let details = json!({"generated_text": "", "details": {"finish_reason": "eos_token"}});
    let mut all = read(tgi_targets(), &[details.to_string()]).await;
    all.extend(read_whole(tgi_targets(), &details.to_string()).await);
    let llama = json!({"generation": "", "stop_reason": "stop"}).to_string();
    let target = simulated(llama_target());
    all.extend(read([target.clone()], std::slice::from_ref(&llama)).await);
    all.extend(read_whole([target], &llama).await);
    check_failures(&all, Outcome::InvalidResponse, ErrorLayer::Empty, None);
}

#[tokio::test]
async fn reasons_mean_the_same_in_any_case_and_an_abort_is_a_failure() {
    for (raw, reason) in [
        ("STOP", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("SAFETY", FinishReason::Filtered),
        ("tool_use", FinishReason::Tool),
        ("moon", FinishReason::Other),
    ] {
        for seen in chat(&[json!({"delta": {"content": "18"}, "finish_reason": raw})]).await {
            assert_eq!(
                (seen.outcome, seen.finish_reason),
                (Outcome::Ok, Some(reason))
            );
            assert_eq!(seen.finish_reason_raw.as_deref(), Some(raw));
        }
    }
    for raw in ["abort", "network_error", "insufficient_system_resource"] {
        let all = chat(&[json!({"delta": {"content": "18"}, "finish_reason": raw})]).await;
        check_failures(&all, Outcome::StreamBroken, ErrorLayer::Stream, Some(raw));
        let token = json!({"token": {"text": "18"}, "generated_text": "18",
                           "details": {"finish_reason": raw}});
        let all = read(tgi_targets(), &[token.to_string()]).await;
        check_failures(&all, Outcome::StreamBroken, ErrorLayer::Stream, Some(raw));
        let llama = json!({"generation": "18", "stop_reason": raw}).to_string();
        let all = read([simulated(llama_target())], &[llama]).await;
        check_failures(&all, Outcome::StreamBroken, ErrorLayer::Stream, Some(raw));
    }
}

#[tokio::test]
async fn an_error_beside_a_choice_is_the_answer_s() {
    let failing = json!({"error": {"code": 502, "message": "the provider is gone"},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]});
    let alone = [failing.to_string()];
    let all = read(chat_targets(), &alone).await;
    check_failures(&all, Outcome::ServerError, ErrorLayer::Service, Some("502"));
    let mut documents = choices(&[json!({"delta": {"content": "1"}})]);
    documents.extend(alone);
    for seen in read(chat_targets(), &documents).await {
        assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
        assert_eq!(seen.error_message.as_deref(), Some("the provider is gone"));
    }
}

#[tokio::test]
async fn an_abort_that_a_gateway_calls_a_stop_is_a_failure() {
    let last = |native: &str| json!({"delta": {"content": ""}, "finish_reason": "stop", "native_finish_reason": native});
    let text = json!({"delta": {"content": "18"}, "native_finish_reason": null});
    let code = Some("network_error");
    let all = chat(&[text.clone(), last("network_error")]).await;
    check_failures(&all, Outcome::StreamBroken, ErrorLayer::Stream, code);
    for seen in chat(&[text, last("end_turn")]).await {
        assert_eq!(seen.finish_reason_raw.as_deref(), Some("stop"), "{seen:?}");
    }
}

#[tokio::test]
async fn events_about_a_filter_are_passed_over() {
    let results = json!({"hate": {"filtered": false, "severity": "safe"}});
    let mut documents = choices(&[
        json!({"index": 0, "delta": {"content": "18"}, "content_filter_results": results}),
        end(),
        json!({"index": 0, "finish_reason": null, "content_filter_results": results,
               "content_filter_offsets": {"check_offset": 4, "start_offset": 4}}),
    ]);
    let prompt = json!({"id": "", "choices": [], "prompt_filter_results": [
        {"prompt_index": 0, "content_filter_results": results}]});
    documents.insert(0, prompt.to_string());
    for seen in read(chat_targets(), &documents).await {
        assert_eq!(
            (seen.outcome, seen.chunks),
            (Outcome::Ok, Some(1)),
            "{seen:?}"
        );
        assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
    }
}

#[tokio::test]
async fn an_error_object_is_counted_by_its_code() {
    for (document, outcome, code, message) in [
        (
            json!({"object": "error", "message": "no model", "type": "NotFound", "code": 404}),
            Outcome::ClientError,
            Some("NotFound"),
            "no model",
        ),
        (
            json!({"code": "429", "message": "slow down"}),
            Outcome::Throttled,
            Some("429"),
            "slow down",
        ),
        (
            json!({"error": "it fell over"}),
            Outcome::ServerError,
            None,
            "it fell over",
        ),
        (
            json!({"error": {"message": "too long", "type": "invalid_request_error"}}),
            Outcome::ClientError,
            Some("invalid_request_error"),
            "too long",
        ),
        (
            json!({"detail": [{"loc": ["body", "n"], "msg": "too many"}]}),
            Outcome::ClientError,
            None,
            "body.n: too many",
        ),
        (
            json!({"message": "engine dead"}),
            Outcome::ServerError,
            None,
            "engine dead",
        ),
    ] {
        let document = document.to_string();
        let documents = std::slice::from_ref(&document);
        let llama = simulated(llama_target());
        let targets = || {
            chat_targets()
                .into_iter()
                .chain(tgi_targets())
                .chain([llama.clone()])
        };
        let mut all = read(targets(), documents).await;
        all.extend(read_whole(targets().take(6), &document).await);
        check_failures(&all, outcome, ErrorLayer::Service, code);
        for seen in all {
            assert_eq!(seen.error_message.as_deref(), Some(message), "{seen:?}");
        }
    }
    let mut documents = choices(&[json!({"delta": {"content": "1"}})]);
    documents.push(json!({"error": {"message": "gone", "code": 500}}).to_string());
    let all = read(chat_targets(), &documents).await;
    check_failures(&all, Outcome::StreamBroken, ErrorLayer::Stream, Some("500"));
    documents[1] = json!({"message": "gone"}).to_string();
    for seen in read(chat_targets(), &documents).await {
        assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
        assert_eq!(seen.error_message.as_deref(), Some("gone"));
    }
}
