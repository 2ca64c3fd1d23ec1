//! When a request was sent, and status, headers and connection of its answer,
//! which the SDK's outputs leave out.

use std::{
    collections::HashSet,
    error::Error,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_sdk_bedrockruntime::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextMut, BeforeDeserializationInterceptorContextRef,
            BeforeTransmitInterceptorContextRef,
        },
    },
    error::{BoxError, ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::connection::{
    CaptureSmithyConnection, ConnectionEstablishmentMetadata, ConnectionId, ConnectionMetadata,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::{body::SdkBody, event_stream::RawMessage};
use bench_core::sample::Connection;
use futures::Stream;
use http_body_util::Limited;

use super::{
    frames::BoundedFrames,
    sdk_failure::{of_call, of_stream},
};
use crate::{
    bounds::MAX_BODY_BYTES,
    dialect::Progress,
    failure::Failure,
    model::Reply,
    stopwatch::{Moment, Stopwatch},
    stream::consume,
};

/// Content type of an event stream.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// The connections of one client that have carried an answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<HashSet<ConnectionId>>>);

impl Connections {
    /// Whether a call made its connection, and what that took.
    fn note(&self, seen: &ConnectionMetadata) -> Option<(Connection, Option<Duration>)> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.insert(seen.connection_id()?) {
            return Some((Connection::Reused, None));
        }
        let took = seen
            .establishment()
            .map(ConnectionEstablishmentMetadata::total_duration);
        Some((Connection::New, took))
    }
}

/// Notes status and headers as they go by; one for each call.
#[derive(Debug, Clone)]
pub(crate) struct ResponseHead {
    connections: Connections,
    sent: Arc<OnceLock<Moment>>,
    /// The connection that the request goes over, known before any answer.
    carrier: Arc<OnceLock<CaptureSmithyConnection>>,
    head: Arc<OnceLock<Head>>,
}

#[derive(Debug)]
struct Head {
    reply: Reply,
    content_type: Option<String>,
    connection: Option<(Connection, Option<Duration>)>,
}

impl ResponseHead {
    /// For the next call of the client with these connections.
    pub(crate) fn new(connections: &Connections) -> Self {
        Self {
            connections: connections.clone(),
            sent: Arc::default(),
            carrier: Arc::default(),
            head: Arc::default(),
        }
    }

    /// Sends a request with this interceptor and times it from the moment when it was
    /// signed; a call that is cut off meanwhile keeps that start and its connection.
    pub(crate) async fn timed<T, E>(
        &self,
        watch: &mut Stopwatch,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        watch.start();
        let sending = Sending { head: self, watch };
        let sent = request.await;
        drop(sending);
        sent.map_err(|error| of_call(&error))
    }

    /// As [`Self::timed`], of an answer that comes in one piece: it ends the watch.
    pub(crate) async fn timed_whole<T, E>(
        &self,
        watch: &mut Stopwatch,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let answer = self.timed(watch, request).await;
        watch.end();
        answer
    }

    /// Sets the start of the request and its connection.
    fn apply_to(&self, watch: &mut Stopwatch) {
        if let Some(&sent) = self.sent.get() {
            watch.start_at(sent);
        }
        let connection = match self.head.get() {
            Some(head) => head.connection,
            None => self.carrier.get().and_then(|carrier| self.note(carrier)),
        };
        if let Some((connection, took)) = connection {
            watch.connected(connection, took);
        }
    }

    fn note(&self, carrier: &CaptureSmithyConnection) -> Option<(Connection, Option<Duration>)> {
        carrier.get().and_then(|seen| self.connections.note(&seen))
    }

    /// HTTP status, where an answer came.
    pub(crate) fn status(&self) -> Option<u16> {
        self.head.get().and_then(|head| head.reply.http_status)
    }

    fn is_event_stream(&self) -> bool {
        let content_type = self
            .head
            .get()
            .and_then(|head| head.content_type.as_deref());
        content_type.is_some_and(|content_type| content_type.starts_with(EVENT_STREAM))
    }

    /// Refuses an answer that says itself that it is no event stream; the
    /// decoder would wait for its end and call it broken.
    fn expect_event_stream(&self) -> Result<(), Failure> {
        match self
            .head
            .get()
            .and_then(|head| head.content_type.as_deref())
        {
            Some(other) if !other.starts_with(EVENT_STREAM) => {
                let message = format!("the answer is `{other}`, expected `{EVENT_STREAM}`");
                Err(Failure::invalid(message).with_status(self.status()))
            }
            _ => Ok(()),
        }
    }

    /// Takes in the parts of an event stream to its end.
    pub(crate) async fn consume<T, E>(
        &self,
        parts: impl Stream<Item = Result<T, SdkError<E, RawMessage>>>,
        watch: &mut Stopwatch,
        read: impl FnMut(T, &mut Stopwatch) -> Result<Progress, Failure>,
    ) -> Result<(), Failure>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.expect_event_stream()?;
        let broken = |error, watch: &Stopwatch| of_stream(&error, watch.has_tokens());
        consume(parts, watch, read, broken)
            .await
            .map_err(|failure| failure.with_status(self.status()))
    }

    /// The reply with what it lacks taken from the headers.
    pub(crate) fn complete(&self, reply: Reply) -> Reply {
        let Some(Head { reply: head, .. }) = self.head.get() else {
            return reply;
        };
        Reply {
            http_status: head.http_status,
            input_tokens: reply.input_tokens.or(head.input_tokens),
            output_tokens: reply.output_tokens.or(head.output_tokens),
            server_latency_us: reply.server_latency_us.or(head.server_latency_us),
            ..reply
        }
    }
}

/// A request that is being sent; when that ends, the watch has its start.
struct Sending<'a> {
    head: &'a ResponseHead,
    watch: &'a mut Stopwatch,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.head.apply_to(self.watch);
    }
}

impl Intercept for ResponseHead {
    fn name(&self) -> &'static str {
        "ResponseHead"
    }

    /// Credentials were fetched and the request was signed by now.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(carrier) = bag.load::<CaptureSmithyConnection>() {
            let _ = self.carrier.set(carrier.clone());
        }
        // There is one request, since nothing tries again.
        let _ = self.sent.set(Moment::now());
        Ok(())
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let number = |name: &str| -> Option<u64> {
            response
                .headers()
                .get(name)
                .and_then(|value| value.trim().parse().ok())
        };
        let reply = Reply {
            http_status: Some(response.status().as_u16()),
            input_tokens: number("x-amzn-bedrock-input-token-count"),
            output_tokens: number("x-amzn-bedrock-output-token-count"),
            server_latency_us: number("x-amzn-bedrock-invocation-latency")
                .map(|millis| millis.saturating_mul(1_000)),
            ..Reply::default()
        };
        let content_type = response.headers().get("content-type").map(str::to_owned);
        let connection = bag
            .load::<CaptureSmithyConnection>()
            .and_then(|carrier| self.note(carrier));
        let _ = self.head.set(Head {
            reply,
            content_type,
            connection,
        });
        Ok(())
    }

    /// The SDK takes an answer in one piece into memory whole, and each frame of
    /// a stream, however long they are.
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().take_body();
        *context.response_mut().body_mut() = if self.is_event_stream() {
            SdkBody::from_body_1_x(BoundedFrames::new(body))
        } else {
            SdkBody::from_body_1_x(Limited::new(body, MAX_BODY_BYTES))
        };
        Ok(())
    }
}
