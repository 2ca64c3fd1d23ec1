//! Servers of our own, reached over HTTP.

mod connecting;
mod endpoint;
mod refusal;
mod whole_body;

use std::net::IpAddr;

use bench_core::{
    config::{HttpTarget, Target},
    sample::Connection,
    text::{self, TextFault},
};
use reqwest::{
    Certificate, Client, ClientBuilder, Request, Response, Url,
    header::{
        ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
        HeaderName, HeaderValue,
    },
    redirect, retry,
};

use self::whole_body::WholeBody;
use crate::{
    bounds::{CONNECT_TIMEOUT, MAX_BODY_BYTES, TCP_KEEPALIVE},
    dialect::{BodyShape, Dialect, DialectInput},
    error::ConnectError,
    failure::{Failure, error_chain},
    model::{CompletionRequest, Model, Reply},
    secret::{self, Key},
    sse::SseDecoder,
    stopwatch::Stopwatch,
    stream::consume,
    target_env::{TargetEnv, http_url},
};

/// A model behind an HTTP server.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    /// Where requests are posted.
    url: Url,
    target: HttpTarget,
    shape: BodyShape,
    key: Option<Key>,
    stream: bool,
}

impl Http {
    /// The client for a model of `target`'s service, which is `http`; `ca` holds more
    /// certificates to trust, as PEM.
    pub(crate) async fn connect(
        http: &HttpTarget,
        target: &Target,
        env: &TargetEnv,
        ca: Option<&[u8]>,
    ) -> Result<Self, ConnectError> {
        let mut url = http_url(&http.url).ok_or_else(|| ConnectError::Url {
            target: target.id.clone(),
            url: http.url.clone(),
        })?;
        if target.simulated {
            let mut simulator = env.simulator(target)?;
            simulator.set_path(url.path());
            simulator.set_query(url.query());
            url = simulator;
        }
        let url = endpoint::of(url, http.request, target.stream);
        let key = match &http.api_key {
            Some(place) => Some(secret::read(place, target, env).await?),
            None => None,
        };
        let headers = headers(http, key.as_ref()).map_err(|fault| ConnectError::Client {
            target: target.id.clone(),
            fault,
        })?;
        Ok(Self {
            client: client(headers, ca, &url, target)?,
            url,
            target: http.clone(),
            shape: BodyShape::of(target),
            key,
            stream: target.stream,
        })
    }

    fn dialect(&self) -> Dialect {
        self.target.request.into()
    }

    fn request(&self, completion_request: &CompletionRequest<'_>) -> Result<Request, Failure> {
        let input = DialectInput {
            completion_request,
            model: self.target.model.as_deref(),
            // The path says it for TGI.
            stream: (self.dialect() != Dialect::Tgi).then_some(self.stream),
        };
        let accept = if self.stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.client
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static(accept))
            .body(self.dialect().body(input, &self.shape)?)
            .build()
            .map_err(refusal::of_sending)
    }

    async fn answer(&self, request: Request, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        let (sent, connecting) = connecting::with_connect_time(self.client.execute(request)).await;
        if let Some(took) = connecting {
            watch.connected(Connection::New, Some(took));
        } else if sent.is_ok() {
            watch.connected(Connection::Reused, None);
        }
        let response = sent.map_err(refusal::of_sending)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal::of_answer(response, watch).await);
        }
        let answer = if let Some(encoding) = unknown_encoding(response.headers()) {
            Err(refusal::of_encoding(&encoding))
        } else if self.stream {
            streamed(response, self.dialect(), watch).await
        } else {
            whole(response, self.dialect(), watch).await
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

impl Model for Http {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let request = self.request(completion_request)?;
        watch.start();
        self.answer(request, watch)
            .await
            .map_err(|failure| match &self.key {
                // A server that refuses a key may say which.
                Some(key) => failure.without(key.expose()),
                None => failure,
            })
    }
}

fn client(
    headers: HeaderMap,
    ca: Option<&[u8]>,
    url: &Url,
    target: &Target,
) -> Result<Client, ConnectError> {
    let mut builder = Client::builder()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .connector_layer(connecting::TimeConnecting)
        .default_headers(headers)
        .tcp_keepalive(TCP_KEEPALIVE)
        .tcp_nodelay(true);
    if target.simulated || is_loopback(url) {
        builder = builder.no_proxy();
    }
    if let Some(pem) = ca {
        builder =
            with_root_certificates(builder, pem).map_err(|fault| ConnectError::Certificates {
                target: target.id.clone(),
                fault,
            })?;
    }
    builder.build().map_err(|error| ConnectError::Client {
        target: target.id.clone(),
        fault: error_chain(&error),
    })
}

fn headers(http: &HttpTarget, key: Option<&Key>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    // Decoding is not part of what is measured; what is encoded all the same is decoded.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in &http.headers {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        headers.insert(name, value);
    }
    if let Some(key) = key {
        let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))
            .map_err(|_| "the key is no text for a header".to_owned())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn with_root_certificates(builder: ClientBuilder, pem: &[u8]) -> Result<ClientBuilder, String> {
    // Comments may be in any encoding that contains ASCII.
    let pem = match text::decode(pem) {
        Ok(text) => text.as_bytes(),
        Err(TextFault::NotUtf8 { .. }) => pem,
        Err(fault) => return Err(format!("the file {fault}")),
    };
    let certificates = Certificate::from_pem_bundle(pem).map_err(|error| error_chain(&error))?;
    if certificates.is_empty() {
        return Err("the file holds no certificate, expected PEM".to_owned());
    }
    Ok(builder.tls_certs_merge(certificates))
}

async fn streamed(
    response: Response,
    dialect: Dialect,
    watch: &mut Stopwatch,
) -> Result<Reply, Failure> {
    let mut events = SseDecoder::new(dialect);
    consume(
        response.bytes_stream(),
        watch,
        |bytes, watch| events.push(&bytes, watch),
        |error, _| refusal::of_reading(error),
    )
    .await?;
    events.finish(watch)
}

async fn whole(
    mut response: Response,
    dialect: Dialect,
    watch: &mut Stopwatch,
) -> Result<Reply, Failure> {
    let headers = std::mem::take(response.headers_mut());
    let mut body = WholeBody::new(MAX_BODY_BYTES);
    consume(
        response.bytes_stream(),
        watch,
        |bytes, _| body.push(&bytes),
        |error, _| refusal::of_reading(error),
    )
    .await?;
    dialect
        .whole(body.bytes(), watch)
        .map(|reply| completed(reply, &headers))
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

/// The encodings of a body that the client did not take off, as text.
fn unknown_encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    let names: Vec<_> = encodings
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
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
