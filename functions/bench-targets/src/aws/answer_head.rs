//! Status and headers of an answer, which the SDK's outputs leave out.

use std::sync::{Arc, OnceLock};

use aws_sdk_bedrockruntime::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};

use crate::model::Reply;

/// Notes status and headers as they go by; one for each call.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerHead(Arc<OnceLock<Reply>>);

impl AnswerHead {
    /// HTTP status, where an answer came.
    pub(crate) fn status(&self) -> Option<u16> {
        self.0.get().and_then(|head| head.http_status)
    }

    /// The reply with what it lacks taken from the headers.
    pub(crate) fn complete(&self, mut reply: Reply) -> Reply {
        if let Some(head) = self.0.get() {
            reply.http_status = head.http_status;
            reply.input_tokens = reply.input_tokens.or(head.input_tokens);
            reply.output_tokens = reply.output_tokens.or(head.output_tokens);
            reply.server_latency_us = reply.server_latency_us.or(head.server_latency_us);
        }
        reply
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
        let _ = self.0.set(Reply {
            http_status: Some(response.status().as_u16()),
            input_tokens: number("x-amzn-bedrock-input-token-count"),
            output_tokens: number("x-amzn-bedrock-output-token-count"),
            server_latency_us: number("x-amzn-bedrock-invocation-latency")
                .map(|millis| millis.saturating_mul(1_000)),
            ..Reply::default()
        });
        Ok(())
    }
}
