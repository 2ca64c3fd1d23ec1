//! The schema of Text Generation Inference, over HTTP and through SageMaker alike.
//!
//! Large Model Inference, the DJL serving container, takes the same bodies. It
//! streams JSON lines instead of server-sent events and says `special_token` for
//! `special`; both are understood from either.

use serde::Serialize;

use super::{
    counts::raise,
    input::DialectInput,
    json::{self, Json},
    member::Member,
    parts,
    service_error::ServiceError,
    stream::{Event, Progress, Reader},
    unknown::Unknown,
};
use crate::{
    failure::Failure,
    model::Reply,
    stopwatch::{Kind, Stopwatch},
};

/// A request body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    inputs: &'a str,
    parameters: Parameters,
    /// For servers with one path for both ways.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Parameters {
    do_sample: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_new_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    /// Without them a server counts no tokens.
    details: bool,
}

impl<'a> Body<'a> {
    /// The body for a request. Servers refuse a temperature of 0 and a `top_p`
    /// of 1 though both have a meaning: no sampling, and no threshold.
    pub(super) fn new(input: DialectInput<'a>) -> Self {
        let completion_request = input.completion_request;
        let temperature = completion_request.temperature.filter(|value| *value > 0.0);
        let threshold = completion_request
            .top_p
            .filter(|value| *value > 0.0 && *value < 1.0);
        // Without both, the server's own defaults apply.
        let do_sample = completion_request
            .temperature
            .is_none_or(|value| value > 0.0);
        Self {
            inputs: completion_request.prompt,
            parameters: Parameters {
                do_sample,
                max_new_tokens: completion_request.max_tokens,
                temperature,
                // A threshold alone makes a server sample.
                top_p: threshold.filter(|_| do_sample),
                details: true,
            },
            stream: input.stream,
        }
    }
}

/// Reads an answer that came in one piece, bare or as the only item of a list.
pub(super) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let body = String::from_utf8_lossy(body);
    json::read(&body, |root| {
        let answer = match root {
            Json::List(answers) => answers
                .first()
                .ok_or_else(|| Failure::invalid("the answer is an empty list"))?,
            one => one,
        };
        if let Some(error) = ServiceError::of(answer, &body) {
            return Err(error.into_failure(false));
        }
        let text = answer.get(Member::GeneratedText);
        if text.is_null() {
            let error = ServiceError::of_message(answer, &body);
            let lacks = || Failure::invalid("the answer has no `generated_text`");
            return Err(error.map_or_else(lacks, |error| error.into_failure(false)));
        }
        let mut reply = Reply::default();
        parts::put(text, Kind::Visible, &mut |kind, text| {
            watch.whole(kind, text)
        })?;
        note(details(answer), &mut reply);
        Ok(reply)
    })
    .map_err(|error| Failure::invalid(format!("the answer is not a TGI answer: {error}")))?
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    reply: Reply,
    /// Tokens that have come, special ones included.
    tokens: u64,
    done: bool,
    unknown: Unknown,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let Some(data) = event.document(watch.has_tokens())? else {
            return Ok(());
        };
        json::read(data, |root| self.take(root, data, watch))
            .map_err(|error| Failure::invalid(format!("an event is not a TGI event: {error}")))?
    }

    fn progress(&self) -> Progress {
        match (self.done, self.reply.output_tokens) {
            (false, _) => Progress::Open,
            (true, None | Some(0)) => Progress::Finished,
            (true, Some(_)) => Progress::Counted,
        }
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        let broken = (!self.done).then_some("the stream ended without its final event");
        self.unknown
            .end("neither `token` nor `generated_text`", broken)?;
        Ok(self.reply)
    }
}

impl Stream {
    fn take(&mut self, root: &Json<'_>, raw: &str, watch: &mut Stopwatch) -> Result<(), Failure> {
        let root = root.items().first().unwrap_or(root);
        if let Some(error) = ServiceError::of(root, raw) {
            return Err(error.into_failure(watch.has_tokens()));
        }
        let (token, text) = (root.get(Member::Token), root.get(Member::GeneratedText));
        let details = details(root);
        let is_last = !text.is_null() || details.is_object();
        if !token.is_object() && !is_last {
            self.unknown.note(root, raw);
            return Ok(());
        }
        self.unknown.known();
        if token.is_object() {
            let is_special = [Member::Special, Member::SpecialToken]
                .iter()
                .any(|name| *token.get(*name) == Json::Bool(true));
            if !is_special {
                parts::put(token.get(Member::Text), Kind::Visible, &mut |kind, text| {
                    watch.token(kind, text)
                })?;
            }
            self.tokens += 1;
            watch.counted(self.tokens);
        }
        if !watch.has_tokens() {
            parts::put(text, Kind::Visible, &mut |kind, text| {
                watch.token(kind, text)
            })?;
        }
        if is_last {
            note(details, &mut self.reply);
            self.done = true;
        }
        Ok(())
    }
}

/// The details of an answer; of several sequences the first is the answer.
fn details<'j>(answer: &'j Json<'j>) -> &'j Json<'j> {
    answer
        .get(Member::Details)
        .items()
        .first()
        .unwrap_or(&Json::Null)
}

fn note(details: &Json<'_>, reply: &mut Reply) {
    raise(
        &mut reply.input_tokens,
        details.get(Member::InputLength).count(),
    );
    raise(
        &mut reply.output_tokens,
        details.get(Member::GeneratedTokens).count(),
    );
    if let Some(reason) = details.get(Member::FinishReason).words() {
        reply.finish_reason = Some(reason.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use bench_core::sample::Outcome;
    use serde_json::{Value, json};

    use super::*;
    use crate::{model::CompletionRequest, sse::SseDecoder};

    fn body(temperature: f64, top_p: f64) -> Value {
        let completion_request = CompletionRequest {
            max_tokens: Some(64),
            temperature: Some(temperature),
            top_p: Some(top_p),
            ..CompletionRequest::of_text("2 + 2?")
        };
        let input = DialectInput {
            completion_request: &completion_request,
            model: None,
            stream: None,
        };
        serde_json::to_value(Body::new(input)).unwrap()
    }

    fn read(stream: &str) -> (Result<Reply, Failure>, Stopwatch) {
        let mut watch = Stopwatch::new();
        let mut events = SseDecoder::new(crate::dialect::Dialect::Tgi);
        let reply = events
            .push(stream.as_bytes(), &mut watch)
            .and_then(|_| events.finish(&mut watch));
        (reply, watch)
    }

    #[test]
    fn values_that_a_server_refuses_are_left_out() {
        let parameters = |temperature, top_p| body(temperature, top_p)["parameters"].clone();
        assert_eq!(
            parameters(0.3, 0.9),
            json!({"do_sample": true, "max_new_tokens": 64, "temperature": 0.3, "top_p": 0.9,
                   "details": true})
        );
        let greedy = json!({"do_sample": false, "max_new_tokens": 64, "details": true});
        assert_eq!(parameters(0.0, 1.0), greedy);
        assert_eq!(parameters(0.0, 0.9), greedy);
        assert_eq!(parameters(0.3, 1.0).get("top_p"), None);
        assert_eq!(body(0.3, 0.9).get("stream"), None);
    }

    #[test]
    fn special_tokens_are_not_text() {
        let (reply, watch) = read(concat!(
            "data:{\"index\":1,\"token\":{\"text\":\"18\",\"special\":false}}\n\n",
            "data:{\"index\":2,\"token\":{\"text\":\"</s>\",\"special\":true},",
            "\"generated_text\":\"18\",\"details\":{\"finish_reason\":\"eos_token\",",
            "\"generated_tokens\":2,\"input_length\":9}}\n\n",
        ));
        let reply = reply.unwrap();
        assert_eq!(
            (reply.input_tokens, reply.output_tokens),
            (Some(9), Some(2))
        );
        assert_eq!(reply.finish_reason.as_deref(), Some("eos_token"));
        assert_eq!(watch.chunks(), Some(1));
        assert_eq!(watch.into_text().as_deref(), Some("18"));
    }

    #[test]
    fn a_text_that_comes_only_with_the_final_event_is_not_lost() {
        let (reply, watch) = read("{\"token\":{\"text\":\"\"},\"generated_text\":\"18\"}\n");
        assert_eq!(reply.unwrap(), Reply::default());
        assert_eq!(watch.into_text().as_deref(), Some("18"));
    }

    #[test]
    fn errors_within_a_stream_are_counted_by_type_until_a_token_has_come() {
        let error = "data:{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}\n\n";
        let failure = read(error).0.unwrap_err();
        assert_eq!(failure.outcome, Outcome::Throttled);
        assert_eq!(failure.code.as_deref(), Some("overloaded"));
        let after_token = format!("data:{{\"token\":{{\"text\":\"a\"}}}}\n\n{error}");
        assert_eq!(
            read(&after_token).0.unwrap_err().outcome,
            Outcome::StreamBroken
        );
        let generation = "{\"error\":\"CUDA error\",\"error_type\":\"generation\"}\n";
        assert_eq!(
            read(generation).0.unwrap_err().outcome,
            Outcome::ServerError
        );
    }

    #[test]
    fn a_stream_without_its_final_event_is_broken() {
        let failure = read("data:{\"token\":{\"text\":\"a\"}}\n\n").0.unwrap_err();
        assert_eq!(failure.outcome, Outcome::StreamBroken);
    }

    #[test]
    fn whole_answers_come_bare_or_in_a_list() {
        let answer = "{\"generated_text\":\"18\",\"details\":{\"finish_reason\":\"length\",\
                      \"generated_tokens\":2}}";
        for body in [answer.to_owned(), format!("[{answer}]")] {
            let mut watch = Stopwatch::new();
            let reply = whole(body.as_bytes(), &mut watch).unwrap();
            assert_eq!(reply.output_tokens, Some(2));
            assert_eq!(watch.into_text().as_deref(), Some("18"));
        }
        for body in ["[]", "{}", "{\"text\":\"18\"}", "18", "<html>"] {
            let failure = whole(body.as_bytes(), &mut Stopwatch::new()).unwrap_err();
            assert_eq!(failure.outcome, Outcome::InvalidResponse, "{body}");
        }
    }
}
