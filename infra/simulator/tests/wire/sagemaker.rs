use serde_json::{Value, json};

use crate::support::{
    answer_line, events, frames, header, json, parsed, payload, prompt_text, start,
};

const STREAM: &str = "/endpoints/deepseek-8b/invocations-response-stream";

fn tgi(prompt: &str, stream: bool) -> Value {
    let parameters =
        json!({"max_new_tokens": 4_096, "temperature": 0.3, "top_p": 0.9, "details": true});
    json!({"inputs": prompt, "parameters": parameters, "stream": stream})
}

#[tokio::test]
async fn a_plain_invocation_answers_with_an_array_of_one() {
    let bench = start().await;
    let path = "/endpoints/deepseek-8b/invocations";
    let body = json(bench.post(path, &tgi(&prompt_text(0), false)).await).await;
    assert_eq!(body.as_array().map(Vec::len), Some(1));
    assert!(
        body[0]["generated_text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(0))
    );
    let call = &bench.calls(1).await[0];
    assert_eq!(body[0]["details"]["generated_tokens"], call.output_tokens);
    assert_eq!(
        (call.protocol.as_str(), call.model.as_str()),
        ("sagemaker", "deepseek-8b")
    );
}

#[tokio::test]
async fn parts_joined_are_the_containers_events_and_some_parts_are_cut_inside_characters() {
    let bench = start().await;
    let frames = frames(bench.post(STREAM, &tgi(&prompt_text(1), true)).await).await;
    assert!(
        frames
            .iter()
            .all(|frame| header(frame, ":event-type") == "PayloadPart")
    );
    assert!(
        frames
            .iter()
            .any(|frame| std::str::from_utf8(frame.payload()).is_err())
    );
    assert!(frames.iter().any(|frame| !frame.payload().ends_with(b"\n")));
    let joined: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.payload().iter().copied())
        .collect();
    let text = String::from_utf8(joined).unwrap();
    let events = events(&text);
    let call = &bench.calls(1).await[0];
    assert_eq!(events.len() as u64, call.output_tokens);
    let last = parsed(events.last().unwrap());
    assert!(
        last["generated_text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(1))
    );
    assert_eq!(last["details"]["input_length"], call.input_tokens);
}

#[tokio::test]
async fn a_container_not_asked_to_stream_answers_at_once_in_either_operation() {
    let bench = start().await;
    let frames = frames(bench.post(STREAM, &tgi(&prompt_text(2), false)).await).await;
    let joined: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.payload().iter().copied())
        .collect();
    let body: Value = serde_json::from_slice(&joined).unwrap();
    assert!(body[0]["generated_text"].is_string());
    let path = "/endpoints/deepseek-8b/invocations";
    let streamed = bench
        .post(path, &tgi(&prompt_text(2), true))
        .await
        .text()
        .await
        .unwrap();
    assert!(parsed(events(&streamed).last().unwrap())["details"]["input_length"].is_u64());
}

#[tokio::test]
async fn refusals_of_the_container_are_model_errors() {
    let bench = start().await;
    let wrong = json!({"inputs": "hi", "parameters": {"temperature": 0}});
    let response = bench.post(STREAM, &wrong).await;
    assert_eq!(response.status().as_u16(), 424);
    assert_eq!(response.headers()["x-amzn-errortype"], "ModelError");
    assert_eq!(json(response).await["OriginalStatusCode"], 422);
    let path = "/endpoints/simulate-not-ready-1/invocations";
    assert_eq!(
        bench.post(path, &tgi("hi", false)).await.status().as_u16(),
        503
    );
    assert_eq!(
        bench.post(path, &tgi("hi", false)).await.status().as_u16(),
        200
    );
}

#[tokio::test]
async fn broken_streams_end_in_a_model_stream_error() {
    let bench = start().await;
    let path = "/endpoints/simulate-break/invocations-response-stream";
    let frames = frames(bench.post(path, &tgi(&prompt_text(3), true)).await).await;
    let (last, rest) = frames.split_last().unwrap();
    assert_eq!(header(last, ":exception-type"), "ModelStreamError");
    assert_eq!(payload(last)["ErrorCode"], "StreamBroken");
    assert!(!rest.is_empty());
}
