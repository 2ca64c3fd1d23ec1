//! Changes of a target to its bodies, which every carrier sends.

use bench_core::config::{HttpRequest, Service};
use serde_json::json;

use super::super::{Dialect, DialectInput};
use super::*;
use crate::{
    CompletionRequest,
    testing::{
        Answer, REQUEST, Server, bedrock_target, http_target, in_one_piece, llama_target,
        sagemaker_target, simulated,
    },
};

fn shaped(target: &Target, mut body: Value) -> Value {
    BodyShape::of(target).apply(&mut body);
    body
}

fn fields(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_target_without_wishes_leaves_bodies_alone() {
    assert!(BodyShape::of(&http_target(HttpRequest::OpenAiChat)).is_plain());
}

#[test]
fn fields_are_renamed_left_out_and_merged_by_their_fields() {
    let target = Target {
        max_tokens_field: Some("max_completion_tokens".to_owned()),
        omit: vec!["stream_options".to_owned(), "none.at.all".to_owned()],
        extra: fields(json!({"top_k": 20, "a": {"b": {"c": [1]}}})),
        ..http_target(HttpRequest::OpenAiChat)
    };
    let body = json!({"max_tokens": 9, "stream_options": {"include_usage": true},
                      "a": {"b": {"c": 0, "d": 2}}});
    assert_eq!(
        shaped(&target, body),
        json!({"max_completion_tokens": 9, "top_k": 20, "a": {"b": {"c": [1], "d": 2}}})
    );
}

#[test]
fn a_path_reaches_into_the_parameters_of_tgi() {
    let target = Target {
        max_tokens_field: Some("max_tokens".to_owned()),
        omit: vec!["parameters.details".to_owned()],
        ..sagemaker_target()
    };
    let body = json!({"inputs": "x", "parameters": {"max_new_tokens": 9, "details": true}});
    let expected = json!({"inputs": "x", "parameters": {"max_tokens": 9}});
    assert_eq!(shaped(&target, body), expected);
}

/// The path and the body of the one request that a call of `target` makes.
async fn sent(target: Target) -> (String, Value) {
    let server = Server::answering(Answer::status(500).chunk("{}")).await;
    server.call(&simulated(in_one_piece(target))).await;
    let received = server.received().remove(0);
    (received.path, received.body)
}

#[tokio::test]
async fn every_carrier_sends_the_shape_of_its_target() {
    let wishes = |target| Target {
        omit: vec!["top_p".to_owned(), "max_tokens".to_owned()],
        extra: fields(json!({"top_k": 20, "safe": {"level": -1.5}})),
        ..target
    };
    for (target, rest) in [
        (
            http_target(HttpRequest::OpenAiCompletion),
            json!({"model": "r1", "prompt": "2 + 2 = ¿?", "stream": false}),
        ),
        (llama_target(), json!({"prompt": "2 + 2 = ¿?"})),
        (
            sagemaker_target(),
            json!({"inputs": "2 + 2 = ¿?", "stream": false}),
        ),
    ] {
        let (_, mut body) = sent(wishes(target)).await;
        let fields = body.as_object_mut().unwrap();
        assert_eq!(fields.remove("top_k"), Some(json!(20)));
        assert_eq!(fields.remove("safe"), Some(json!({"level": -1.5})));
        for (name, value) in rest.as_object().unwrap() {
            assert_eq!(fields.get(name), Some(value));
        }
    }
    let (_, body) = sent(wishes(bedrock_target())).await;
    assert_eq!(
        body["additionalModelRequestFields"],
        json!({"top_k": 20, "safe": {"level": -1.5}})
    );
}

#[test]
fn the_paths_of_the_token_limit_are_those_of_the_bodies() {
    for (target, dialect) in [
        (http_target(HttpRequest::Tgi), Dialect::Tgi),
        (http_target(HttpRequest::OpenAiChat), Dialect::OpenAiChat),
        (llama_target(), Dialect::Llama),
    ] {
        let path = format!("/{}", target.service.max_tokens_path().replace('.', "/"));
        for max_tokens in [Some(64), None] {
            let input = DialectInput {
                completion_request: &CompletionRequest {
                    max_tokens,
                    ..REQUEST
                },
                model: None,
                stream: None,
            };
            let body = dialect.body(input, &BodyShape::default()).unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            let found = body.pointer(&path).and_then(Value::as_u64);
            assert_eq!(found, max_tokens.map(u64::from), "{body}");
        }
    }
}

#[tokio::test]
async fn a_whole_url_is_called_as_it_is() {
    let mut target = http_target(HttpRequest::OpenAiChat);
    if let Service::Http(http) = &mut target.service {
        http.url = "https://x.example/openai/deployments/d/chat/completions?api-version=1".into();
    }
    let (path, _) = sent(target).await;
    assert_eq!(path, "/openai/deployments/d/chat/completions?api-version=1");
}
