//! The schema of Text Generation Inference, over HTTP and through SageMaker alike.
//!
//! Large Model Inference, the DJL serving container, takes the same bodies. It
//! streams JSON lines instead of server-sent events and says `special_token` for
//! `special`; both are understood from either.

use bench_core::sample::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    input::DialectInput,
    openai::stream_failure,
    stream::{Event, Progress, Reader},
};
use crate::{
    failure::{Failure, outcome_of_status},
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

/// One event of a stream, or a whole answer, or an error in place of either.
#[derive(Debug, Deserialize)]
struct Answer {
    token: Option<Token>,
    generated_text: Option<String>,
    details: Option<Details>,
    error: Option<Value>,
    error_type: Option<String>,
    /// The HTTP status that LMI would have sent.
    code: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct Token {
    #[serde(default)]
    text: String,
    #[serde(default, alias = "special_token")]
    special: bool,
}

#[derive(Debug, Deserialize)]
struct Details {
    finish_reason: Option<String>,
    generated_tokens: Option<u64>,
    input_length: Option<u64>,
}

/// A whole answer comes bare or as the only item of a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Whole {
    List(Vec<Answer>),
    One(Answer),
}

/// Reads an answer that came in one piece.
pub(super) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let whole: Whole = serde_json::from_slice(body)
        .map_err(|error| Failure::invalid(format!("the answer is no TGI answer: {error}")))?;
    let answer = match whole {
        Whole::One(answer) => answer,
        Whole::List(answers) => answers
            .into_iter()
            .next()
            .ok_or_else(|| Failure::invalid("the answer is an empty list"))?,
    };
    if let Some(failure) = answer.failure(false) {
        return Err(failure);
    }
    let text = answer
        .generated_text
        .ok_or_else(|| Failure::invalid("the answer has no `generated_text`"))?;
    watch.whole(Kind::Visible, &text)?;
    Ok(answer
        .details
        .map_or_else(Reply::default, Details::into_reply))
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    reply: Option<Reply>,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let data = match event {
            Event::Data(data) => data,
            Event::Done => return Ok(()),
            Event::Error(error) => return Err(stream_failure(error, watch.has_tokens())),
        };
        let answer: Answer = serde_json::from_str(data)
            .map_err(|error| Failure::invalid(format!("an event is no TGI event: {error}")))?;
        if let Some(failure) = answer.failure(watch.has_tokens()) {
            return Err(failure);
        }
        let is_last = answer.generated_text.is_some() || answer.details.is_some();
        if answer.token.is_none() && !is_last {
            return Err(Failure::invalid(
                "an event has neither `token` nor `generated_text`",
            ));
        }
        if let Some(token) = answer.token.filter(|token| !token.special) {
            watch.token(Kind::Visible, &token.text)?;
        }
        if let Some(text) = answer.generated_text
            && !watch.has_tokens()
        {
            watch.token(Kind::Visible, &text)?;
        }
        if is_last {
            self.reply = Some(
                answer
                    .details
                    .map_or_else(Reply::default, Details::into_reply),
            );
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        match &self.reply {
            None => Progress::Open,
            Some(reply) if reply.output_tokens.is_none() => Progress::Finished,
            Some(_) => Progress::Counted,
        }
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        self.reply
            .ok_or_else(|| Failure::broken("the stream ended without its final event"))
    }
}

impl Answer {
    fn failure(&self, has_tokens: bool) -> Option<Failure> {
        let message = match self.error.as_ref()? {
            Value::String(message) => message.clone(),
            other => other.to_string(),
        };
        let outcome = match self.error_type.as_deref() {
            Some("overloaded") => Outcome::Throttled,
            Some("validation") => Outcome::ClientError,
            _ => self.code.map_or(Outcome::ServerError, outcome_of_status),
        };
        Some(Failure::in_stream(
            outcome,
            has_tokens,
            self.error_type.clone(),
            message,
        ))
    }
}

impl Details {
    fn into_reply(self) -> Reply {
        Reply {
            input_tokens: self.input_length,
            output_tokens: self.generated_tokens,
            finish_reason: self.finish_reason,
            ..Reply::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{model::CompletionRequest, sse::SseDecoder};

    fn body(temperature: f64, top_p: f64) -> Value {
        let completion_request = CompletionRequest {
            prompt: "2 + 2?",
            max_tokens: Some(64),
            temperature: Some(temperature),
            top_p: Some(top_p),
            cache_salt: None,
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
        let mut events = SseDecoder::new(Box::new(Stream::default()));
        let reply = events
            .push(stream.as_bytes(), &mut watch)
            .and_then(|()| events.finish(&mut watch));
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
