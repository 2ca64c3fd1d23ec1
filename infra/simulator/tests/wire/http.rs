use serde_json::{Value, json};

use crate::support::{answer_line, events, json, parsed, prompt_text, start};

fn tgi(prompt: &str) -> Value {
    let parameters =
        json!({"max_new_tokens": 4_096, "temperature": 0.3, "top_p": 0.9, "details": true});
    json!({"inputs": prompt, "parameters": parameters})
}

fn chat(prompt: &str) -> Value {
    json!({"model": "m", "max_tokens": 4_096, "messages": [{"role": "user", "content": prompt}]})
}

#[tokio::test]
async fn generate_answers_with_text_and_the_servers_timing_headers() {
    let bench = start().await;
    let response = bench.post("/generate", &tgi(&prompt_text(0))).await;
    let headers = response.headers().clone();
    let body = json(response).await;
    assert!(
        body["generated_text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(0))
    );
    assert_eq!(body["details"]["finish_reason"], "eos_token");
    let number = |name: &str| headers[name].to_str().unwrap().parse::<u64>().unwrap();
    let call = &bench.calls(1).await[0];
    assert_eq!(number("x-generated-tokens"), call.output_tokens);
    assert_eq!(number("x-prompt-tokens"), call.input_tokens);
    assert!(number("x-total-time") <= (call.last_byte_us - call.received_us) / 1_000);
    assert_eq!(headers["x-inference-time"], headers["x-total-time"]);
}

#[tokio::test]
async fn generate_stream_sends_a_token_an_event_and_the_text_in_the_last() {
    let bench = start().await;
    let body = bench
        .post("/base/generate_stream", &tgi(&prompt_text(1)))
        .await;
    let text = body.text().await.unwrap();
    let events: Vec<Value> = events(&text).into_iter().map(parsed).collect();
    let (last, rest) = events.split_last().unwrap();
    assert!(rest.iter().all(|event| event["generated_text"].is_null()));
    assert!(rest.iter().all(|event| event["token"]["special"] == false));
    let joined: String = rest
        .iter()
        .map(|event| event["token"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(last["generated_text"], joined);
    assert!(joined.ends_with(&answer_line(1)));
    assert_eq!(last["token"]["special"], true);
    let call = &bench.calls(1).await[0];
    assert_eq!(last["details"]["generated_tokens"], call.output_tokens);
    assert_eq!(last["details"]["finish_reason"], "eos_token");
    assert_eq!(
        (call.protocol.as_str(), call.model.as_str()),
        ("tgi-stream", "/base")
    );
}

#[tokio::test]
async fn health_and_info_answer_and_fail_as_their_target_does() {
    let bench = start().await;
    assert_eq!(bench.get("/health").await.status().as_u16(), 200);
    assert!(json(bench.get("/base/info").await).await["model_id"].is_string());
    assert_eq!(
        bench
            .get("/simulate-error-503/health")
            .await
            .status()
            .as_u16(),
        503
    );
    assert_eq!(
        bench
            .get("/simulate-not-ready-1/health")
            .await
            .status()
            .as_u16(),
        503
    );
    assert_eq!(
        bench
            .get("/simulate-not-ready-1/health")
            .await
            .status()
            .as_u16(),
        200
    );
    assert_eq!(bench.get("/elsewhere").await.status().as_u16(), 404);
    assert_eq!(bench.get("/generate").await.status().as_u16(), 405);
    assert_eq!(
        json(bench.get("/_simulator/health").await).await["status"],
        "ok"
    );
}

#[tokio::test]
async fn chat_completions_answer_in_one_piece() {
    let bench = start().await;
    let body = json(
        bench
            .post("/v1/chat/completions", &chat(&prompt_text(2)))
            .await,
    )
    .await;
    let choice = &body["choices"][0];
    assert!(
        choice["message"]["content"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(2))
    );
    assert_eq!(choice["finish_reason"], "stop");
    let call = &bench.calls(1).await[0];
    assert_eq!(body["usage"]["completion_tokens"], call.output_tokens);
}

#[tokio::test]
async fn chat_streams_end_in_done_with_usage_before_it_only_if_asked() {
    let bench = start().await;
    for asked in [true, false] {
        let mut body = chat(&prompt_text(3));
        body["stream"] = true.into();
        body["stream_options"] = json!({"include_usage": asked});
        let response = bench.post("/v1/chat/completions", &body).await;
        let text = response.text().await.unwrap();
        let mut events = events(&text);
        assert_eq!(events.pop(), Some("[DONE]"));
        let chunks: Vec<Value> = events.into_iter().map(parsed).collect();
        let usage: Vec<&Value> = chunks
            .iter()
            .filter(|chunk| chunk["usage"].is_object())
            .collect();
        assert_eq!(usage.len(), usize::from(asked));
        assert!(
            usage
                .iter()
                .all(|chunk| chunk["choices"].as_array().unwrap().is_empty())
        );
        let content: String = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert!(content.starts_with("<think>") && content.ends_with(&answer_line(3)));
        let reasons = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
        assert_eq!(reasons.collect::<Vec<_>>(), ["stop"]);
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_their_protocol() {
    let bench = start().await;
    let response = bench
        .post("/simulate-error-503/generate_stream", &tgi("hi"))
        .await;
    assert_eq!(response.status().as_u16(), 503);
    let body = json(response).await;
    assert!(body["error"].is_string() && body["error_type"].is_string());

    let wrong = json!({"inputs": "hi", "parameters": {"top_p": 1.0}});
    let response = bench.post("/generate", &wrong).await;
    assert_eq!(response.status().as_u16(), 422);
    assert_eq!(json(response).await["error_type"], "validation");

    let response = bench
        .post("/x/simulate-error-429/v1/chat/completions", &chat("hi"))
        .await;
    assert_eq!(response.status().as_u16(), 429);
    assert!(json(response).await["error"]["message"].is_string());
    let response = bench
        .post("/v1/chat/completions", &json!({"messages": []}))
        .await;
    assert_eq!(response.status().as_u16(), 400);
}

#[tokio::test]
async fn broken_answers_close_the_connection_half_way() {
    let bench = start().await;
    let mut response = bench
        .post("/simulate-break/generate_stream", &tgi(&prompt_text(4)))
        .await;
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => received.extend_from_slice(&chunk),
            Ok(None) => panic!("the stream ended in order"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    let call = bench.calls(1).await.remove(0);
    let text = String::from_utf8(received).unwrap();
    assert_eq!(events(&text).len() as u64, call.output_tokens);
    assert_eq!(call.finish_reason.as_deref(), Some("broken"));
    let whole = bench
        .post("/simulate-break/generate", &tgi(&prompt_text(4)))
        .await;
    assert!(whole.bytes().await.is_err());
}
