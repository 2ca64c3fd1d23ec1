//! Answers as servers in the field give them beside the specification, each through
//! every carrier that it can come over.

mod responses;
mod results;
mod texts;

use aws_smithy_types::base64::encode;
use bench_core::{
    config::{AwsAuth, BedrockApi, BedrockRequest, HttpRequest, SageMakerRequest, Service, Target},
    sample::{ErrorLayer, FinishReason, Outcome, Sample},
};
use serde_json::{Value, json};

use crate::testing::{
    Answer, Server, bedrock_api_target, event, http_target, in_one_piece, llama_target,
    payload_part, sagemaker_target, simulated,
};

/// The targets of the chat schema over Bedrock, SageMaker, HTTP and an OpenAI-compatible API
/// of AWS.
fn chat_targets() -> [Target; 4] {
    let mut bedrock = llama_target();
    if let Service::Bedrock(target) = &mut bedrock.service {
        target.request = BedrockRequest::OpenAiChat;
    }
    let mut sagemaker = sagemaker_target();
    if let Service::SageMaker(target) = &mut sagemaker.service {
        target.request = SageMakerRequest::OpenAiChat;
    }
    let http = http_target(HttpRequest::OpenAiChat);
    let api = bedrock_api_target(
        BedrockApi::OpenAi,
        AwsAuth::SigV4,
        BedrockRequest::OpenAiChat,
    );
    [bedrock, sagemaker, http, api].map(simulated)
}

/// The targets of the TGI schema over SageMaker and HTTP.
fn tgi_targets() -> [Target; 2] {
    [sagemaker_target(), http_target(HttpRequest::Tgi)].map(simulated)
}

/// Documents as the carrier of a target streams them.
fn streamed(target: &Target, documents: &[String]) -> Answer {
    let line = |document: &String| format!("data: {document}\n\n").into_bytes();
    let frames = Answer::status(200).header("content-type", "application/vnd.amazon.eventstream");
    match &target.service {
        Service::Bedrock(bedrock) if bedrock.api == BedrockApi::Native => {
            frames.chunks(documents.iter().map(|document| {
                let bytes = json!({"bytes": encode(document.as_bytes())});
                event("chunk", &bytes.to_string())
            }))
        }
        Service::SageMaker(_) => {
            frames.chunks(documents.iter().map(|one| payload_part(&line(one))))
        }
        Service::Bedrock(_) | Service::Http(_) => Answer::status(200)
            .header("content-type", "text/event-stream")
            .chunks(documents.iter().map(line)),
    }
}

/// The samples of documents that come as a stream.
async fn read(targets: impl IntoIterator<Item = Target>, documents: &[String]) -> Vec<Sample> {
    let mut all = Vec::new();
    for target in targets {
        let server = Server::answering(streamed(&target, documents)).await;
        all.push(Box::pin(server.call(&target)).await);
    }
    all
}

/// The samples of a document that comes in one piece.
async fn read_whole(targets: impl IntoIterator<Item = Target>, document: &str) -> Vec<Sample> {
    let mut all = Vec::new();
    for target in targets {
        let answer = Answer::status(200).header("content-type", "application/json");
        let server = Server::answering(answer.chunk(document)).await;
        all.push(Box::pin(server.call(&in_one_piece(target))).await);
    }
    all
}

/// Events of one choice each.
fn choices(all: &[Value]) -> Vec<String> {
    let event = |choice: &Value| json!({"choices": [choice]}).to_string();
    all.iter().map(event).collect()
}

fn end() -> Value {
    json!({"index": 0, "delta": {}, "finish_reason": "stop"})
}

async fn chat(events: &[Value]) -> Vec<Sample> {
    read(chat_targets(), &choices(events)).await
}

#[track_caller]
fn check_text(all: &[Sample], expected: &str) {
    for seen in all {
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(seen.response_text.as_deref(), Some(expected), "{seen:?}");
    }
}
