//! A tiny server that sends the bytes a test gives it, and keeps the requests.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bench_core::{
    config::{
        AwsAuth, BedrockApi, BedrockRequest, BedrockTarget, HttpRequest, HttpTarget, Network,
        SageMakerApi, SageMakerRequest, SageMakerTarget, Service, Target,
    },
    sample::Sample,
};
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{CompletionRequest, Limit, TargetEnv, connect, measure};

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP asks.
    Whole,
    /// The connection is closed before the answer is whole.
    Cut,
    /// The connection is closed before the answer begins.
    Nothing,
    /// Nothing more comes and the connection stays.
    Silence,
    /// The connection stays, and something comes again and again.
    Heartbeats,
}

/// The bytes of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    head: String,
    chunks: Vec<Vec<u8>>,
    end: End,
    heartbeat: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        let head = format!("HTTP/1.1 {status} x\r\ntransfer-encoding: chunked\r\n");
        Self {
            head,
            chunks: Vec::new(),
            end: End::Whole,
            heartbeat: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    /// A piece that the client reads apart from the next.
    pub(crate) fn chunk(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.chunks.push(bytes.into());
        self
    }

    pub(crate) fn chunks<B: Into<Vec<u8>>>(mut self, all: impl IntoIterator<Item = B>) -> Self {
        self.chunks.extend(all.into_iter().map(Into::into));
        self
    }

    /// Goes on with these bytes again and again.
    pub(crate) fn beating(mut self, heartbeat: impl Into<Vec<u8>>) -> Self {
        self.heartbeat = heartbeat.into();
        self.ending(End::Heartbeats)
    }

    pub(crate) fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Nothing, for as long as the client waits.
    pub(crate) fn silent() -> Self {
        Self {
            head: String::new(),
            chunks: Vec::new(),
            end: End::Silence,
            heartbeat: Vec::new(),
        }
    }

    /// An error as AWS services send it.
    pub(crate) fn aws_error(status: u16, code: &str, body: &str) -> Self {
        Self::status(status)
            .header("content-type", "application/json")
            .header("x-amzn-errortype", code)
            .chunk(body)
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Request line and headers in lower case.
    pub(crate) head: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// Gives the answer to a request by its number, from 0.
type Answers = Arc<dyn Fn(usize) -> Answer + Send + Sync>;

/// A server with prepared answers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// A server that gives the same answer to every request.
    pub(crate) async fn answering(answer: Answer) -> Self {
        Self::answering_each(move |_| answer.clone()).await
    }

    /// A server that gives each request its own answer, by the request's number
    /// from 0.
    pub(crate) async fn answering_each(
        answers: impl Fn(usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::serving(answers, 0).await
    }

    async fn serving(
        answers: impl Fn(usize) -> Answer + Send + Sync + 'static,
        closed: usize,
    ) -> Self {
        let answers: Answers = Arc::new(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (log, count) = (Arc::clone(&received), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                if count.fetch_add(1, Ordering::SeqCst) < closed {
                    continue;
                }
                tokio::spawn(serve(socket, Arc::clone(&answers), Arc::clone(&log)));
            }
        });
        Self {
            url,
            received,
            connections,
        }
    }

    /// A server that closes so many connections as soon as they are open, and gives requests
    /// on others the same answer.
    pub(crate) async fn closing_before(closed: usize, answer: Answer) -> Self {
        Self::serving(move |_| answer.clone(), closed).await
    }

    /// A server that closes the connection instead of answering.
    pub(crate) async fn closing() -> Self {
        Self::answering(Answer {
            head: String::new(),
            chunks: Vec::new(),
            end: End::Nothing,
            heartbeat: Vec::new(),
        })
        .await
    }

    /// Every request so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Calls the simulated `target` here.
    pub(crate) async fn call(&self, target: &Target) -> Sample {
        self.call_with_timeout(target, Duration::from_secs(30))
            .await
    }

    /// Calls the simulated `target` here, with a timeout.
    pub(crate) async fn call_with_timeout(&self, target: &Target, timeout: Duration) -> Sample {
        call_at(&self.url, target, timeout).await
    }
}

/// Calls the simulated `target` at `url`.
pub(crate) async fn call_at(url: &str, target: &Target, timeout: Duration) -> Sample {
    let env = TargetEnv {
        simulator_url: Some(url.to_owned()),
        ..Default::default()
    };
    let model = connect(target, &env, None).await.unwrap();
    measure(&model, &REQUEST, Limit::timeout(timeout), Sample::default()).await
}

/// The request of every test.
pub(crate) const REQUEST: CompletionRequest<'_> = CompletionRequest {
    max_tokens: Some(64),
    temperature: Some(0.5),
    top_p: Some(0.75),
    ..CompletionRequest::of_text("2 + 2 = ¿?")
};

/// A URL at which nothing listens.
pub(crate) async fn unused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(mut socket: TcpStream, answers: Answers, log: Arc<Mutex<Vec<Received>>>) {
    while let Some(request) = read(&mut socket).await {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request);
            log.len() - 1
        };
        let answer = answers(number);
        if answer.head.is_empty() && answer.end == End::Silence {
            return std::future::pending().await;
        }
        if answer.end == End::Nothing {
            return;
        }
        let mut bytes = format!("{}\r\n", answer.head).into_bytes();
        for chunk in &answer.chunks {
            bytes.extend_from_slice(&chunked(chunk));
        }
        if answer.end == End::Whole {
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        if socket.write_all(&bytes).await.is_err() || answer.end == End::Cut {
            return;
        }
        if answer.end == End::Heartbeats {
            while socket.write_all(&chunked(&answer.heartbeat)).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            return;
        }
        if answer.end == End::Silence {
            let _ = socket.read(&mut [0]).await;
            return;
        }
    }
}

fn chunked(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

async fn read(socket: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8(bytes[..head_end].to_vec())
        .unwrap()
        .to_lowercase();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse().unwrap());
    while bytes.len() < head_end + length {
        (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = serde_json::from_slice(&bytes[head_end..]).unwrap_or_default();
    Some(Received { head, path, body })
}

/// A frame of an event stream.
pub(crate) fn event(name: &str, payload: &str) -> Vec<u8> {
    frame("event", ":event-type", name, payload.as_bytes())
}

/// A frame that ends an event stream with an error.
pub(crate) fn exception(name: &str, payload: &str) -> Vec<u8> {
    frame("exception", ":exception-type", name, payload.as_bytes())
}

/// A frame with bytes of a SageMaker container's answer.
pub(crate) fn payload_part(bytes: &[u8]) -> Vec<u8> {
    frame("event", ":event-type", "PayloadPart", bytes)
}

fn frame(kind: &str, name_header: &'static str, name: &str, payload: &[u8]) -> Vec<u8> {
    let content = if name == "PayloadPart" {
        "application/octet-stream"
    } else {
        "application/json"
    };
    let text = |value: &str| HeaderValue::String(value.to_owned().into());
    let message = Message::new(payload.to_vec())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(name_header, text(name)))
        .add_header(Header::new(":content-type", text(content)));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

pub(crate) fn bedrock_target() -> Target {
    target(Service::Bedrock(BedrockTarget {
        model: "llama".to_owned(),
        api: BedrockApi::Native,
        auth: AwsAuth::SigV4,
        request: BedrockRequest::Converse,
        service_tier: None,
        latency: None,
    }))
}

pub(crate) fn llama_target() -> Target {
    let model = "arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123".to_owned();
    target(Service::Bedrock(BedrockTarget {
        model,
        api: BedrockApi::Native,
        auth: AwsAuth::SigV4,
        request: BedrockRequest::Llama,
        service_tier: None,
        latency: None,
    }))
}

pub(crate) fn sagemaker_target() -> Target {
    let endpoint = "deepseek-8b".to_owned();
    target(Service::SageMaker(SageMakerTarget {
        endpoint,
        api: SageMakerApi::Native,
        request: SageMakerRequest::Tgi,
        inference_component: None,
        target_variant: None,
    }))
}

/// A target of an OpenAI-compatible API of Bedrock.
pub(crate) fn bedrock_api_target(
    api: BedrockApi,
    auth: AwsAuth,
    request: BedrockRequest,
) -> Target {
    target(Service::Bedrock(BedrockTarget {
        model: "us.openai.gpt-5.5".to_owned(),
        api,
        auth,
        request,
        service_tier: None,
        latency: None,
    }))
}

/// A target of the OpenAI-compatible API of a SageMaker endpoint.
pub(crate) fn sagemaker_api_target() -> Target {
    target(Service::SageMaker(SageMakerTarget {
        endpoint: "deepseek-8b".to_owned(),
        api: SageMakerApi::OpenAi,
        request: SageMakerRequest::OpenAiChat,
        inference_component: Some("one".to_owned()),
        target_variant: None,
    }))
}

pub(crate) fn http_target(request: HttpRequest) -> Target {
    let url = "http://10.0.1.20:8080/base/".to_owned();
    target(Service::Http(HttpTarget {
        url,
        request,
        model: Some("r1".to_owned()),
        api_key: None,
        headers: BTreeMap::new(),
        ca: None,
        cache_salt: false,
    }))
}

/// The same target, simulated.
pub(crate) fn simulated(target: Target) -> Target {
    Target {
        simulated: true,
        ..target
    }
}

/// The same target, not streaming.
pub(crate) fn in_one_piece(target: Target) -> Target {
    Target {
        stream: false,
        ..target
    }
}

fn target(service: Service) -> Target {
    Target {
        id: "place".parse().unwrap(),
        service,
        stream: true,
        region: None,
        concurrency: 1,
        max_tokens: 64,
        temperature: 0.5,
        top_p: 0.75,
        omit: Vec::new(),
        max_tokens_field: None,
        extra: Map::new(),
        max_attempts: 1,
        ready_within_s: 60,
        network: Network::Public,
        lifecycle: None,
        model_name: None,
        tier: None,
        instance: None,
        pricing: None,
        simulated: false,
    }
}
