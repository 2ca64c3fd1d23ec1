//! Both schemas over real connections.

use std::{collections::BTreeMap, time::Duration};

use bench_core::{
    config::{HttpRequest, HttpTarget, Target},
    sample::{Connection, ErrorLayer, FinishReason, Outcome, Sample},
};
use futures::future::join_all;
use serde_json::{Value, json};

use super::Http;
use crate::{
    ConnectError, Limit, Model as _, TargetEnv, connect, measure,
    testing::{
        Answer, End, REQUEST, Server, call_at, http_target, in_one_piece, simulated, unused_url,
    },
};

const BOTH: [HttpRequest; 2] = [HttpRequest::Tgi, HttpRequest::OpenAiChat];
const TIMEOUT: Duration = Duration::from_millis(500);

fn tgi() -> Target {
    simulated(http_target(HttpRequest::Tgi))
}

fn openai_chat() -> Target {
    simulated(http_target(HttpRequest::OpenAiChat))
}

fn sse(event: &Value) -> String {
    format!("data: {event}\n\n")
}

fn token(request: HttpRequest, text: &str) -> String {
    sse(&match request {
        HttpRequest::Tgi => json!({"index": 1, "token": {"text": text, "special": false}}),
        HttpRequest::OpenAiChat => json!({"choices": [{"delta": {"content": text}}]}),
        HttpRequest::OpenAiCompletion => json!({"choices": [{"text": text}]}),
        HttpRequest::OpenAiResponses => {
            json!({"type": "response.output_text.delta", "delta": text})
        }
    })
}

#[tokio::test]
async fn a_tgi_stream_gives_text_and_counts() {
    let last = json!({"index": 3, "token": {"text": "<|end|>", "special": true},
        "generated_text": "<think>é</think>4",
        "details": {"finish_reason": "length", "generated_tokens": 4, "input_length": 11}});
    let answer = Answer::status(200)
        .chunk(token(HttpRequest::Tgi, "<think>é</thi"))
        .chunk(token(HttpRequest::Tgi, "nk>4"))
        .chunk(sse(&last));
    let server = Server::answering(answer).await;
    let seen = server.call(&tgi()).await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(seen.response_text.as_deref(), Some("<think>é</think>4"));
    assert_eq!(seen.chunks, Some(2));
    assert!(seen.ttft_us <= seen.ttfo_us && seen.ttfo_us == seen.last_token_us);
    assert_eq!((seen.input_tokens, seen.output_tokens), (Some(11), Some(4)));
    assert_eq!(seen.finish_reason, Some(FinishReason::Length));
    assert_eq!(
        (seen.http_status, seen.server_latency_us),
        (Some(200), None)
    );
    let received = &server.received()[0];
    assert_eq!(received.path, "/base/generate_stream");
    assert_eq!(
        received.body,
        json!({"inputs": "2 + 2 = ¿?",
               "parameters": {"do_sample": true, "max_new_tokens": 64, "temperature": 0.5,
                              "top_p": 0.75, "details": true}})
    );
}

#[tokio::test]
async fn calls_find_connections_that_were_opened_ahead_of_them() {
    let last = json!({"index": 1, "token": {"text": "4", "special": false},
        "generated_text": "4"});
    let server = Server::answering(Answer::status(200).chunk(sse(&last))).await;
    let env = TargetEnv {
        simulator_url: Some(server.url.clone()),
        ..TargetEnv::default()
    };
    let model = connect(&tgi(), &env, None).await.unwrap();
    let call = || measure(&model, &REQUEST, Limit::timeout(TIMEOUT), Sample::default());
    assert_eq!(model.open_connections(3).await, 3);
    assert_eq!(model.open_connections(2).await, 3);
    // The server counts a connection a moment later.
    let counted = async {
        while server.connections() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, counted).await.unwrap();
    assert!(server.received().is_empty(), "nothing was sent");
    let seen = join_all((0..3).map(|_| call())).await;
    for call in &seen {
        let expected = (Outcome::Ok, Some(Connection::Reused));
        assert_eq!((call.outcome, call.connection), expected, "{call:?}");
    }
    assert_eq!((server.connections(), server.received().len()), (3, 3));
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_not_used() {
    let last = json!({"index": 1, "token": {"text": "4", "special": false},
        "generated_text": "4"});
    let answer = Answer::status(200).chunk(sse(&last));
    let server = Server::closing_before(2, answer).await;
    let env = TargetEnv {
        simulator_url: Some(server.url.clone()),
        ..TargetEnv::default()
    };
    let (http, target) = (target_at("http://x/"), tgi());
    let http = HttpTarget {
        request: HttpRequest::Tgi,
        ..http
    };
    let model = Http::connect(&http, &target, &env, None).await.unwrap();
    model.open_connections(2).await;
    let closed = async {
        while server.connections() < 2 || model.exchange.client.spare.count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, closed).await.unwrap();
    let limit = Limit::timeout(TIMEOUT);
    let seen = measure(&model, &REQUEST, limit, Sample::default()).await;
    assert_eq!(
        (seen.outcome, seen.connection),
        (Outcome::Ok, Some(Connection::New))
    );
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_tgi_answer_in_one_piece_tells_the_rest_in_headers() {
    let body = json!({"generated_text": "4", "details": {"finish_reason": "eos_token",
        "generated_tokens": 2}});
    let answer = Answer::status(200)
        .header("x-total-time", "812")
        .header("x-inference-time", "790")
        .header("x-prompt-tokens", "11")
        .header("x-generated-tokens", "2")
        .chunk(body.to_string());
    let server = Server::answering(answer).await;
    let seen = server.call(&in_one_piece(tgi())).await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(server.received()[0].path, "/base/generate");
    assert_eq!((seen.input_tokens, seen.output_tokens), (Some(11), Some(2)));
    assert_eq!(seen.server_latency_us, Some(812_000));
    assert_eq!((seen.ttft_us, seen.chunks), (None, None));
}

#[tokio::test]
async fn a_chat_stream_gives_reasoning_text_and_usage() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 5,
        "completion_tokens_details": {"reasoning_tokens": 3},
        "prompt_tokens_details": {"cached_tokens": 4}}});
    let answer = Answer::status(200)
        .chunk(sse(
            &json!({"choices": [{"delta": {"role": "assistant", "content": ""}}]}),
        ))
        .chunk(sse(
            &json!({"choices": [{"delta": {"reasoning": "2 and 2"}}]}),
        ))
        .chunk(token(HttpRequest::OpenAiChat, "4"))
        .chunk(sse(
            &json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        ))
        .chunk(sse(&usage))
        .chunk("data: [DONE]\n\n");
    let server = Server::answering(answer).await;
    let seen = server.call(&openai_chat()).await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(seen.chunks, Some(2));
    assert_eq!((seen.input_tokens, seen.output_tokens), (Some(8), Some(5)));
    assert_eq!(
        (seen.reasoning_tokens, seen.cached_input_tokens),
        (Some(3), Some(4))
    );
    let received = &server.received()[0];
    assert_eq!(received.path, "/base/v1/chat/completions");
    assert_eq!(received.body["model"], "r1");
    assert_eq!(received.body["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn a_chat_answer_in_one_piece_is_read() {
    let message = json!({"role": "assistant", "content": "4", "reasoning_content": "2 and 2"});
    let body = json!({"choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 5}});
    let server = Server::answering(Answer::status(200).chunk(body.to_string())).await;
    let seen = server.call(&in_one_piece(openai_chat())).await;
    assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
    assert_eq!(
        seen.response_text.as_deref(),
        Some("<think>\n2 and 2\n</think>\n\n4")
    );
    assert_eq!((seen.output_tokens, seen.reasoning_tokens), (Some(5), None));
    assert_eq!((seen.ttft_us, seen.chunks), (None, None));
}

#[tokio::test]
async fn one_call_is_one_request_whatever_the_answer() {
    for (status, outcome) in [
        (429, Outcome::Throttled),
        (503, Outcome::NotReady),
        (500, Outcome::ServerError),
        (502, Outcome::ServerError),
        (504, Outcome::Timeout),
        (408, Outcome::Timeout),
        (424, Outcome::ServerError),
        (422, Outcome::ClientError),
        (404, Outcome::ClientError),
        (307, Outcome::InvalidResponse),
    ] {
        for target in [tgi(), openai_chat(), in_one_piece(tgi())] {
            let answer = Answer::status(status)
                .header("location", "/elsewhere")
                .chunk(r#"{"error":"not now","error_type":"overloaded"}"#);
            let server = Server::answering(answer).await;
            let seen = server.call(&target).await;
            assert_eq!(seen.outcome, outcome, "{seen:?}");
            assert_eq!(seen.http_status, Some(status));
            assert_eq!(seen.error_code.as_deref(), Some("overloaded"));
            let message = seen.error_message.as_deref();
            if status == 307 {
                let redirected = "HTTP 307 Temporary Redirect redirects to `/elsewhere`, expected \
                                  an answer; set `url` to where it leads; not now";
                assert_eq!(message, Some(redirected));
            } else {
                assert_eq!(message, Some("not now"));
            }
            assert_eq!(server.received().len(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_broken_and_keeps_its_text() {
    for request in BOTH {
        let begun = || Answer::status(200).chunk(token(request, "It"));
        for answer in [
            begun(),
            begun().ending(End::Cut),
            begun().chunk("data: {\"tok"),
        ] {
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(http_target(request))).await;
            assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Stream));
            assert_eq!(seen.response_text.as_deref(), Some("It"));
            assert_eq!(seen.http_status, Some(200));
            assert_eq!(server.received().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_asked_once() {
    let server = Server::closing().await;
    let seen = server.call(&tgi()).await;
    assert_eq!(seen.outcome, Outcome::ServerError, "{seen:?}");
    assert_eq!(seen.http_status, None);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_200_that_is_not_the_protocol_is_invalid() {
    for request in BOTH {
        let target = simulated(http_target(request));
        for target in [target.clone(), in_one_piece(target)] {
            let server = Server::answering(Answer::status(200).chunk("<html>\n")).await;
            let seen = server.call(&target).await;
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Parse));
        }
    }
}

#[tokio::test]
async fn nothing_listening_is_not_ready_and_silence_is_a_timeout() {
    for target in [tgi(), openai_chat()] {
        let seen = call_at(&unused_url().await, &target, TIMEOUT).await;
        assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Connect));
        let server = Server::answering(Answer::status(200).ending(End::Silence)).await;
        let seen = server.call_with_timeout(&target, TIMEOUT).await;
        assert_eq!(seen.outcome, Outcome::Timeout, "{seen:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_not_ready() {
    // Too long for a label of a name, so no resolver is asked.
    let url = format!("http://{}.test", "a".repeat(64));
    let seen = call_at(&url, &tgi(), Duration::from_secs(30)).await;
    assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
    assert_eq!(seen.error_class, Some(ErrorLayer::Dns));
}

fn target_at(url: &str) -> HttpTarget {
    HttpTarget {
        url: url.to_owned(),
        request: HttpRequest::OpenAiChat,
        model: None,
        api_key: None,
        headers: BTreeMap::new(),
        ca: None,
        cache_salt: false,
    }
}

#[tokio::test]
async fn a_simulated_target_needs_a_simulator() {
    let connect = async |env: &TargetEnv| {
        let model = Http::connect(&target_at("http://10.0.1.20/"), &tgi(), env, None).await;
        model.unwrap_err().to_string()
    };
    let fault = connect(&TargetEnv::default()).await;
    assert!(fault.contains("`SIMULATOR_URL` is not set"));
    let odd = TargetEnv {
        simulator_url: Some("8181".to_owned()),
        ..Default::default()
    };
    assert!(connect(&odd).await.contains("`8181`"));
}

#[tokio::test]
async fn a_real_target_is_asked_at_its_own_url() {
    let connect = async |url: &str| {
        let target = http_target(HttpRequest::OpenAiChat);
        Http::connect(&target_at(url), &target, &TargetEnv::default(), None).await
    };
    let http = connect("https://models.example:8443/team/").await.unwrap();
    assert_eq!(
        http.exchange.url.as_str(),
        "https://models.example:8443/team/v1/chat/completions"
    );
    assert_eq!(
        connect("ftp://models.example").await.unwrap_err(),
        ConnectError::Url {
            target: http_target(HttpRequest::OpenAiChat).id,
            url: "ftp://models.example".to_owned(),
        }
    );
}
