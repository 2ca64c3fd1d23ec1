//! A running simulator, requests to it, and readers of what it sends.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use bench_core::{
    config::PromptStyle,
    dataset::{self, Prompt},
};
use reqwest::{Client, Response};
use serde_json::Value;
use simulator::{Settings, Simulator, ledger::Call};

use crate::raw::PATIENCE;

pub(crate) const ARN: &str =
    "arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Aimported-model%2Fabc123";

/// A simulator and a client for it.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    client: Client,
}

/// One that answers in some ten milliseconds, and always right.
pub(crate) async fn start() -> Bench {
    start_with(Settings {
        time_scale: 2_000.0,
        accuracy: 1.0,
        ..Settings::default()
    })
    .await
}

pub(crate) async fn start_with(settings: Settings) -> Bench {
    let simulator = Simulator::start(settings)
        .await
        .expect("the simulator starts");
    let client = Client::builder().no_proxy().build().expect("a client");
    Bench { simulator, client }
}

impl Bench {
    pub(crate) async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.simulator.url());
        self.client.get(url).send().await.expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}{path}", self.simulator.url());
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json");
        request
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    /// The ground truth once so many calls have ended.
    pub(crate) async fn calls(&self, count: usize) -> Vec<Call> {
        let ended = tokio::time::timeout(PATIENCE, self.simulator.ended(count)).await;
        ended.unwrap_or_else(|_| {
            let calls = self.simulator.calls().len();
            panic!("{calls} of {count} calls ended")
        })
    }
}

pub(crate) fn prompt(place: usize) -> Prompt {
    dataset::parse("builtin", dataset::BUILTIN)
        .expect("built-in problems")
        .prompts[place]
        .clone()
}

/// The text of a built-in prompt with the request for an answer line.
pub(crate) fn prompt_text(place: usize) -> String {
    prompt(place).text(PromptStyle::AnswerLine)
}

/// The line that a correct answer to it ends in.
pub(crate) fn answer_line(place: usize) -> String {
    format!(
        "\n#### {}",
        prompt(place).expected_answer.expect("an answer")
    )
}

pub(crate) async fn json(response: Response) -> Value {
    let bytes = response.bytes().await.expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Every frame of an event stream.
pub(crate) async fn frames(response: Response) -> Vec<Message> {
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.amazon.eventstream"
    );
    let mut bytes = response.bytes().await.expect("a whole stream");
    let mut decoder = MessageFrameDecoder::new();
    let mut messages = Vec::new();
    while let DecodedFrame::Complete(message) =
        decoder.decode_frame(&mut bytes).expect("a sound frame")
    {
        messages.push(message);
    }
    assert!(bytes.is_empty());
    messages
}

pub(crate) fn header<'a>(message: &'a Message, name: &str) -> &'a str {
    let mut headers = message.headers().iter();
    let header = headers.find(|header| header.name().as_str() == name);
    let value = header.and_then(|header| header.value().as_string().ok());
    value.map_or("", |value| value.as_str())
}

/// The JSON payload of a frame.
pub(crate) fn payload(message: &Message) -> Value {
    serde_json::from_slice(message.payload()).expect("a JSON payload")
}

/// The data of every server-sent event.
pub(crate) fn events(text: &str) -> Vec<&str> {
    assert!(text.ends_with("\n\n"));
    let events = text.split("\n\n").filter(|event| !event.is_empty());
    events
        .map(|event| {
            event
                .strip_prefix("data:")
                .expect("a data line")
                .trim_start()
        })
        .collect()
}

pub(crate) fn parsed(event: &str) -> Value {
    serde_json::from_str(event).expect("a JSON event")
}
