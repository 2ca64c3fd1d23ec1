//! Amazon SageMaker real-time endpoints.

use aws_sdk_sagemakerruntime::{Client, primitives::Blob, types::ResponseStream};
use bench_core::{
    aws_service::AwsService,
    config::{SageMakerTarget, Target},
};
use futures::stream::try_unfold;

use crate::{
    aws::{Connections, ResponseHead, config_for},
    dialect::{BodyShape, Dialect, DialectInput, Progress},
    error::ConnectError,
    failure::Failure,
    model::{CompletionRequest, Model, Reply},
    sse::SseDecoder,
    stopwatch::Stopwatch,
    target_env::TargetEnv,
};

const JSON: &str = "application/json";

/// A model behind a SageMaker endpoint.
#[derive(Debug, Clone)]
pub struct SageMaker {
    client: Client,
    connections: Connections,
    target: SageMakerTarget,
    shape: BodyShape,
    stream: bool,
}

impl SageMaker {
    /// The client for a model of `target`'s service, which is `sagemaker`.
    pub(crate) async fn connect(
        sagemaker: &SageMakerTarget,
        target: &Target,
        env: &TargetEnv,
    ) -> Result<Self, ConnectError> {
        let config = config_for(AwsService::SageMakerRuntime, target, env).await?;
        Ok(Self {
            client: Client::new(&config),
            connections: Connections::default(),
            target: sagemaker.clone(),
            shape: BodyShape::of(target),
            stream: target.stream,
        })
    }

    fn dialect(&self) -> Dialect {
        self.target.request.into()
    }

    async fn streamed(&self, body: Blob, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let request = self
            .client
            .invoke_endpoint_with_response_stream()
            .endpoint_name(&self.target.endpoint)
            .set_inference_component_name(self.target.inference_component.clone())
            .set_target_variant(self.target.target_variant.clone())
            .content_type(JSON)
            .body(body)
            .customize()
            .interceptor(head.clone());
        let output = head.timed(watch, request.send()).await?;
        let mut events = SseDecoder::new(self.dialect());
        let parts = try_unfold(output.body, |mut parts| async {
            Ok(parts.recv().await?.map(|part| (part, parts)))
        });
        head.consume(parts, watch, |part, watch| match part {
            ResponseStream::PayloadPart(part) => {
                events.push(part.bytes().map(AsRef::as_ref).unwrap_or_default(), watch)
            }
            _ => Ok(Progress::Open),
        })
        .await?;
        let reply = events
            .finish(watch)
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }

    async fn whole(&self, body: Blob, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        let head = ResponseHead::new(&self.connections);
        let request = self
            .client
            .invoke_endpoint()
            .endpoint_name(&self.target.endpoint)
            .set_inference_component_name(self.target.inference_component.clone())
            .set_target_variant(self.target.target_variant.clone())
            .content_type(JSON)
            .accept(JSON)
            .body(body)
            .customize()
            .interceptor(head.clone());
        let output = head.timed_whole(watch, request.send()).await?;
        let body = output.body().map(AsRef::as_ref).unwrap_or_default();
        let reply = self
            .dialect()
            .whole(body, watch)
            .map_err(|failure| failure.with_status(head.status()))?;
        Ok(head.complete(reply))
    }
}

impl Model for SageMaker {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let input = DialectInput {
            completion_request,
            model: None,
            stream: Some(self.stream),
        };
        let body = Blob::new(self.dialect().body(input, &self.shape)?);
        if self.stream {
            self.streamed(body, watch).await
        } else {
            self.whole(body, watch).await
        }
    }
}

#[cfg(test)]
mod tests {
    use bench_core::sample::{FinishReason, Outcome};
    use serde_json::json;

    use crate::testing::{
        Answer, End, Server, exception, in_one_piece, payload_part, sagemaker_target, simulated,
        unused_url,
    };

    const TOKEN: &str =
        "data:{\"index\":1,\"token\":{\"id\":5,\"text\":\"dós \",\"special\":false}}\n\n";
    const LAST: &str = "data:{\"index\":2,\"token\":{\"id\":6,\"text\":\"y 4\"},\
         \"generated_text\":\"dós y 4\",\"details\":{\"finish_reason\":\"eos_token\",\
         \"generated_tokens\":3,\"input_length\":11}}\n\n";

    fn stream() -> Answer {
        Answer::status(200).header("content-type", "application/vnd.amazon.eventstream")
    }

    #[tokio::test]
    async fn parts_may_end_anywhere_even_within_a_character() {
        let text = format!("{TOKEN}{LAST}");
        let bytes = text.as_bytes();
        let within_character = text.find('ó').unwrap() + 1;
        assert!(!text.is_char_boundary(within_character));
        let (first, rest) = bytes.split_at(within_character);
        let (second, third) = rest.split_at(rest.len() - 40);
        let server =
            Server::answering(stream().chunks([first, second, third].map(payload_part))).await;
        let seen = server.call(&simulated(sagemaker_target())).await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!(seen.response_text.as_deref(), Some("dós y 4"));
        assert_eq!(seen.response_chars, Some(7));
        assert_eq!(seen.chunks, Some(2));
        assert_eq!((seen.input_tokens, seen.output_tokens), (Some(11), Some(3)));
        assert_eq!(seen.finish_reason, Some(FinishReason::Stop));
        assert_eq!(seen.http_status, Some(200));
        let received = &server.received()[0];
        assert_eq!(
            received.path,
            "/endpoints/deepseek-8b/invocations-response-stream"
        );
        assert_eq!(
            received.body,
            json!({"inputs": "2 + 2 = ¿?", "stream": true,
                   "parameters": {"do_sample": true, "max_new_tokens": 64, "temperature": 0.5,
                                  "top_p": 0.75, "details": true}})
        );
    }

    #[tokio::test]
    async fn an_answer_in_one_piece_is_a_list() {
        let body = json!([{"generated_text": "4", "details": {"finish_reason": "length",
                           "generated_tokens": 64, "prefill": [], "tokens": []}}]);
        let server = Server::answering(Answer::status(200).chunk(body.to_string())).await;
        let seen = server
            .call(&simulated(in_one_piece(sagemaker_target())))
            .await;
        assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
        assert_eq!((seen.input_tokens, seen.output_tokens), (None, Some(64)));
        assert_eq!((seen.ttft_us, seen.chunks), (None, None));
        assert_eq!(seen.response_text.as_deref(), Some("4"));
        let received = &server.received()[0];
        assert_eq!(received.path, "/endpoints/deepseek-8b/invocations");
        assert_eq!(received.body["stream"], false);
    }

    #[tokio::test]
    async fn the_status_of_the_container_tells_whose_fault_it_was() {
        for (body, outcome) in [
            (
                json!({"OriginalStatusCode": 422, "Message": "too long"}),
                Outcome::ClientError,
            ),
            (
                json!({"OriginalStatusCode": 429, "Message": "too long"}),
                Outcome::Throttled,
            ),
            (
                json!({"OriginalStatusCode": 500, "Message": "too long"}),
                Outcome::ServerError,
            ),
            (
                json!({"OriginalStatusCode": 0, "Message": "too long"}),
                Outcome::ServerError,
            ),
            (json!({"Message": "too long"}), Outcome::ServerError),
            (
                json!({"OriginalStatusCode": 0, "Message": "Your invocation timed out while \
                    waiting for a response from container primary."}),
                Outcome::Timeout,
            ),
        ] {
            let answer = Answer::aws_error(424, "ModelError", &body.to_string());
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(sagemaker_target())).await;
            assert_eq!(seen.outcome, outcome, "{seen:?}");
            assert_eq!(seen.error_code.as_deref(), Some("ModelError"));
            assert_eq!(seen.error_message.as_deref(), body["Message"].as_str());
            assert_eq!(seen.http_status, Some(424));
        }
    }

    #[tokio::test]
    async fn one_call_is_one_request_whatever_the_answer() {
        for (status, code, outcome) in [
            (429, "ModelNotReadyException", Outcome::NotReady),
            (429, "ThrottlingException", Outcome::Throttled),
            (503, "ServiceUnavailable", Outcome::ServerError),
            (500, "InternalFailure", Outcome::ServerError),
            (530, "InternalDependencyException", Outcome::ServerError),
            (400, "ValidationError", Outcome::ClientError),
        ] {
            for target in [sagemaker_target(), in_one_piece(sagemaker_target())] {
                let answer = Answer::aws_error(status, code, r#"{"Message":"not now"}"#);
                let server = Server::answering(answer).await;
                let seen = server.call(&simulated(target)).await;
                assert_eq!(seen.outcome, outcome, "{seen:?}");
                assert_eq!(seen.error_code.as_deref(), Some(code));
                assert_eq!(server.received().len(), 1, "{code}");
            }
        }
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_broken_and_keeps_its_text() {
        let too_long = exception(
            "ModelStreamError",
            r#"{"Message":"took too long","ErrorCode":"ModelInvocationTimeExceeded"}"#,
        );
        let token = || stream().chunk(payload_part(TOKEN.as_bytes()));
        for (answer, code) in [
            (token(), None),
            (token().chunk(payload_part(&LAST.as_bytes()[..30])), None),
            (token().ending(End::Cut), None),
            (
                token().chunk(too_long.clone()),
                Some("ModelInvocationTimeExceeded"),
            ),
        ] {
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(sagemaker_target())).await;
            assert_eq!(seen.outcome, Outcome::StreamBroken, "{seen:?}");
            assert_eq!(seen.error_code.as_deref(), code);
            assert_eq!(seen.response_text.as_deref(), Some("dós "));
        }
        let server = Server::answering(stream().chunk(too_long)).await;
        let seen = server.call(&simulated(sagemaker_target())).await;
        assert_eq!(seen.outcome, Outcome::Timeout, "{seen:?}");
        assert_eq!(seen.error_message.as_deref(), Some("took too long"));
    }

    #[tokio::test]
    async fn nothing_listening_is_not_ready_and_silence_is_a_timeout() {
        let target = simulated(sagemaker_target());
        let timeout = std::time::Duration::from_millis(500);
        let seen = crate::testing::call_at(&unused_url().await, &target, timeout).await;
        assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
        let server = Server::answering(stream().ending(End::Silence)).await;
        let seen = server.call_with_timeout(&target, timeout).await;
        assert_eq!((seen.outcome, seen.response_text), (Outcome::Timeout, None));
        assert_eq!(server.received().len(), 1);
    }
}
