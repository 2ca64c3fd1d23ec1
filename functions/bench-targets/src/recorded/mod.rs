//! Answers of the simulator byte by byte, for the tests of what reads them.

mod hostile;
#[path = "../../tests/faults/kinds.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod kinds;
mod splits;

use std::time::Duration;

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use bench_core::{
    config::Target,
    sample::{Outcome, Sample},
};
use kinds::{Kind, Request};
use simulator::{Settings, Simulator};

use crate::{
    AnyModel, CompletionRequest, Limit, TargetEnv, connect,
    dialect::Dialect,
    measure,
    testing::{Answer, REQUEST, Server},
};

/// Nothing takes so long.
const TIMEOUT: Limit = Limit {
    after: Duration::from_secs(20),
    outcome: Outcome::Timeout,
};

/// The most tokens of a recorded answer: enough for a tag, yet few split positions.
const TOKENS: u32 = 8;

/// Model ids: two whose answers begin with reasoning and stop at the token limit, and
/// one whose answer ends by itself.
const NAMES: [&str; 3] = [
    "simulate-think",
    "simulate-reasoning",
    "simulate-tokens-8-every-1ms",
];

/// The body of an answer, and what a client made of it.
#[derive(Debug, Clone)]
struct Recorded {
    kind: Kind,
    target: Target,
    body: Vec<u8>,
    seen: Sample,
}

/// A simulator whose answers come at once.
async fn simulator() -> Simulator {
    let settings = Settings {
        time_scale: 10_000.0,
        accuracy: 1.0,
        ..Settings::default()
    };
    Simulator::start(settings).await.unwrap()
}

/// The client of a target that is reached at `url`.
async fn client(url: &str, target: &Target) -> AnyModel {
    let env = TargetEnv {
        simulator_url: Some(url.to_owned()),
        ..TargetEnv::default()
    };
    connect(target, &env, None).await.unwrap()
}

impl Recorded {
    /// An answer with characters of several bytes.
    async fn of(simulator: &Simulator, kind: Kind, names: &str) -> Self {
        for number in 0..100 {
            let recorded = Self::once(simulator, kind, names, number).await;
            let text = recorded.seen.response_text.as_deref();
            if text.is_some_and(|text| !text.is_ascii()) {
                return recorded;
            }
        }
        panic!("{kind} {names}: no answer has a character of several bytes");
    }

    /// Sends what the client would send, and keeps what comes back.
    async fn once(simulator: &Simulator, kind: Kind, names: &str, number: u32) -> Self {
        let target = kind.target(names);
        let completion_request = CompletionRequest {
            prompt: &format!("2 + {number} = ¿?"),
            max_tokens: Some(TOKENS),
            ..REQUEST
        };
        let server = Server::closing().await;
        measure(
            &client(&server.url, &target).await,
            &completion_request,
            TIMEOUT,
            Sample::default(),
        )
        .await;
        let request = server.received().remove(0);
        let response = reqwest::Client::new()
            .post(format!("{}{}", simulator.url(), request.path))
            .json(&request.body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{kind}");
        let body = response.bytes().await.unwrap().to_vec();
        let server = Server::answering(Self::answer(kind, [body.clone()])).await;
        let seen = measure(
            &client(&server.url, &target).await,
            &completion_request,
            TIMEOUT,
            Sample::default(),
        )
        .await;
        assert_eq!(seen.outcome, Outcome::Ok, "{kind} {seen:?}");
        Self {
            kind,
            target,
            body,
            seen,
        }
    }

    /// The lines of a stream, out of the frames in which SageMaker sends them.
    fn lines(&self) -> Vec<u8> {
        if !self.kind.is_in_frames() {
            return self.body.clone();
        }
        let mut lines = Vec::new();
        let (mut decoder, mut rest) = (MessageFrameDecoder::new(), self.body.as_slice());
        while let DecodedFrame::Complete(frame) = decoder.decode_frame(&mut rest).unwrap() {
            lines.extend_from_slice(frame.payload());
        }
        lines
    }

    /// An answer of a kind with any body, in pieces.
    fn answer<B: Into<Vec<u8>>>(kind: Kind, pieces: impl IntoIterator<Item = B>) -> Answer {
        let content = match (kind.stream, kind.is_in_frames()) {
            (true, true) => "application/vnd.amazon.eventstream",
            (true, false) => "text/event-stream",
            (false, _) => "application/json",
        };
        // An empty piece would be the end of the body.
        let pieces = pieces.into_iter().map(Into::into);
        Answer::status(200)
            .header("content-type", content)
            .chunks(pieces.filter(|piece: &Vec<u8>| !piece.is_empty()))
    }
}

/// How the bodies of a request kind are understood; `None` for Converse.
fn dialect(kind: Kind) -> Option<Dialect> {
    match kind.request {
        Request::Bedrock(request) | Request::BedrockApi(.., request) => {
            Dialect::of_bedrock(request)
        }
        Request::SageMakerApi => Some(Dialect::OpenAiChat),
        Request::SageMaker(request) => Some(request.into()),
        Request::Http(request) => Some(request.into()),
    }
}
