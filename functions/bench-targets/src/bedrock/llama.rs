//! The Llama body, native to imported models of that family.

use aws_sdk_bedrockruntime::{primitives::Blob, types::ResponseStream};
use serde::{Deserialize, Serialize};

use super::Bedrock;
use crate::{
    aws::{AnswerHead, of_call, of_stream},
    failure::Failure,
    model::{Question, Reply},
    stopwatch::{Kind, Stopwatch},
};

const JSON: &str = "application/json";

#[derive(Debug, Serialize)]
struct Body<'a> {
    prompt: &'a str,
    max_gen_len: u32,
    temperature: f64,
    top_p: f64,
}

/// A whole answer or one piece of it.
#[derive(Debug, Deserialize)]
struct Answer {
    generation: Option<String>,
    prompt_token_count: Option<u64>,
    generation_token_count: Option<u64>,
    stop_reason: Option<String>,
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
}

/// What Bedrock adds to the last piece.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
    /// Milliseconds.
    invocation_latency: Option<u64>,
}

impl Bedrock {
    pub(super) async fn llama_stream(
        &self,
        question: &Question<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = AnswerHead::default();
        let request = self
            .client
            .invoke_model_with_response_stream()
            .model_id(&self.model)
            .content_type(JSON)
            .accept(JSON)
            .body(body(question)?)
            .customize()
            .interceptor(head.clone());
        watch.start();
        let mut output = request.send().await.map_err(|error| of_call(&error))?;
        head.expect_event_stream()?;
        let mut pieces = Pieces::default();
        while let Some(event) = output
            .body
            .recv()
            .await
            .map_err(|error| of_stream(&error, watch.has_tokens(), head.status()))?
        {
            if let ResponseStream::Chunk(part) = event {
                let bytes = part.bytes().map(AsRef::as_ref).unwrap_or_default();
                pieces
                    .push(bytes, watch)
                    .map_err(|failure| failure.with_status(head.status()))?;
            }
        }
        watch.end();
        let reply = pieces
            .finish()
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }

    pub(super) async fn llama(
        &self,
        question: &Question<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let head = AnswerHead::default();
        let request = self
            .client
            .invoke_model()
            .model_id(&self.model)
            .content_type(JSON)
            .accept(JSON)
            .body(body(question)?)
            .customize()
            .interceptor(head.clone());
        watch.start();
        let output = request.send().await.map_err(|error| of_call(&error))?;
        watch.end();
        let reply = whole(output.body().as_ref(), watch)
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }
}

fn body(question: &Question<'_>) -> Result<Blob, Failure> {
    let body = Body {
        prompt: question.prompt,
        max_gen_len: question.max_tokens,
        temperature: question.temperature,
        top_p: question.top_p,
    };
    serde_json::to_vec(&body)
        .map(Blob::new)
        .map_err(|error| Failure::invalid(error.to_string()))
}

fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let answer = parse(body)?;
    let text = answer
        .generation
        .as_deref()
        .ok_or_else(|| Failure::invalid("the answer has no `generation`"))?;
    watch.whole(Kind::Visible, text);
    let mut reply = Reply::default();
    answer.count(&mut reply);
    Ok(reply)
}

/// The pieces of a streamed answer.
#[derive(Debug, Default)]
struct Pieces {
    reply: Reply,
}

impl Pieces {
    fn push(&mut self, piece: &[u8], watch: &mut Stopwatch) -> Result<(), Failure> {
        let piece = parse(piece)?;
        if let Some(text) = &piece.generation {
            watch.token(Kind::Visible, text);
        } else if piece.stop_reason.is_none() && piece.metrics.is_none() {
            return Err(Failure::invalid(
                "a piece has neither `generation` nor `stop_reason`",
            ));
        }
        piece.count(&mut self.reply);
        Ok(())
    }

    fn finish(self) -> Result<Reply, Failure> {
        if self.reply.finish_reason.is_none() {
            return Err(Failure::broken("the stream ended without `stop_reason`"));
        }
        Ok(self.reply)
    }
}

impl Answer {
    /// Pieces count up as they go, and some say 0 or nothing: the largest
    /// number is the whole. What Bedrock counted itself is what it bills.
    fn count(self, reply: &mut Reply) {
        reply.input_tokens = reply.input_tokens.max(self.prompt_token_count);
        reply.output_tokens = reply.output_tokens.max(self.generation_token_count);
        if let Some(metrics) = self.metrics {
            reply.input_tokens = metrics.input_token_count.or(reply.input_tokens);
            reply.output_tokens = metrics.output_token_count.or(reply.output_tokens);
            reply.server_latency_us = metrics
                .invocation_latency
                .map(|millis| millis.saturating_mul(1_000));
        }
        if self.stop_reason.is_some() {
            reply.finish_reason = self.stop_reason;
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Answer, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::invalid(format!("the answer is no Llama answer: {error}")))
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
        let seen = server.ask(&simulated(llama_target())).await;
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
        let seen = server.ask(&simulated(llama_target())).await;
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
        let seen = server.ask(&simulated(in_one_piece(llama_target()))).await;
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
            let seen = server.ask(&simulated(target)).await;
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
            let seen = server.ask(&simulated(llama_target())).await;
            assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
            assert_eq!(seen.response_text.as_deref(), Some("It"));
        }
    }

    #[tokio::test]
    async fn another_schema_is_refused() {
        let server =
            Server::answering(stream().chunk(chunk(&json!({"choices": [{"text": "4"}]})))).await;
        let seen = server.ask(&simulated(llama_target())).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
        let answer = Answer::status(200)
            .header("content-type", "application/json")
            .chunk(r#"{"choices":[{"text":"4"}]}"#);
        let server = Server::answering(answer).await;
        let seen = server.ask(&simulated(in_one_piece(llama_target()))).await;
        assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
    }
}
