use aws_smithy_types::base64;
use serde_json::{Value, json};

use crate::support::{ARN, Bench, answer_line, frames, header, json, payload, prompt_text, start};

fn converse(prompt: &str, max_tokens: u32) -> Value {
    json!({
        "messages": [{"role": "user", "content": [{"text": prompt}]}],
        "inferenceConfig": {"maxTokens": max_tokens, "temperature": 0.3, "topP": 0.9},
    })
}

fn llama(prompt: &str, max_gen_len: u32) -> Value {
    json!({"prompt": prompt, "max_gen_len": max_gen_len, "temperature": 0.3, "top_p": 0.9})
}

#[tokio::test]
async fn converse_answers_with_reasoning_text_usage_and_latency() {
    let bench = start().await;
    let path = format!("/model/{ARN}/converse");
    let body = json(bench.post(&path, &converse(&prompt_text(0), 4_096)).await).await;
    let content = &body["output"]["message"]["content"];
    let reasoning = content[0]["reasoningContent"]["reasoningText"]["text"]
        .as_str()
        .unwrap();
    let text = content[1]["text"].as_str().unwrap();
    assert!(!reasoning.contains("<think>") && !text.contains("</think>"));
    assert!(text.ends_with(&answer_line(0)));
    assert_eq!(body["stopReason"], "end_turn");
    let call = &bench.calls(1).await[0];
    assert_eq!(body["usage"]["outputTokens"], call.output_tokens);
    assert_eq!(body["usage"]["inputTokens"], call.input_tokens);
    assert!(body["metrics"]["latencyMs"].is_u64());
    assert_eq!(
        (call.protocol.as_str(), call.first_token_us),
        ("bedrock-converse", None)
    );
    assert_eq!(
        call.model,
        "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123"
    );
}

#[tokio::test]
async fn converse_stream_sends_the_events_of_the_service_in_order() {
    let bench = start().await;
    let path = "/model/us.deepseek.r1-v1%3A0/converse-stream";
    let frames = frames(bench.post(path, &converse(&prompt_text(1), 4_096)).await).await;
    let mut order: Vec<&str> = frames
        .iter()
        .map(|frame| header(frame, ":event-type"))
        .collect();
    order.dedup();
    let block = ["contentBlockDelta", "contentBlockStop"];
    let expected = [
        &["messageStart"],
        &block[..],
        &block[..],
        &["messageStop", "metadata"][..],
    ]
    .concat();
    assert_eq!(order, expected);
    assert!(
        frames
            .iter()
            .all(|frame| header(frame, ":message-type") == "event")
    );
    let deltas = || {
        frames
            .iter()
            .map(payload)
            .filter(|event| event["delta"].is_object())
    };
    let reasoning: String = deltas()
        .filter_map(|event| {
            Some(
                event["delta"]["reasoningContent"]["text"]
                    .as_str()?
                    .to_owned(),
            )
        })
        .collect();
    let text: String = deltas()
        .filter_map(|event| Some(event["delta"]["text"].as_str()?.to_owned()))
        .collect();
    assert!(!reasoning.is_empty());
    assert!(text.ends_with(&answer_line(1)));
    let metadata = payload(frames.last().unwrap());
    let call = &bench.calls(1).await[0];
    assert_eq!(metadata["usage"]["outputTokens"], call.output_tokens);
    // The two tags and the end token are counted and have no delta.
    assert_eq!(deltas().count() as u64, call.output_tokens - 3);
    assert_eq!(
        (call.correct, call.finish_reason.as_deref()),
        (Some(true), Some("stop"))
    );
}

#[tokio::test]
async fn a_model_that_does_not_reason_has_one_content_block() {
    let bench = start().await;
    let path = "/model/us.meta.llama3-1-8b-instruct-v1:0/converse-stream";
    let frames = frames(bench.post(path, &converse(&prompt_text(1), 24)).await).await;
    let blocks = frames
        .iter()
        .map(payload)
        .filter_map(|event| event["contentBlockIndex"].as_u64());
    assert_eq!(blocks.max(), Some(0));
    let stop = frames
        .iter()
        .find(|frame| header(frame, ":event-type") == "messageStop")
        .unwrap();
    assert_eq!(payload(stop)["stopReason"], "max_tokens");
    let call = &bench.calls(1).await[0];
    assert_eq!((call.output_tokens, call.correct), (24, None));
}

#[tokio::test]
async fn invoke_answers_with_the_llama_body_and_the_services_headers() {
    let bench = start().await;
    let path = format!("/model/{ARN}/invoke");
    let response = bench.post(&path, &llama(&prompt_text(2), 4_096)).await;
    let headers = response.headers().clone();
    let body = json(response).await;
    let text = body["generation"].as_str().unwrap();
    assert!(text.starts_with("<think>") && text.contains("</think>"));
    assert!(text.ends_with(&answer_line(2)));
    assert_eq!(body["stop_reason"], "stop");
    let number = |name: &str| headers[name].to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(
        body["generation_token_count"],
        number("x-amzn-bedrock-output-token-count")
    );
    assert_eq!(
        body["prompt_token_count"],
        number("x-amzn-bedrock-input-token-count")
    );
    let call = &bench.calls(1).await[0];
    let served_us = call.last_byte_us - call.received_us;
    assert!(number("x-amzn-bedrock-invocation-latency") <= served_us / 1_000);
    assert!(headers.contains_key("x-amzn-requestid"));
}

#[tokio::test]
async fn invoke_stream_sends_llama_chunks_and_metrics_in_the_last_one() {
    let bench = start().await;
    let path = format!("/model/{ARN}/invoke-with-response-stream");
    let frames = frames(bench.post(&path, &llama(&prompt_text(3), 4_096)).await).await;
    let chunks: Vec<Value> = frames
        .iter()
        .map(|frame| {
            assert_eq!(header(frame, ":event-type"), "chunk");
            let bytes = base64::decode(payload(frame)["bytes"].as_str().unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        })
        .collect();
    let text: String = chunks
        .iter()
        .map(|chunk| chunk["generation"].as_str().unwrap())
        .collect();
    assert!(text.starts_with("<think>") && text.ends_with(&answer_line(3)));
    let (last, rest) = chunks.split_last().unwrap();
    assert!(rest.iter().all(|chunk| chunk["stop_reason"].is_null()));
    assert_eq!(last["stop_reason"], "stop");
    let call = &bench.calls(1).await[0];
    assert_eq!(
        last["amazon-bedrock-invocationMetrics"]["outputTokenCount"],
        call.output_tokens
    );
    assert_eq!(chunks[0]["prompt_token_count"], call.input_tokens);
    assert_eq!(chunks.len() as u64, call.output_tokens);
}

async fn error_of(bench: &Bench, path: &str, body: &Value) -> (u16, String, Value) {
    let response = bench.post(path, body).await;
    let status = response.status().as_u16();
    let name = response.headers()["x-amzn-errortype"]
        .to_str()
        .expect("text")
        .to_owned();
    (status, name, json(response).await)
}

#[tokio::test]
async fn asked_errors_and_wrong_bodies_have_the_services_shape() {
    let bench = start().await;
    let good = converse("hi", 8);
    for (status, name) in [
        (400, "ValidationException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ] {
        for operation in ["converse", "converse-stream"] {
            let path = format!("/model/simulate-error-{status}/{operation}");
            let (got, named, body) = error_of(&bench, &path, &good).await;
            assert_eq!((got, named.as_str()), (status, name));
            assert!(body["message"].is_string());
        }
    }
    let (status, name, _) = error_of(&bench, "/model/m/converse", &json!({})).await;
    assert_eq!((status, name.as_str()), (400, "ValidationException"));
    let (status, ..) = error_of(&bench, "/model/m/invoke", &json!({"messages": []})).await;
    assert_eq!(status, 400);
    let calls = bench.calls(12).await;
    assert!(
        calls
            .iter()
            .all(|call| call.status >= 400 && call.finish_reason.is_none())
    );
}

#[tokio::test]
async fn a_model_is_ready_after_the_calls_it_was_asked_to_refuse() {
    let bench = start().await;
    let path = "/model/simulate-not-ready-2/converse";
    for _ in 0..2 {
        let (status, name, _) = error_of(&bench, path, &converse("hi", 8)).await;
        assert_eq!((status, name.as_str()), (429, "ModelNotReadyException"));
    }
    assert_eq!(
        bench.post(path, &converse("hi", 8)).await.status().as_u16(),
        200
    );
    let other = "/model/simulate-not-ready-1/converse";
    assert_eq!(
        bench
            .post(other, &converse("hi", 8))
            .await
            .status()
            .as_u16(),
        429
    );
}

#[tokio::test]
async fn broken_streams_end_in_an_exception() {
    let bench = start().await;
    let path = "/model/simulate-break/converse-stream";
    let frames = frames(bench.post(path, &converse(&prompt_text(4), 4_096)).await).await;
    let (last, rest) = frames.split_last().unwrap();
    assert_eq!(header(last, ":message-type"), "exception");
    assert_eq!(header(last, ":exception-type"), "modelStreamErrorException");
    assert!(
        rest.iter()
            .all(|frame| header(frame, ":event-type") != "messageStop")
    );
    let call = &bench.calls(1).await[0];
    assert_eq!(
        (call.finish_reason.as_deref(), call.correct),
        (Some("broken"), None)
    );
}
