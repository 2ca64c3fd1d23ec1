//! Features of single protocols.

use serde_json::{Value, json};
use simulator::Settings;

use crate::{
    raw::{self, PATIENCE},
    support::{
        ARN, Bench, answer_line, events, frames, header, json, parsed, payload, prompt_text, start,
    },
};

const SHORT: &str = "simulate-tokens-8-every-1ms";

fn chat(prompt: &str) -> Value {
    json!({"messages": [{"role": "user", "content": prompt}], "max_tokens": 4_096})
}

fn streamed(mut body: Value) -> Value {
    body["stream"] = true.into();
    body
}

/// The bytes of the container in the parts of a stream.
async fn joined(bench: &Bench, endpoint: &str, body: &Value) -> String {
    let path = format!("/endpoints/{endpoint}/invocations-response-stream");
    let frames = frames(bench.post(&path, body).await).await;
    let bytes = frames.iter().flat_map(|frame| frame.payload().to_vec());
    String::from_utf8(bytes.collect()).expect("text")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(parsed).collect()
}

#[tokio::test]
async fn lmi_answers_with_an_object_and_streams_json_lines() {
    let bench = start().await;
    let parameters = json!({"max_new_tokens": 4_096, "details": true, "temperature": 0});
    let body = json!({"inputs": prompt_text(0), "parameters": parameters});
    let path = "/endpoints/deepseek-lmi/invocations";
    let whole = json(bench.post(path, &body).await).await;
    assert!(
        whole["generated_text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(0))
    );
    assert_eq!(whole["details"]["finish_reason"], "eos_token");

    let events = lines(&joined(&bench, "deepseek-lmi", &streamed(body)).await);
    let (last, rest) = events.split_last().unwrap();
    assert!(
        rest.iter()
            .all(|line| line["details"].is_null() && line["token"]["id"].is_u64())
    );
    let text: String = rest
        .iter()
        .filter_map(|line| line["token"]["text"].as_str())
        .collect();
    assert_eq!(last["generated_text"], text);
    let call = &bench.calls(2).await[1];
    assert_eq!(last["details"]["generated_tokens"], call.output_tokens);
    assert_eq!(call.protocol, "sagemaker-lmi-stream");
}

#[tokio::test]
async fn lmi_cuts_at_30_tokens_and_says_errors_in_its_finish_reason() {
    let bench = start().await;
    let body = json!({"inputs": "hi", "parameters": {"details": true}});
    let path = "/endpoints/x-lmi/invocations";
    let whole = json(bench.post(path, &body).await).await;
    assert_eq!(whole["details"]["generated_tokens"], 30);
    assert_eq!(whole["details"]["finish_reason"], "length");
    let endpoint = "lmi-simulate-error-object";
    let events = lines(&joined(&bench, endpoint, &streamed(body)).await);
    let last = events.last().unwrap();
    assert_eq!(last["details"]["finish_reason"], "error");
    assert!(last["details"]["generated_tokens"].is_null() && events.len() > 2);
}

#[tokio::test]
async fn lmi_in_the_manner_of_tgi_has_an_array_and_events() {
    let bench = start().await;
    let body = json!({"inputs": "hi", "parameters": {"max_new_tokens": 8}});
    let path = "/endpoints/lmi-simulate-sse/invocations";
    assert!(json(bench.post(path, &body).await).await[0]["generated_text"].is_string());
    let endpoint = format!("lmi-simulate-sse-{SHORT}");
    let text = joined(&bench, &endpoint, &streamed(body)).await;
    assert!(events(&text).len() == 8 && text.starts_with("data:{"));
}

#[tokio::test]
async fn an_endpoint_asked_with_messages_answers_as_a_chat() {
    let bench = start().await;
    let mut body = streamed(chat(&prompt_text(1)));
    body["stream_options"] = json!({"include_usage": true});
    let text = joined(&bench, "vllm", &body).await;
    let mut sse = events(&text);
    assert_eq!(sse.pop(), Some("[DONE]"));
    let last = parsed(sse.last().unwrap());
    let text = joined(&bench, "vllm-lmi", &body).await;
    let json_lines = lines(&text);
    assert_eq!(json_lines[0]["choices"][0]["delta"]["role"], "assistant");
    let calls = bench.calls(2).await;
    assert_eq!(last["usage"]["completion_tokens"], calls[0].output_tokens);
    assert!(
        calls
            .iter()
            .all(|call| call.protocol == "sagemaker-openai-chat-stream")
    );
    let usage = &json_lines.last().unwrap()["usage"];
    assert_eq!(usage["completion_tokens"], calls[1].output_tokens);

    let path = "/endpoints/vllm/invocations";
    let whole = json(bench.post(path, &chat("hi")).await).await;
    assert_eq!(whole["object"], "chat.completion");
    let completion = json!({"prompt": "hi"});
    let whole = json(bench.post(path, &completion).await).await;
    assert_eq!(whole["usage"]["completion_tokens"], 16);
}

#[tokio::test]
async fn an_endpoint_names_the_variant_that_was_asked_for() {
    let bench = start().await;
    let body = json!({"inputs": "hi"}).to_string();
    let path = format!("/endpoints/x-{SHORT}/invocations");
    let header = "x-amzn-sagemaker-target-variant: blue\r\n";
    let raw = raw::post(&bench.simulator, &path, header, &body, PATIENCE).await;
    assert_eq!(
        raw.header("x-amzn-invoked-production-variant"),
        Some("blue")
    );
    let raw = raw::post(&bench.simulator, &path, "", &body, PATIENCE).await;
    assert_eq!(
        raw.header("x-amzn-invoked-production-variant"),
        Some("AllTraffic")
    );
}

#[tokio::test]
async fn an_imported_model_speaks_the_format_it_is_asked_in() {
    let bench = start().await;
    let path = format!("/model/{ARN}/invoke");
    let completion = json!({"prompt": prompt_text(2), "max_tokens": 4_096});
    let response = bench.post(&path, &completion).await;
    let counted = response.headers()["x-amzn-bedrock-output-token-count"].clone();
    let whole = json(response).await;
    assert_eq!(whole["object"], "text_completion");
    assert!(
        whole["choices"][0]["text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(2))
    );
    assert_eq!(
        whole["usage"]["completion_tokens"].to_string(),
        counted.to_str().unwrap()
    );
    let whole = json(bench.post(&path, &chat(&prompt_text(2))).await).await;
    assert!(whole["choices"][0]["message"]["content"].is_string());

    let path = format!("/model/{ARN}/invoke-with-response-stream");
    let frames = frames(bench.post(&path, &chat(&prompt_text(2))).await).await;
    assert!(
        frames
            .iter()
            .all(|frame| header(frame, ":event-type") == "chunk")
    );
    let bytes = payload(frames.last().unwrap())["bytes"]
        .as_str()
        .unwrap()
        .to_owned();
    let last: Value =
        serde_json::from_slice(&aws_smithy_types::base64::decode(bytes).unwrap()).unwrap();
    let call = &bench.calls(3).await[2];
    assert_eq!(last["usage"]["completion_tokens"], call.output_tokens);
    let metrics = &last["amazon-bedrock-invocationMetrics"];
    assert_eq!(metrics["outputTokenCount"], call.output_tokens);
    assert_eq!(call.protocol, "bedrock-openai-chat-stream");
}

#[tokio::test]
async fn a_key_of_another_format_is_ignored_and_the_answer_has_the_default_length() {
    let bench = start().await;
    let path = format!("/model/{ARN}/invoke");
    let mut body = chat(&prompt_text(3));
    body.as_object_mut().unwrap().remove("max_tokens");
    body["max_gen_len"] = 9.into();
    bench.post(&path, &body).await;
    let old = format!("/model/{ARN}-simulate-old-import/invoke");
    let body = json!({"prompt": prompt_text(3), "max_tokens": 9});
    bench.post(&old, &body).await;
    bench.post(&path, &body).await;
    let tokens: Vec<u64> = bench
        .calls(3)
        .await
        .iter()
        .map(|call| call.output_tokens)
        .collect();
    assert!(
        tokens[0] > 9 && tokens[1] > 9 && tokens[2] == 9,
        "{tokens:?}"
    );
}

#[tokio::test]
async fn completions_answer_in_one_piece_and_as_a_stream() {
    let bench = start().await;
    let mut body = json!({"model": "m", "prompt": prompt_text(4), "max_tokens": 4_096});
    let path = "/base/v1/completions";
    let whole = json(bench.post(path, &body).await).await;
    assert!(
        whole["choices"][0]["text"]
            .as_str()
            .unwrap()
            .ends_with(&answer_line(4))
    );
    body["stream"] = true.into();
    let text = bench.post(path, &body).await.text().await.unwrap();
    let mut sse = events(&text);
    assert_eq!(sse.pop(), Some("[DONE]"));
    let text: String = sse
        .into_iter()
        .map(|event| {
            parsed(event)["choices"][0]["text"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(text.ends_with(&answer_line(4)));
    let call = &bench.calls(2).await[1];
    assert_eq!(
        (call.protocol.as_str(), call.model.as_str()),
        ("openai-completion-stream", "/base")
    );
}

#[tokio::test]
async fn what_is_asked_of_bedrocks_service_is_told_again() {
    let bench = start().await;
    let mut body = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]});
    body["serviceTier"] = json!({"type": "priority"});
    body["performanceConfig"] = json!({"latency": "optimized"});
    let path = format!("/model/{SHORT}/converse");
    let whole = json(bench.post(&path, &body).await).await;
    let stream = bench.post(&format!("{path}-stream"), &body).await;
    let metadata = payload(frames(stream).await.last().unwrap());
    for told in [whole, metadata] {
        assert_eq!(told["serviceTier"]["type"], "priority");
        assert_eq!(told["performanceConfig"]["latency"], "optimized");
    }
    let body = json!({"prompt": "hi", "max_gen_len": 8}).to_string();
    let asked = "x-amzn-bedrock-service-tier: flex\r\n\
                 x-amzn-bedrock-performanceconfig-latency: standard\r\n";
    let path = format!("/model/{SHORT}/invoke");
    let raw = raw::post(&bench.simulator, &path, asked, &body, PATIENCE).await;
    assert_eq!(raw.header("x-amzn-bedrock-service-tier"), Some("flex"));
    assert_eq!(
        raw.header("x-amzn-bedrock-performanceconfig-latency"),
        Some("standard")
    );
}

#[tokio::test]
async fn reasoning_stands_where_the_name_says() {
    let bench = start().await;
    for (name, field) in [
        ("simulate-reasoning", "reasoning"),
        ("simulate-reasoning-content", "reasoning_content"),
    ] {
        let path = format!("/{name}/v1/chat/completions");
        let whole = json(bench.post(&path, &chat(&prompt_text(5))).await).await;
        let message = &whole["choices"][0]["message"];
        assert!(!message[field].as_str().unwrap().contains("think>"));
        assert!(
            message["content"]
                .as_str()
                .unwrap()
                .ends_with(&answer_line(5))
        );
        let text = bench
            .post(&path, &streamed(chat(&prompt_text(5))))
            .await
            .text()
            .await
            .unwrap();
        let reasoning: String = events(&text)
            .into_iter()
            .filter(|event| *event != "[DONE]")
            .filter_map(|event| {
                Some(
                    parsed(event)["choices"][0]["delta"][field]
                        .as_str()?
                        .to_owned(),
                )
            })
            .collect();
        assert!(!reasoning.is_empty());
        let told = &whole["usage"]["completion_tokens_details"]["reasoning_tokens"];
        let calls = bench.calls(2).await;
        assert!(calls.iter().any(|call| *told == call.reasoning_tokens));
    }
    let body = json!({"messages": [{"role": "user", "content": [{"text": prompt_text(5)}]}]});
    let path = "/model/us.deepseek.r1-v1:0-simulate-think/converse";
    let whole = json(bench.post(path, &body).await).await;
    let content = whole["output"]["message"]["content"].as_array().unwrap();
    assert_eq!(content.len(), 1);
    assert!(content[0]["text"].as_str().unwrap().starts_with("<think>"));
}

#[tokio::test]
async fn a_prompt_that_was_read_before_is_told_as_cached() {
    let bench = start().await;
    let path = format!("/{SHORT}/v1/chat/completions");
    let prompt = prompt_text(6).repeat(2);
    let salted = |salt: &str| {
        let mut body = chat(&prompt);
        body["cache_salt"] = salt.into();
        body
    };
    let mut cached = Vec::new();
    for body in [
        chat(&prompt),
        chat(&prompt),
        chat(&format!("[7f3a9c]\n{prompt}")),
        salted("a"),
        salted("a"),
    ] {
        let usage = json(bench.post(&path, &body).await).await["usage"].clone();
        cached.push(
            usage["prompt_tokens_details"]["cached_tokens"]
                .as_u64()
                .unwrap(),
        );
    }
    assert!(cached[1] >= 16 && cached[4] == cached[1], "{cached:?}");
    assert_eq!([cached[0], cached[2], cached[3]], [0, 0, 0]);
    let calls = bench.calls(5).await;
    assert_eq!(calls[1].cached_input_tokens, cached[1]);
}

#[tokio::test]
async fn only_the_right_bearer_key_opens_an_http_server() {
    let settings = Settings {
        api_key: Some("the key".to_owned()),
        ..Settings::default()
    };
    let bench = crate::support::start_with(settings).await;
    let body = json!({"inputs": "hi"}).to_string();
    let path = format!("/{SHORT}/generate");
    for (headers, status) in [
        ("", 401),
        ("authorization: Bearer other\r\n", 401),
        ("authorization: the key\r\n", 401),
        ("authorization: Bearer the key\r\n", 200),
    ] {
        let raw = raw::post(&bench.simulator, &path, headers, &body, PATIENCE).await;
        assert_eq!(raw.status(), Some(status), "{headers}");
    }
    // The SHA-256 of `secret` begins so.
    let path = format!("/simulate-key-2bb80d53-{SHORT}/generate");
    let settings = Settings::default();
    let bench = crate::support::start_with(settings).await;
    let headers = "authorization: Bearer secret\r\n";
    let raw = raw::post(&bench.simulator, &path, headers, &body, PATIENCE).await;
    assert_eq!(raw.status(), Some(200));
    let aws = format!("/endpoints/simulate-key-2bb80d53-{SHORT}/invocations");
    let raw = raw::post(&bench.simulator, &aws, "", &body, PATIENCE).await;
    assert_eq!(raw.status(), Some(200));
}

#[tokio::test]
async fn names_that_nobody_knows_are_refused_with_the_way_to_find_them() {
    let bench = start().await;
    for path in [
        "/simulate-brake/generate",
        "/model/simulate-brake/converse",
        "/endpoints/simulate-brake/invocations",
    ] {
        let body = json!({"inputs": "hi", "messages": [{"role": "user", "content": "hi"}]});
        let response = bench.post(path, &body).await;
        assert!(response.status().is_client_error());
        assert!(response.text().await.unwrap().contains("simulate-brake"));
    }
}
