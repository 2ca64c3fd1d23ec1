//! A request that is posted to one URL, and its answer: where every client over HTTP is timed.

use bench_core::sample::Connection;
use reqwest::{
    Request, Response, Url,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue},
};

use super::{client::HttpClient, connecting, refusal, refusal::Origin, whole_body::WholeBody};
use crate::{
    bounds::MAX_BODY_BYTES,
    dialect::{BodyShape, Dialect, DialectInput},
    failure::Failure,
    model::{CompletionRequest, Reply},
    sse::SseDecoder,
    stopwatch::Stopwatch,
    stream::consume,
};

/// Where and how a model is asked over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) client: HttpClient,
    /// Where requests are posted.
    pub(crate) url: Url,
    pub(crate) dialect: Dialect,
    /// The name of the model in the body, where the server wants it.
    pub(crate) model: Option<String>,
    pub(crate) shape: BodyShape,
    pub(crate) stream: bool,
    /// Who answers, which tells what a refusal means.
    pub(crate) origin: Origin,
}

impl Exchange {
    /// The whole request, ready to be sent.
    pub(crate) fn request(
        &self,
        completion_request: &CompletionRequest<'_>,
    ) -> Result<Request, Failure> {
        let input = DialectInput {
            completion_request,
            model: self.model.as_deref(),
            // The path says it for TGI.
            stream: (self.dialect != Dialect::Tgi).then_some(self.stream),
        };
        let accept = if self.stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        self.client
            .calls
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static(accept))
            .body(self.dialect.body(input, &self.shape)?)
            .build()
            .map_err(refusal::of_sending)
    }

    /// Sends a request and reads its answer to the end; the clock starts just before.
    pub(crate) async fn send(
        &self,
        request: Request,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        watch.start();
        let (sent, connecting) =
            connecting::with_connect_time(self.client.calls.execute(request)).await;
        if let Some(took) = connecting {
            watch.connected(Connection::New, Some(took));
        } else if sent.is_ok() {
            watch.connected(Connection::Reused, None);
        }
        let response = sent.map_err(refusal::of_sending)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal::of_answer(response, self.origin, watch).await);
        }
        let answer = if let Some(encoding) = unknown_encoding(response.headers()) {
            Err(refusal::of_encoding(&encoding))
        } else if self.stream {
            streamed(response, self.dialect, watch).await
        } else {
            whole(response, self.dialect, watch).await
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
