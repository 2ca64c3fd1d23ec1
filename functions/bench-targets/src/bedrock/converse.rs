//! The Converse operations.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseOutput, ConverseStreamOutput,
    InferenceConfiguration, Message, PerformanceConfiguration, ReasoningContentBlock,
    ReasoningContentBlockDelta, ServiceTier, TokenUsage,
};
use futures::stream::try_unfold;

use super::Bedrock;
use crate::{
    aws::ResponseHead,
    failure::Failure,
    model::{CompletionRequest, Reply},
    stopwatch::{Kind, Stopwatch},
};

impl Bedrock {
    pub(super) async fn converse_stream(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let request = self
            .client
            .converse_stream()
            .model_id(&self.model)
            .messages(message(completion_request)?)
            .inference_config(inference(completion_request))
            .set_service_tier(self.tier()?)
            .set_performance_config(self.performance())
            .customize()
            .interceptor(head.clone());
        let output = head.timed(watch, request.send()).await?;
        let mut reply = Reply::default();
        let parts = try_unfold(output.stream, |mut parts| async {
            Ok(parts.recv().await?.map(|part| (part, parts)))
        });
        head.consume(parts, watch, |part, watch| read(&part, &mut reply, watch))
            .await?;
        if reply.finish_reason.is_none() {
            let failure = Failure::broken("the stream ended without `messageStop`");
            return Err(failure.with_status(head.status()));
        }
        Ok(head.complete(reply))
    }

    pub(super) async fn converse(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let request = self
            .client
            .converse()
            .model_id(&self.model)
            .messages(message(completion_request)?)
            .inference_config(inference(completion_request))
            .set_service_tier(self.tier()?)
            .set_performance_config(self.performance())
            .customize()
            .interceptor(head.clone());
        let output = head.timed_whole(watch, request.send()).await?;
        let Some(ConverseOutput::Message(message)) = output.output() else {
            let failure = Failure::invalid("the answer has no `output.message`");
            return Err(failure.with_status(head.status()));
        };
        for block in message.content() {
            match block {
                ContentBlock::Text(text) => watch.whole(Kind::Visible, text),
                ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(text)) => {
                    watch.whole(Kind::Reasoning, text.text())
                }
                _ => Ok(()),
            }
            .map_err(|failure| failure.with_status(head.status()))?;
        }
        let mut reply = Reply {
            finish_reason: Some(output.stop_reason().as_str().to_owned()),
            server_latency_us: output
                .metrics()
                .and_then(|metrics| millis(metrics.latency_ms())),
            ..Reply::default()
        };
        count(output.usage(), &mut reply);
        Ok(head.complete(reply))
    }

    fn tier(&self) -> Result<Option<ServiceTier>, Failure> {
        let tier = |name: &str| ServiceTier::builder().r#type(name.into()).build();
        self.service_tier
            .map(|input| tier(input.as_str()))
            .transpose()
            .map_err(|error| Failure::invalid(error.to_string()))
    }

    fn performance(&self) -> Option<PerformanceConfiguration> {
        self.latency.map(|mode| {
            PerformanceConfiguration::builder()
                .latency(mode.as_str().into())
                .build()
        })
    }
}

fn read(
    event: &ConverseStreamOutput,
    reply: &mut Reply,
    watch: &mut Stopwatch,
) -> Result<(), Failure> {
    match event {
        ConverseStreamOutput::ContentBlockDelta(event) => match event.delta() {
            Some(ContentBlockDelta::Text(text)) => watch.token(Kind::Visible, text)?,
            Some(ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text))) => {
                watch.token(Kind::Reasoning, text)?;
            }
            _ => {}
        },
        ConverseStreamOutput::MessageStop(stop) => {
            reply.finish_reason = Some(stop.stop_reason().as_str().to_owned());
        }
        ConverseStreamOutput::Metadata(metadata) => {
            count(metadata.usage(), reply);
            reply.server_latency_us = metadata
                .metrics()
                .and_then(|metrics| millis(metrics.latency_ms()));
        }
        _ => {}
    }
    Ok(())
}

fn message(completion_request: &CompletionRequest<'_>) -> Result<Message, Failure> {
    Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(completion_request.prompt.to_owned()))
        .build()
        .map_err(|error| Failure::invalid(error.to_string()))
}

fn inference(completion_request: &CompletionRequest<'_>) -> InferenceConfiguration {
    InferenceConfiguration::builder()
        .max_tokens(i32::try_from(completion_request.max_tokens).unwrap_or(i32::MAX))
        .set_temperature(completion_request.temperature.map(narrow))
        .set_top_p(completion_request.top_p.map(narrow))
        .build()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the field is a 32-bit float on the wire"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Bedrock counts tokens that a prefix cache held, and those that were put into
/// one, apart from `inputTokens`; a sample's input tokens are all of the prompt.
fn count(usage: Option<&TokenUsage>, reply: &mut Reply) {
    if let Some(usage) = usage {
        let whole = |tokens: i32| u64::try_from(tokens).ok();
        let read = usage.cache_read_input_tokens().and_then(whole);
        let written = usage.cache_write_input_tokens().and_then(whole);
        reply.input_tokens = whole(usage.input_tokens())
            .map(|input| input + read.unwrap_or(0) + written.unwrap_or(0));
        reply.output_tokens = whole(usage.output_tokens());
        reply.cached_input_tokens = read;
    }
}

fn millis(millis: i64) -> Option<u64> {
    u64::try_from(millis)
        .ok()
        .map(|millis| millis.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use bench_core::sample::{ErrorLayer, FinishReason, Outcome};
    use serde_json::json;

    use crate::testing::{
        Answer, End, Server, bedrock_target, deserted, event, exception, in_one_piece, simulated,
    };

    fn delta(text: &str) -> Vec<u8> {
        let payload = json!({"contentBlockIndex": 0, "delta": {"text": text}});
        event("contentBlockDelta", &payload.to_string())
    }

    fn reasoning(text: &str) -> Vec<u8> {
        let delta = json!({"reasoningContent": {"text": text}});
        let payload = json!({"contentBlockIndex": 0, "delta": delta});
        event("contentBlockDelta", &payload.to_string())
    }

    fn stop(reason: &str) -> Vec<u8> {
        event("messageStop", &json!({"stopReason": reason}).to_string())
    }

    fn metadata() -> Vec<u8> {
        let usage = json!({"inputTokens": 12, "outputTokens": 34, "totalTokens": 54,
                           "cacheReadInputTokens": 5, "cacheWriteInputTokens": 3});
        event(
            "metadata",
            &json!({"usage": usage, "metrics": {"latencyMs": 321}}).to_string(),
        )
    }

    fn stream() -> Answer {
        Answer::status(200).header("content-type", "application/vnd.amazon.eventstream")
    }

    #[tokio::test]
    async fn a_stream_gives_text_reasoning_usage_and_latency() {
        let start = event("messageStart", &json!({"role": "assistant"}).to_string());
        let answer = stream().chunks([
            start,
            delta(""),
            reasoning("2 and 2"),
            delta("It is "),
            delta("4 ✓"),
            stop("end_turn"),
            metadata(),
        ]);
        let server = Server::answering(answer).await;
        let seen = server.ask(&simulated(bedrock_target())).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(
            seen.response_text.as_deref(),
            Some("<think>\n2 and 2\n</think>\n\nIt is 4 ✓")
        );
        assert_eq!(seen.response_chars, Some(7 + 6 + 3));
        assert_eq!(seen.chunks, Some(3));
        assert!(seen.ttft_us <= seen.ttfo_us && seen.ttfo_us <= seen.last_token_us);
        assert!(seen.ttft_us.is_some() && seen.last_token_us <= Some(seen.latency_us));
        assert_eq!(
            (seen.input_tokens, seen.output_tokens),
            (Some(12 + 5 + 3), Some(34))
        );
        assert_eq!(
            (seen.cached_input_tokens, seen.reasoning_tokens),
            (Some(5), None)
        );
        assert_eq!(seen.server_latency_us, Some(321_000));
        assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
        assert_eq!(seen.finish_reason_raw.as_deref(), Some("end_turn"));
        assert_eq!(seen.http_status, Some(200));

        let received = server.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].path, "/model/llama/converse-stream");
        let body = &received[0].body;
        assert_eq!(body["messages"][0]["content"][0]["text"], "2 + 2 = ¿?");
        assert_eq!(
            body["inferenceConfig"],
            json!({"maxTokens": 64, "temperature": 0.5, "topP": 0.75})
        );
    }

    #[tokio::test]
    async fn an_answer_in_one_piece_has_no_token_times() {
        let content = json!([{"reasoningContent": {"reasoningText": {"text": "2 and 2"}}},
                             {"text": "4"}]);
        let body = json!({
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "max_tokens",
            "usage": {"inputTokens": 12, "outputTokens": 34, "totalTokens": 46},
            "metrics": {"latencyMs": 99}
        });
        let server = Server::answering(Answer::status(200).chunk(body.to_string())).await;
        let seen = server.ask(&simulated(in_one_piece(bedrock_target()))).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(server.received()[0].path, "/model/llama/converse");
        assert_eq!(
            seen.response_text.as_deref(),
            Some("<think>\n2 and 2\n</think>\n\n4")
        );
        assert_eq!(
            (seen.ttft_us, seen.ttfo_us, seen.chunks),
            (None, None, None)
        );
        assert_eq!(seen.finish_reason, Some(FinishReason::Length));
        assert_eq!(seen.server_latency_us, Some(99_000));
        assert_eq!(seen.output_tokens, Some(34));
    }

    #[tokio::test]
    async fn one_call_is_one_request_whatever_the_answer() {
        for (status, code, outcome) in [
            (429, "ThrottlingException", Outcome::Throttled),
            (429, "ModelNotReadyException", Outcome::NotReady),
            (500, "InternalServerException", Outcome::ServerError),
            (503, "ServiceUnavailableException", Outcome::ServerError),
            (424, "ModelErrorException", Outcome::ServerError),
            (408, "ModelTimeoutException", Outcome::Timeout),
            (400, "ValidationException", Outcome::ClientError),
            (403, "AccessDeniedException", Outcome::ClientError),
        ] {
            for target in [bedrock_target(), in_one_piece(bedrock_target())] {
                let answer = Answer::aws_error(status, code, r#"{"message":"not now"}"#);
                let server = Server::answering(answer).await;
                let seen = server.ask(&simulated(target)).await;
                assert_eq!(seen.outcome, outcome, "{seen:?}");
                assert_eq!(seen.error_code.as_deref(), Some(code));
                assert_eq!(seen.error_message.as_deref(), Some("not now"));
                assert_eq!(seen.http_status, Some(status));
                assert_eq!(server.received().len(), 1, "{code}");
            }
        }
    }

    #[tokio::test]
    async fn an_exception_counts_by_its_name_until_a_token_has_come() {
        let slow_down = exception("throttlingException", r#"{"message":"slow down"}"#);
        for (head, outcome) in [
            (vec![], Outcome::Throttled),
            (vec![delta("It")], Outcome::StreamBroken),
        ] {
            let server = Server::answering(stream().chunks(head).chunk(slow_down.clone())).await;
            let seen = server.ask(&simulated(bedrock_target())).await;
            assert_eq!(seen.outcome, outcome, "{seen:?}");
            assert_eq!(seen.error_code.as_deref(), Some("ThrottlingException"));
            assert_eq!(seen.error_message.as_deref(), Some("slow down"));
            assert_eq!(seen.http_status, Some(200));
        }
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_broken_and_keeps_its_text() {
        let half = stop("end_turn")[..20].to_vec();
        for answer in [
            stream().chunk(delta("It")).ending(End::Cut),
            stream().chunk(delta("It")),
            stream().chunk(delta("It")).chunk(half),
        ] {
            let server = Server::answering(answer).await;
            let seen = server.ask(&simulated(bedrock_target())).await;
            assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Stream));
            assert_eq!(seen.response_text.as_deref(), Some("It"));
            assert_eq!(seen.http_status, Some(200));
            assert_eq!(server.received().len(), 1);
        }
    }

    #[tokio::test]
    async fn an_answer_in_one_piece_that_breaks_off_is_broken() {
        let server =
            Server::answering(Answer::status(200).chunk("{\"output\":").ending(End::Cut)).await;
        let seen = server.ask(&simulated(in_one_piece(bedrock_target()))).await;
        assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
        assert_eq!(server.received().len(), 1);
    }

    #[tokio::test]
    async fn a_200_that_is_no_converse_answer_is_invalid() {
        for target in [bedrock_target(), in_one_piece(bedrock_target())] {
            let page = Answer::status(200)
                .header("content-type", "text/html")
                .chunk("<html>");
            let server = Server::answering(page).await;
            let seen = server.ask(&simulated(target)).await;
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Parse));
        }
    }

    #[tokio::test]
    async fn nothing_listening_is_not_ready() {
        let url = deserted().await;
        let patience = std::time::Duration::from_secs(30);
        let seen = crate::testing::ask_at(&url, &simulated(bedrock_target()), patience).await;
        assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Connect));
    }

    #[tokio::test]
    async fn a_stream_that_falls_silent_is_cut_off_with_what_it_had() {
        let server = Server::answering(stream().chunk(delta("It")).ending(End::Silence)).await;
        let patience = std::time::Duration::from_millis(500);
        let seen = server.ask_for(&simulated(bedrock_target()), patience).await;
        assert_eq!(seen.outcome, Outcome::Timeout);
        assert_eq!(seen.response_text.as_deref(), Some("It"));
        assert!(seen.ttft_us.is_some());
        // The clock starts just before the send, the limit a little earlier.
        assert!((400_000..5_000_000).contains(&seen.latency_us), "{seen:?}");
    }
}
