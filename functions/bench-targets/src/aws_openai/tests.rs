//! The OpenAI-compatible APIs of AWS over real connections.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_smithy_types::base64;
use bench_core::{
    config::{AwsAuth, BedrockApi, BedrockRequest, Service},
    sample::{Connection, ErrorLayer, FinishReason, Outcome, Sample},
};
use serde_json::json;

use super::*;
use crate::{
    AnyModel, Limit, connect, measure,
    testing::{
        Answer, REQUEST, Received, Server, bedrock_api_target, in_one_piece, sagemaker_api_target,
        simulated,
    },
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEBYaDExample//////////token+of/a+session==";

/// Credentials of a role, which are asked for so many times.
#[derive(Debug, Clone, Default)]
struct Role {
    asked: Arc<AtomicUsize>,
    expiry: Option<SystemTime>,
    is_denied: bool,
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_denied {
            let denied = CredentialsError::provider_error("the role may not be assumed");
            return future::ProvideCredentials::ready(Err(denied));
        }
        let token = Some(format!("{TOKEN}{number}"));
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, token, self.expiry, "role");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn env(server: &Server, role: &Role) -> TargetEnv {
    let endpoints = AwsService::ALL.map(|service| (service, server.url.clone()));
    TargetEnv {
        region: Some("us-west-2".to_owned()),
        model_endpoints: Some("aws".to_owned()),
        endpoints: HashMap::from(endpoints),
        model_credentials: Some(SharedCredentialsProvider::new(role.clone())),
        ..TargetEnv::default()
    }
}

async fn client(server: &Server, role: &Role, target: &Target) -> AnyModel {
    connect(target, &env(server, role), None).await.unwrap()
}

async fn call(model: &AnyModel) -> Sample {
    let limit = Limit::timeout(Duration::from_secs(30));
    measure(model, &REQUEST, limit, Sample::default()).await
}

fn chat(api: BedrockApi, auth: AwsAuth) -> Target {
    bedrock_api_target(api, auth, BedrockRequest::OpenAiChat)
}

fn stream() -> Answer {
    Answer::status(200)
        .header("content-type", "text/event-stream")
        .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"4\"}}]}\n\n")
        .chunk("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
        .chunk("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n")
        .chunk("data: [DONE]\n\n")
}

/// The value of a header of a request, in lower case.
fn header<'a>(received: &'a Received, name: &str) -> Option<&'a str> {
    let mut lines = received.head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn each_api_has_its_path_its_model_and_its_name_in_the_signature() {
    for (api, path, service) in [
        (BedrockApi::OpenAi, "/openai/v1/chat/completions", "bedrock"),
        (BedrockApi::Mantle, "/v1/chat/completions", "bedrock-mantle"),
        (
            BedrockApi::MantleOpenAi,
            "/openai/v1/chat/completions",
            "bedrock-mantle",
        ),
    ] {
        let server = Server::answering(stream()).await;
        let model = client(&server, &Role::default(), &chat(api, AwsAuth::SigV4)).await;
        for number in 0..2 {
            let seen = call(&model).await;
            assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
            assert_eq!(seen.response_text.as_deref(), Some("4"));
            assert_eq!((seen.input_tokens, seen.output_tokens), (Some(9), Some(2)));
            assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
            let made = if number == 0 {
                Connection::New
            } else {
                Connection::Reused
            };
            assert_eq!(seen.connection, Some(made));
        }
        let received = &server.received()[0];
        assert_eq!(received.path, path);
        assert_eq!(
            received.body,
            json!({"model": "us.openai.gpt-5.5", "max_tokens": 64, "temperature": 0.5,
                   "top_p": 0.75, "messages": [{"role": "user", "content": "2 + 2 = ¿?"}],
                   "stream": true, "stream_options": {"include_usage": true}})
        );
        let signed = header(received, "authorization").unwrap();
        assert!(
            signed.contains(&format!("/us-west-2/{service}/aws4_request")),
            "{signed}"
        );
        assert!(
            signed.contains("signedheaders=accept;content-type;host;x-amz-date"),
            "{signed}"
        );
        let token = header(received, "x-amz-security-token");
        assert_eq!(token, Some(format!("{TOKEN}0").to_lowercase().as_str()));
    }
}

#[tokio::test]
async fn a_response_is_read_through_an_api_as_from_a_server() {
    let target = bedrock_api_target(
        BedrockApi::OpenAi,
        AwsAuth::SigV4,
        BedrockRequest::OpenAiResponses,
    );
    let response = json!({"status": "completed", "output": [{"type": "message",
        "content": [{"type": "output_text", "text": "4"}]}],
        "usage": {"input_tokens": 9, "output_tokens": 2}});
    let answer = Answer::status(200).chunk(response.to_string());
    let server = Server::answering(answer).await;
    let target = in_one_piece(target);
    let seen = call(&client(&server, &Role::default(), &target).await).await;
    assert_eq!((seen.outcome, seen.output_tokens), (Outcome::Ok, Some(2)));
    let received = &server.received()[0];
    assert_eq!(received.path, "/openai/v1/responses");
    assert_eq!(received.body["store"], false);
}

#[tokio::test]
async fn a_bearer_key_is_made_once_of_the_credentials_and_says_where_it_holds() {
    let mantle = chat(BedrockApi::Mantle, AwsAuth::Bearer);
    for (target, host, prefix, path) in [
        (
            mantle,
            "bedrock.amazonaws.com/",
            "bedrock-api-key-",
            "/v1/chat/completions",
        ),
        (
            sagemaker_api_target(),
            "sagemaker.amazonaws.com/",
            "sagemaker-api-key-",
            "/endpoints/deepseek-8b/inference-components/one/openai/v1/chat/completions",
        ),
    ] {
        let (server, role) = (Server::answering(stream()).await, Role::default());
        let model = client(&server, &role, &target).await;
        for _ in 0..3 {
            assert_eq!(call(&model).await.outcome, Outcome::Ok);
        }
        assert_eq!(role.asked.load(Ordering::SeqCst), 1);
        let received = server.received();
        assert_eq!(received[0].path, path);
        let key = |number: usize| header(&received[number], "authorization").unwrap();
        assert!(
            key(0).starts_with(&format!("bearer {prefix}")),
            "{}",
            key(0)
        );
        assert_eq!(key(0), key(2));
        assert_eq!(header(&received[0], "x-amz-date"), None);
        assert!(host.ends_with('/'));
    }
}

#[tokio::test]
async fn credentials_that_expire_are_asked_for_again_and_others_are_kept() {
    let soon = SystemTime::now() + Duration::from_mins(1);
    let later = SystemTime::now() + Duration::from_hours(1);
    for (expiry, asked) in [(Some(soon), 3), (Some(later), 1), (None, 1)] {
        for auth in [AwsAuth::SigV4, AwsAuth::Bearer] {
            let server = Server::answering(stream()).await;
            let role = Role {
                expiry,
                ..Role::default()
            };
            let model = client(&server, &role, &chat(BedrockApi::OpenAi, auth)).await;
            for _ in 0..3 {
                assert_eq!(call(&model).await.outcome, Outcome::Ok);
            }
            assert_eq!(role.asked.load(Ordering::SeqCst), asked, "{expiry:?}");
        }
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = Server::answering(stream()).await;
    let role = Role {
        is_denied: true,
        ..Role::default()
    };
    let model = client(&server, &role, &chat(BedrockApi::OpenAi, AwsAuth::Bearer)).await;
    let seen = call(&model).await;
    assert_eq!(seen.outcome, Outcome::ClientError, "{seen:?}");
    assert_eq!(seen.error_code.as_deref(), Some("CredentialsError"));
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn no_sample_repeats_a_key_a_token_or_a_signature() {
    for target in [
        chat(BedrockApi::OpenAi, AwsAuth::SigV4),
        chat(BedrockApi::Mantle, AwsAuth::Bearer),
        sagemaker_api_target(),
    ] {
        // Two calls: the first shows what is sent, the second is told it back.
        let server = Server::answering(Answer::status(403)).await;
        let role = Role::default();
        let model = client(&server, &role, &target).await;
        let AnyModel::AwsOpenAi(of_api) = &model else {
            panic!("another client")
        };
        let request = of_api.exchange.request(&REQUEST).unwrap();
        let (request, hide) = of_api.access.authorize(request).await.unwrap().into_parts();
        let sent = |name: &str| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let authorization = sent("authorization").unwrap();
        let mut secrets = vec![format!("{TOKEN}0")];
        let decoded = authorization.strip_prefix("Bearer ").map(|key| {
            secrets.push(key.to_owned());
            let (_, encoded) = key.rsplit_once('-').unwrap();
            String::from_utf8(base64::decode(encoded).unwrap()).unwrap()
        });
        let presigned = decoded.unwrap_or_else(|| authorization.clone());
        let (_, signature) = presigned.split_once("Signature=").unwrap();
        secrets.push(signature.split('&').next().unwrap().to_owned());
        let told = format!("denied: {authorization} {presigned} {TOKEN}0");
        let failure = hide(Failure::invalid(told.clone()));
        for secret in secrets {
            assert!(told.contains(&secret), "{told}");
            assert!(!failure.message.contains(&secret), "{failure:?}");
        }
        let debug = format!("{model:?} {request:?}");
        assert!(
            !debug.contains("Signature=") && !debug.contains("api-key-"),
            "{debug}"
        );
        assert!(!debug.contains(SECRET) && !debug.contains(TOKEN), "{debug}");
    }
}

#[tokio::test]
async fn refusals_are_counted_as_through_the_service_s_own_operations() {
    let no_capacity = "Inference Component has no capacity to process this request. Later.";
    let quoted = "Received client error (422) from primary with message \"too long\"";
    for (status, name, message, outcome) in [
        (
            429,
            Some("ThrottlingException"),
            "slow down",
            Outcome::Throttled,
        ),
        (
            429,
            Some("ModelNotReadyException"),
            "loading",
            Outcome::NotReady,
        ),
        (
            503,
            Some("ServiceUnavailableException:http://internal/"),
            "no",
            Outcome::ServerError,
        ),
        (503, None, "no", Outcome::ServerError),
        (403, None, "not authorized", Outcome::ClientError),
        (400, Some("ValidationError"), no_capacity, Outcome::NotReady),
        (424, Some("ModelError"), quoted, Outcome::ClientError),
        (408, Some("ModelTimeoutException"), "late", Outcome::Timeout),
    ] {
        for target in [
            chat(BedrockApi::OpenAi, AwsAuth::SigV4),
            sagemaker_api_target(),
        ] {
            for body in [
                json!({"error": {"message": message, "type": "x"}}),
                json!({"message": message}),
            ] {
                let answer = Answer::status(status).chunk(body.to_string());
                let answer = match name {
                    Some(name) => answer.header("x-amzn-errortype", name),
                    None => answer,
                };
                let server = Server::answering(answer).await;
                let seen = server.call(&simulated(target.clone())).await;
                assert_eq!(seen.outcome, outcome, "{seen:?}");
                assert_eq!(seen.error_message.as_deref(), Some(message));
                let code = name.map(|name| name.split(':').next().unwrap());
                if let Some(code) = code {
                    assert_eq!(seen.error_code.as_deref(), Some(code));
                }
                let layer = seen.error_class.unwrap();
                assert!([ErrorLayer::Service, ErrorLayer::Timeout].contains(&layer));
                assert_eq!(server.received().len(), 1);
            }
        }
    }
}

#[test]
fn hosts_are_those_of_the_region_and_its_partition() {
    let of = |service, region| host(service, region);
    assert_eq!(
        of(AwsService::BedrockRuntime, "eu-west-1"),
        "bedrock-runtime.eu-west-1.amazonaws.com"
    );
    assert_eq!(
        of(AwsService::BedrockMantle, "us-gov-west-1"),
        "bedrock-mantle.us-gov-west-1.api.aws"
    );
    assert_eq!(
        of(AwsService::SageMakerRuntime, "cn-north-1"),
        "runtime.sagemaker.cn-north-1.amazonaws.com.cn"
    );
}

#[tokio::test]
async fn what_a_target_omits_and_adds_holds_through_an_api_too() {
    let server = Server::answering(stream()).await;
    let target = Target {
        omit: vec!["temperature".to_owned(), "stream_options".to_owned()],
        max_tokens_field: Some("max_completion_tokens".to_owned()),
        extra: serde_json::Map::from_iter([("reasoning_effort".to_owned(), json!("low"))]),
        ..chat(BedrockApi::OpenAi, AwsAuth::SigV4)
    };
    assert!(matches!(target.service, Service::Bedrock(_)));
    call(&client(&server, &Role::default(), &target).await).await;
    let body = &server.received()[0].body;
    assert_eq!(body["max_completion_tokens"], 64);
    assert_eq!(body["reasoning_effort"], "low");
    assert!(body.get("max_tokens").is_none() && body.get("stream_options").is_none());
}
