//! The operations that carry a model's own bodies, for imported models above all.

use super::Bedrock;
use crate::{
    aws::ResponseHead,
    dialect::{Dialect, DialectInput, Event, Member, Progress, Reader, read_json},
    failure::Failure,
    model::{CompletionRequest, Reply},
    stopwatch::Stopwatch,
};
use aws_sdk_bedrockruntime::{
    primitives::Blob,
    types::{PerformanceConfigLatency, ResponseStream, ServiceTierType},
};
use bench_core::sample::ErrorLayer;
use futures::stream::try_unfold;

const JSON: &str = "application/json";

/// The field that Bedrock adds to the last piece.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// The counts of the metrics object.
#[derive(Debug, Clone, Copy, Default)]
struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
    /// Milliseconds.
    invocation_latency: Option<u64>,
}

/// The request of an operation. The SDK has a type for each, and both are asked the same.
macro_rules! request {
    ($bedrock:ident, $operation:ident, $body:ident, $head:ident) => {{
        let target = &$bedrock.target;
        let tier = target.service_tier;
        let latency = target.latency;
        $bedrock
            .client
            .$operation()
            .model_id(&target.model)
            .content_type(JSON)
            .accept(JSON)
            .body($body)
            .set_service_tier(tier.map(|tier| ServiceTierType::from(tier.as_str())))
            .set_performance_config_latency(
                latency.map(|mode| PerformanceConfigLatency::from(mode.as_str())),
            )
            .customize()
            .interceptor($head.clone())
    }};
}

impl Bedrock {
    pub(super) async fn invoke_stream(
        &self,
        dialect: Dialect,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let body = self.body(dialect, completion_request)?;
        let request = request!(self, invoke_model_with_response_stream, body, head);
        let output = head.timed(watch, request.send()).await?;
        let mut pieces = Pieces::new(dialect.reader());
        let parts = try_unfold(output.body, |mut parts| async {
            Ok(parts.recv().await?.map(|part| (part, parts)))
        });
        head.consume(parts, watch, |part, watch| match part {
            ResponseStream::Chunk(part) => {
                pieces.push(part.bytes().map(AsRef::as_ref).unwrap_or_default(), watch)?;
                Ok(pieces.progress())
            }
            _ => Ok(pieces.progress()),
        })
        .await?;
        let reply = pieces
            .finish()
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }

    pub(super) async fn invoke(
        &self,
        dialect: Dialect,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let body = self.body(dialect, completion_request)?;
        let request = request!(self, invoke_model, body, head);
        let output = head.timed_whole(watch, request.send()).await?;
        let reply = dialect
            .whole(output.body().as_ref(), watch)
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }

    fn body(
        &self,
        dialect: Dialect,
        completion_request: &CompletionRequest<'_>,
    ) -> Result<Blob, Failure> {
        let input = DialectInput {
            completion_request,
            model: None,
            stream: None,
        };
        dialect.body(input, &self.shape).map(Blob::new)
    }
}

/// The pieces of a streamed answer, each a JSON document, the last with what
/// Bedrock counted.
struct Pieces {
    reader: Box<dyn Reader>,
    metrics: Metrics,
    has_metrics: bool,
}

impl Pieces {
    fn new(reader: Box<dyn Reader>) -> Self {
        Self {
            reader,
            metrics: Metrics::default(),
            has_metrics: false,
        }
    }

    fn push(&mut self, piece: &[u8], watch: &mut Stopwatch) -> Result<(), Failure> {
        let piece = String::from_utf8_lossy(piece);
        if piece.contains(METRICS) {
            self.note_metrics(&piece);
        }
        match self.reader.event(Event::Data(&piece), watch) {
            // What comes behind a whole answer and cannot be understood is not part of it.
            Err(failure)
                if failure.class == ErrorLayer::Parse && self.progress() > Progress::Open =>
            {
                Ok(())
            }
            read => read,
        }
    }

    /// How far the answer has come: the piece with Bedrock's own counts is the last.
    fn progress(&self) -> Progress {
        match self.reader.progress() {
            Progress::Finished | Progress::Counted if self.has_metrics => Progress::Done,
            progress => progress,
        }
    }

    fn note_metrics(&mut self, piece: &str) {
        let before = self.metrics;
        let noted = read_json(piece, |root| {
            let metrics = root.get(Member::InvocationMetrics);
            let now = Metrics {
                input_token_count: metrics.get(Member::InputTokenCount).count(),
                output_token_count: metrics.get(Member::OutputTokenCount).count(),
                invocation_latency: metrics.get(Member::InvocationLatency).count(),
            };
            (now, metrics.is_object())
        });
        if let Ok((now, is_there)) = noted {
            self.has_metrics |= is_there;
            self.metrics = Metrics {
                input_token_count: before.input_token_count.max(now.input_token_count),
                output_token_count: before.output_token_count.max(now.output_token_count),
                invocation_latency: before.invocation_latency.max(now.invocation_latency),
            };
        }
    }

    /// Bedrock's own counts are those it bills, so they come first; a count of 0 is
    /// none.
    fn finish(self) -> Result<Reply, Failure> {
        let mut reply = self.reader.finish()?;
        let Metrics {
            input_token_count,
            output_token_count,
            invocation_latency,
        } = self.metrics;
        let billed = |count: Option<u64>| count.filter(|count| *count > 0);
        if let Some(input) = billed(input_token_count) {
            reply.input_tokens = Some(input);
        }
        if let Some(output) = billed(output_token_count) {
            reply.output_tokens = Some(output);
        }
        if billed(input_token_count)
            .or(billed(output_token_count))
            .is_some()
        {
            // A total of the model's own is of other counts.
            reply.total_tokens = None;
        }
        reply.server_latency_us = invocation_latency
            .map(|millis| millis.saturating_mul(1_000))
            .or(reply.server_latency_us);
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::base64::encode;
    use bench_core::sample::{FinishReason, Outcome};
    use serde_json::{Value, json};

    use crate::testing::{
        Answer, End, Server, event, exception, in_one_piece, llama_target, simulated,
    };

    /// A chunk event carries its bytes in base 64.
    fn chunk(piece: &Value) -> Vec<u8> {
        event(
            "chunk",
            &json!({"bytes": encode(piece.to_string().as_bytes())}).to_string(),
        )
    }

    fn stream() -> Answer {
        Answer::status(200)
            .header("content-type", "application/vnd.amazon.eventstream")
            .header("x-amzn-bedrock-content-type", "application/json")
    }

    #[tokio::test]
    async fn counts_of_a_stream_are_its_largest() {
        let answer = stream().chunks([
            chunk(&json!({"generation": "", "prompt_token_count": 9,
                          "generation_token_count": 0, "stop_reason": null})),
            chunk(&json!({"generation": "It is ", "prompt_token_count": null,
                          "generation_token_count": 2, "stop_reason": null})),
            chunk(&json!({"generation": "4", "prompt_token_count": 0,
                          "generation_token_count": 3, "stop_reason": "stop"})),
        ]);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(llama_target())).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(seen.response_text.as_deref(), Some("It is 4"));
        assert_eq!(seen.chunks, Some(2));
        assert_eq!((seen.input_tokens, seen.output_tokens), (Some(9), Some(3)));
        assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
        assert_eq!(seen.server_latency_us, None);
        let received = &server.received()[0];
        assert_eq!(
            received.path,
            "/model/arn%3aaws%3abedrock%3aus-east-1%3a111122223333%3aimported-model%2fabc123\
             /invoke-with-response-stream"
        );
        assert_eq!(
            received.body,
            json!({"prompt": "2 + 2 = ¿?", "max_gen_len": 64, "temperature": 0.5, "top_p": 0.75})
        );
    }

    #[tokio::test]
    async fn what_bedrock_counted_itself_comes_first() {
        let metrics = json!({"inputTokenCount": 10, "outputTokenCount": 4,
                             "invocationLatency": 1500, "firstByteLatency": 200});
        let answer = stream().chunks([
            chunk(&json!({"generation": "4", "generation_token_count": 1})),
            chunk(&json!({"generation": "", "prompt_token_count": 9,
                          "generation_token_count": 3, "stop_reason": "length",
                          "amazon-bedrock-invocationMetrics": metrics})),
        ]);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(llama_target())).await;
        assert_eq!(
            (seen.input_tokens, seen.output_tokens),
            (Some(10), Some(4)),
            "{seen:?}"
        );
        assert_eq!(seen.server_latency_us, Some(1_500_000));
        assert_eq!(seen.finish_reason, Some(FinishReason::Length));
    }

    #[tokio::test]
    async fn headers_fill_in_what_an_answer_in_one_piece_lacks() {
        let body = json!({"generation": "4", "prompt_token_count": 9, "stop_reason": "stop"});
        let answer = Answer::status(200)
            .header("content-type", "application/json")
            .header("x-amzn-bedrock-output-token-count", "3")
            .header("x-amzn-bedrock-invocation-latency", "1234")
            .chunk(body.to_string());
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(in_one_piece(llama_target()))).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(seen.response_text.as_deref(), Some("4"));
        assert_eq!((seen.input_tokens, seen.output_tokens), (Some(9), Some(3)));
        assert_eq!(seen.server_latency_us, Some(1_234_000));
        assert_eq!((seen.ttft_us, seen.chunks), (None, None));
        assert!(server.received()[0].path.ends_with("/invoke"));
    }

    #[tokio::test]
    async fn a_model_that_is_being_restored_is_not_ready_and_asked_once() {
        for target in [llama_target(), in_one_piece(llama_target())] {
            let body = r#"{"message":"Model is not ready for inference."}"#;
            let answer = Answer::aws_error(429, "ModelNotReadyException", body);
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(target)).await;
            assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
            assert_eq!(server.received().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_stream_needs_a_stop_reason() {
        let piece = chunk(&json!({"generation": "It", "stop_reason": null}));
        let refused = exception("modelStreamErrorException", r#"{"message":"gone"}"#);
        for answer in [
            stream().chunk(piece.clone()),
            stream().chunk(piece.clone()).ending(End::Cut),
            stream().chunk(piece).chunk(refused),
        ] {
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(llama_target())).await;
            assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
            assert_eq!(seen.response_text.as_deref(), Some("It"));
        }
    }

    #[tokio::test]
    async fn rubbish_behind_the_answer_costs_it_nothing() {
        let last = json!({"generation": "4", "stop_reason": "stop"});
        let rubbish = event("chunk", &json!({"bytes": encode(b"\0bye")}).to_string());
        let server = Server::answering(stream().chunks([chunk(&last), rubbish.clone()])).await;
        let seen = server.call(&simulated(llama_target())).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        let server = Server::answering(stream().chunk(rubbish)).await;
        let seen = server.call(&simulated(llama_target())).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
    }

    #[tokio::test]
    async fn another_schema_is_refused() {
        let server =
            Server::answering(stream().chunk(chunk(&json!({"choices": [{"text": "4"}]})))).await;
        let seen = server.call(&simulated(llama_target())).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        let answer = Answer::status(200)
            .header("content-type", "application/json")
            .chunk(r#"{"choices":[{"text":"4"}]}"#);
        let server = Server::answering(answer).await;
        let seen = server.call(&simulated(in_one_piece(llama_target()))).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
    }
}
