//! The Converse operations.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConverseOutput, ConverseStreamOutput,
    InferenceConfiguration, Message, PerformanceConfiguration, ReasoningContentBlock,
    ReasoningContentBlockDelta, ServiceTier, SystemContentBlock, TokenUsage,
};
use bench_core::message::{self, Role};
use futures::stream::try_unfold;

use super::Bedrock;
use crate::{
    aws::ResponseHead,
    dialect::{Progress, raise},
    failure::Failure,
    model::{CompletionRequest, Instead, Reply},
    stopwatch::{Kind, Stopwatch},
};

/// The request of an operation. The SDK has a type for each, and both are asked the same.
macro_rules! request {
    ($bedrock:ident, $operation:ident, $completion_request:ident, $head:ident) => {
        $bedrock
            .client
            .$operation()
            .model_id(&$bedrock.target.model)
            .set_system(system($completion_request))
            .set_messages(Some(conversation($completion_request)?))
            .inference_config(inference($completion_request))
            .set_additional_model_request_fields($bedrock.shape.additional_fields())
            .set_service_tier($bedrock.tier()?)
            .set_performance_config($bedrock.performance())
            .customize()
            .interceptor($head.clone())
    };
}

impl Bedrock {
    pub(super) async fn converse_stream(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let request = request!(self, converse_stream, completion_request, head);
        let output = head.timed(watch, request.send()).await?;
        let mut reply = Reply::default();
        let mut progress = Progress::Open;
        let parts = try_unfold(output.stream, |mut parts| async {
            Ok(parts.recv().await?.map(|part| (part, parts)))
        });
        head.consume(parts, watch, |part, watch| {
            read(&part, &mut reply, watch)?;
            progress = progress.max(progress_of(&part, &reply));
            Ok(progress)
        })
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
        let request = request!(self, converse, completion_request, head);
        let output = head.timed_whole(watch, request.send()).await?;
        let Some(ConverseOutput::Message(message)) = output.output() else {
            let failure = Failure::invalid("the answer has no `output.message`");
            return Err(failure.with_status(head.status()));
        };
        let mut instead = None;
        for block in message.content() {
            match block {
                ContentBlock::Text(text) => watch.whole(Kind::Visible, text),
                ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(text)) => {
                    watch.whole(Kind::Reasoning, text.text())
                }
                ContentBlock::ToolUse(_) => {
                    instead = Some(Instead::ToolCall);
                    Ok(())
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
            instead,
            ..Reply::default()
        };
        count(output.usage(), &mut reply);
        Ok(head.complete(reply))
    }

    fn tier(&self) -> Result<Option<ServiceTier>, Failure> {
        let tier = |name: &str| ServiceTier::builder().r#type(name.into()).build();
        self.target
            .service_tier
            .map(|input| tier(input.as_str()))
            .transpose()
            .map_err(|error| Failure::invalid(error.to_string()))
    }

    fn performance(&self) -> Option<PerformanceConfiguration> {
        self.target.latency.map(|mode| {
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
        ConverseStreamOutput::ContentBlockStart(event) => {
            if let Some(ContentBlockStart::ToolUse(_)) = event.start() {
                reply.instead = Some(Instead::ToolCall);
            }
        }
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

/// How far an answer has come by an event: `messageStop` ends it, and `metadata` with its
/// counts follows.
fn progress_of(event: &ConverseStreamOutput, reply: &Reply) -> Progress {
    match event {
        ConverseStreamOutput::MessageStop(_) => Progress::Finished,
        ConverseStreamOutput::Metadata(_) if reply.finish_reason.is_some() => Progress::Done,
        _ => Progress::Open,
    }
}

/// The system messages, which Converse has in a place of their own; `None` without any.
fn system(completion_request: &CompletionRequest<'_>) -> Option<Vec<SystemContentBlock>> {
    let messages = completion_request.messages.iter();
    let texts: Vec<_> = messages
        .filter(|message| message.role == Role::System)
        .map(|message| SystemContentBlock::Text(message.content.clone()))
        .collect();
    (!texts.is_empty()).then_some(texts)
}

/// The other messages. Those of one author behind each other are one, since Converse wants
/// authors to take turns.
fn conversation(completion_request: &CompletionRequest<'_>) -> Result<Vec<Message>, Failure> {
    let text = [message::Message::new(Role::User, completion_request.prompt)];
    let messages = match completion_request.messages {
        [] => &text[..],
        messages => messages,
    };
    let turns: Vec<_> = messages
        .iter()
        .filter(|message| message.role != Role::System)
        .collect();
    turns
        .chunk_by(|one, next| one.role == next.role)
        .map(|of_one| {
            let texts = of_one.iter().map(|message| message.content.clone());
            Message::builder()
                .role(of_one[0].role.as_str().into())
                .set_content(Some(texts.map(ContentBlock::Text).collect()))
                .build()
                .map_err(|error| Failure::invalid(error.to_string()))
        })
        .collect()
}

fn inference(completion_request: &CompletionRequest<'_>) -> InferenceConfiguration {
    InferenceConfiguration::builder()
        .set_max_tokens(
            completion_request
                .max_tokens
                .map(|tokens| i32::try_from(tokens).unwrap_or(i32::MAX)),
        )
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
        let (input, output) = (whole(usage.input_tokens()), whole(usage.output_tokens()));
        let cached = read.unwrap_or(0) + written.unwrap_or(0);
        raise(&mut reply.input_tokens, input.map(|input| input + cached));
        raise(&mut reply.output_tokens, output);
        raise(&mut reply.cached_input_tokens, read);
        // Whether the total has the tokens of the cache differs between models.
        let total = whole(usage.total_tokens());
        let without_cache = total.is_some() && total == input.zip(output).map(|(i, o)| i + o);
        let cached = if without_cache { cached } else { 0 };
        raise(&mut reply.total_tokens, total.map(|total| total + cached));
    }
}

fn millis(millis: i64) -> Option<u64> {
    u64::try_from(millis)
        .ok()
        .map(|millis| millis.saturating_mul(1_000))
}

#[cfg(test)]
mod tests;
