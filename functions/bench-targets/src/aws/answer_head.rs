//! Status and headers of an answer, which the SDK's outputs leave out.

use std::sync::{Arc, OnceLock};

use aws_sdk_bedrockruntime::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};

use crate::{failure::Failure, model::Reply};

/// What an event stream is called in a content type.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// Notes status and headers as they go by; one for each call.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerHead(Arc<OnceLock<Head>>);

#[derive(Debug)]
struct Head {
    reply: Reply,
    content_type: Option<String>,
}

impl AnswerHead {
    /// HTTP status, where an answer came.
    pub(crate) fn status(&self) -> Option<u16> {
        self.0.get().and_then(|head| head.reply.http_status)
    }

    /// Refuses an answer that says itself that it is no event stream; the
    /// decoder would wait for its end and call it broken.
    pub(crate) fn expect_event_stream(&self) -> Result<(), Failure> {
        match self.0.get().and_then(|head| head.content_type.as_deref()) {
            Some(other) if !other.starts_with(EVENT_STREAM) => {
                let message = format!("the answer is `{other}`, expected `{EVENT_STREAM}`");
                Err(Failure::invalid(message).with_status(self.status()))
            }
            _ => Ok(()),
        }
    }

    /// The reply with what it lacks taken from the headers.
    pub(crate) fn complete(&self, reply: Reply) -> Reply {
        let Some(Head { reply: head, .. }) = self.0.get() else {
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

impl Intercept for AnswerHead {
    fn name(&self) -> &'static str {
        "AnswerHead"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
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
        // There is one answer to note, since there is one request.
        let _ = self.0.set(Head {
            reply,
            content_type,
        });
        Ok(())
    }
}
