//! Answers that are whole though a strict reader would refuse them, through every
//! carrier that can bring them.

mod contents;
mod endings;
mod framing;
mod transport;

use std::time::{Duration, Instant};

use bench_core::{
    config::{HttpRequest, SageMakerApi, SageMakerRequest, SageMakerTarget, Service, Target},
    sample::{Outcome, Sample},
};

use crate::{
    AnyModel, Limit, TargetEnv, connect, measure,
    testing::{
        Answer, End, REQUEST, Server, http_target, payload_part, sagemaker_target, simulated,
    },
};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Way in which the same bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Http,
    SageMaker,
}

const CARRIERS: [Carrier; 2] = [Carrier::Http, Carrier::SageMaker];

impl Carrier {
    fn chat(self) -> Target {
        match self {
            Self::Http => simulated(http_target(HttpRequest::OpenAiChat)),
            Self::SageMaker => simulated(Target {
                service: Service::SageMaker(SageMakerTarget {
                    endpoint: "chat".to_owned(),
                    api: SageMakerApi::Native,
                    request: SageMakerRequest::OpenAiChat,
                    inference_component: None,
                    target_variant: None,
                }),
                ..sagemaker_target()
            }),
        }
    }

    fn tgi(self) -> Target {
        match self {
            Self::Http => simulated(http_target(HttpRequest::Tgi)),
            Self::SageMaker => simulated(sagemaker_target()),
        }
    }

    /// Bytes as this carrier brings them.
    fn piece(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Http => bytes.to_vec(),
            Self::SageMaker => payload_part(bytes),
        }
    }

    fn answer<B: AsRef<[u8]>>(self, pieces: impl IntoIterator<Item = B>) -> Answer {
        let content = match self {
            Self::Http => "text/event-stream",
            Self::SageMaker => "application/vnd.amazon.eventstream",
        };
        Answer::status(200)
            .header("content-type", content)
            .chunks(pieces.into_iter().map(|piece| self.piece(piece.as_ref())))
    }
}

/// A client whose calls share connections.
async fn client(server: &Server, target: &Target) -> AnyModel {
    let env = TargetEnv {
        simulator_url: Some(server.url.clone()),
        ..TargetEnv::default()
    };
    connect(target, &env, None).await.unwrap()
}

/// One call, and how long it took with all that was waited for.
async fn timed_call(model: &AnyModel) -> (Sample, Duration) {
    let start = Instant::now();
    let limit = Limit::timeout(TIMEOUT);
    let seen = measure(model, &REQUEST, limit, Sample::default()).await;
    (seen, start.elapsed())
}

/// An event of a chat's stream with text.
fn text(text: &str) -> String {
    let content = serde_json::Value::from(text);
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{content}}}}}]}}\n\n")
}

const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// The sample is of the answer `It is 4` with its counts.
fn assert_whole(seen: &Sample, context: &str) {
    assert_eq!(seen.outcome, Outcome::Ok, "{context}: {seen:?}");
    assert_eq!(seen.response_text.as_deref(), Some("It is 4"), "{context}");
    let counts = (seen.input_tokens, seen.output_tokens);
    assert_eq!(counts, (Some(9), Some(3)), "{context}");
}
