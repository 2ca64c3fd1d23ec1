//! Servers of our own, reached over HTTP.

mod refusal;

use std::net::IpAddr;

use bench_core::config::{HttpRequest, Target};
use reqwest::{
    Client, Request, Response, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect, retry,
};

use crate::{
    connect::{CONNECT_TIMEOUT, ConnectError},
    failure::Failure,
    lines::{Events, Protocol},
    model::{Model, Question, Reply},
    openai_chat,
    stopwatch::Stopwatch,
    surroundings::{Surroundings, http_url},
    tgi,
};

/// The most bytes of an answer that is read in one piece.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// A model behind an HTTP server.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    url: Url,
    request: HttpRequest,
    model: Option<String>,
    stream: bool,
}

impl Http {
    pub(crate) fn connect(
        url: &str,
        request: HttpRequest,
        model: Option<&str>,
        target: &Target,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let bad_url = || ConnectError::Url {
            target: target.id.clone(),
            url: url.to_owned(),
        };
        let mut base = http_url(url).ok_or_else(bad_url)?;
        if target.simulated {
            let mut simulator = surroundings.simulator(target)?;
            simulator.set_path(base.path());
            base = simulator;
        }
        let path = match (request, target.stream) {
            (HttpRequest::Tgi, true) => "/generate_stream",
            (HttpRequest::Tgi, false) => "/generate",
            (HttpRequest::OpenAiChat, _) => "/v1/chat/completions",
        };
        let full = format!("{}{path}", base.path().trim_end_matches('/'));
        base.set_path(&full);
        let mut builder = Client::builder()
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true);
        if target.simulated || is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| ConnectError::Client {
            target: target.id.clone(),
            fault: crate::failure::in_words(&error),
        })?;
        let model = model.map(str::to_owned);
        Ok(Self {
            client,
            url: base,
            request,
            model,
            stream: target.stream,
        })
    }

    fn request(&self, question: &Question<'_>) -> Result<Request, Failure> {
        let body = match self.request {
            HttpRequest::Tgi => serde_json::to_vec(&tgi::Body::new(question, None)),
            HttpRequest::OpenAiChat => serde_json::to_vec(&openai_chat::Body::new(
                question,
                self.model.as_deref(),
                self.stream,
            )),
        };
        let body = body.map_err(|error| Failure::invalid(error.to_string()))?;
        let accept = if self.stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.client
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static(accept))
            .body(body)
            .build()
            .map_err(refusal::of_sending)
    }
}

impl Model for Http {
    async fn ask(&self, question: &Question<'_>, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        let request = self.request(question)?;
        watch.start();
        let response = self
            .client
            .execute(request)
            .await
            .map_err(refusal::of_sending)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal::of_answer(response).await);
        }
        let answer = match (self.request, self.stream) {
            (HttpRequest::Tgi, true) => streamed(response, tgi::Stream::default(), watch).await,
            (HttpRequest::OpenAiChat, true) => {
                streamed(response, openai_chat::Stream::default(), watch).await
            }
            (HttpRequest::Tgi, false) => whole(response, tgi::whole, watch).await,
            (HttpRequest::OpenAiChat, false) => whole(response, openai_chat::whole, watch).await,
        };
        let status = Some(status.as_u16());
        answer
            .map(|reply| Reply {
                http_status: status,
                ..reply
            })
            .map_err(|failure| failure.with_status(status))
    }
}

async fn streamed(
    mut response: Response,
    protocol: impl Protocol,
    watch: &mut Stopwatch,
) -> Result<Reply, Failure> {
    let mut events = Events::new(protocol);
    while let Some(bytes) = response.chunk().await.map_err(refusal::of_reading)? {
        events.push(&bytes, watch)?;
    }
    events.finish(watch)
}

async fn whole(
    mut response: Response,
    read: fn(&[u8], &mut Stopwatch) -> Result<Reply, Failure>,
    watch: &mut Stopwatch,
) -> Result<Reply, Failure> {
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(refusal::of_reading)? {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_BODY_BYTES {
            let message = format!("the answer is longer than {MAX_BODY_BYTES} bytes");
            return Err(Failure::invalid(message));
        }
    }
    watch.end();
    read(&body, watch).map(|reply| completed(reply, &headers))
}

/// The reply with what it lacks taken from the headers that TGI sends with an
/// answer in one piece.
fn completed(mut reply: Reply, headers: &HeaderMap) -> Reply {
    let number =
        |name: &str| -> Option<u64> { headers.get(name)?.to_str().ok()?.trim().parse().ok() };
    reply.input_tokens = reply.input_tokens.or_else(|| number("x-prompt-tokens"));
    reply.output_tokens = reply.output_tokens.or_else(|| number("x-generated-tokens"));
    reply.server_latency_us = number("x-total-time")
        .or_else(|| number("x-inference-time"))
        .map(|millis| millis.saturating_mul(1_000));
    reply
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests;
