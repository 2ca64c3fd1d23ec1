//! The schemas that OpenAI published and most servers speak: chat messages, and
//! a prompt to complete. Their answers differ in one field.

use bench_core::sample::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    input::DialectInput,
    stream::{Event, Progress, Reader},
};
use crate::{
    failure::Failure,
    model::Reply,
    stopwatch::{Kind, Stopwatch},
};

/// A request body: `messages` for a chat, `prompt` for a completion.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<[Message<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_salt: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// Without it a stream has no token counts.
#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    /// The request as a message of a user.
    pub(super) fn chat(input: DialectInput<'a>) -> Self {
        let content = input.completion_request.prompt;
        let message = Message {
            role: "user",
            content,
        };
        Self {
            messages: Some([message]),
            ..Self::without_prompt(input)
        }
    }

    /// The request as a text to complete.
    pub(super) fn completion(input: DialectInput<'a>) -> Self {
        Self {
            prompt: Some(input.completion_request.prompt),
            ..Self::without_prompt(input)
        }
    }

    fn without_prompt(input: DialectInput<'a>) -> Self {
        let completion_request = input.completion_request;
        let include_usage = true;
        Self {
            model: input.model,
            messages: None,
            prompt: None,
            max_tokens: completion_request.max_tokens,
            temperature: completion_request.temperature,
            // Servers refuse a threshold of 0, which nothing can pass.
            top_p: completion_request.top_p.filter(|value| *value > 0.0),
            stream: input.stream,
            stream_options: (input.stream == Some(true)).then_some(StreamOptions { include_usage }),
            cache_salt: completion_request.cache_salt,
        }
    }
}

/// A whole answer or one piece of it, or an error in place of either.
#[derive(Debug, Deserialize)]
struct Answer {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    /// In a whole answer the same fields are called `message`.
    #[serde(alias = "message")]
    delta: Option<Text>,
    /// In a completion there is nothing but text.
    text: Option<String>,
    finish_reason: Option<String>,
}

/// Reasoning is called `reasoning` or, by older servers, `reasoning_content`.
#[derive(Debug, Deserialize)]
struct Text {
    content: Option<String>,
    reasoning: Option<String>,
    reasoning_content: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    completion_tokens_details: Option<CompletionDetails>,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

/// Reads an answer that came in one piece.
pub(super) fn whole(body: &[u8], watch: &mut Stopwatch) -> Result<Reply, Failure> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| Failure::invalid(format!("the answer is no completion: {error}")))?;
    if let Some(error) = &answer.error {
        return Err(failure(error, false));
    }
    let mut reply = Reply::default();
    let choice = answer
        .choices
        .and_then(|choices| choices.into_iter().next())
        .ok_or_else(|| Failure::invalid("the answer has no `choices`"))?;
    if choice.delta.is_none() && choice.text.is_none() {
        let message = "the answer's choice has neither `message` nor `text`";
        return Err(Failure::invalid(message));
    }
    choice.put(|kind, text| watch.whole(kind, text))?;
    reply.finish_reason = choice.finish_reason;
    if let Some(usage) = answer.usage {
        usage.put(&mut reply);
    }
    Ok(reply)
}

/// Reads an answer that comes as a stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    reply: Reply,
    progress: Progress,
}

impl Reader for Stream {
    fn event(&mut self, event: Event<'_>, watch: &mut Stopwatch) -> Result<(), Failure> {
        let data = match event {
            Event::Data(data) => data,
            Event::Done => {
                self.progress = Progress::Done;
                return Ok(());
            }
            Event::Error(error) => return Err(stream_failure(error, watch.has_tokens())),
        };
        let answer: Answer = serde_json::from_str(data).map_err(|error| {
            Failure::invalid(format!("an event is no piece of a completion: {error}"))
        })?;
        if let Some(error) = &answer.error {
            return Err(failure(error, watch.has_tokens()));
        }
        if answer.choices.is_none() && answer.usage.is_none() {
            return Err(Failure::invalid(
                "an event has neither `choices` nor `usage`",
            ));
        }
        if let Some(choice) = answer.choices.into_iter().flatten().next() {
            choice.put(|kind, text| watch.token(kind, text))?;
            // Some servers say nothing with an empty word.
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.reply.finish_reason = Some(reason);
                self.progress = self.progress.max(Progress::Finished);
            }
        }
        if let Some(usage) = answer.usage {
            usage.put(&mut self.reply);
        }
        if self.progress == Progress::Finished && self.reply.output_tokens.is_some() {
            self.progress = Progress::Counted;
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn finish(self: Box<Self>) -> Result<Reply, Failure> {
        if self.progress == Progress::Open {
            return Err(Failure::broken(
                "the stream ended without `[DONE]` or a `finish_reason`",
            ));
        }
        Ok(self.reply)
    }
}

impl Choice {
    fn put(&self, mut to: impl FnMut(Kind, &str) -> Result<(), Failure>) -> Result<(), Failure> {
        if let Some(said) = &self.delta {
            if let Some(reasoning) = said.reasoning.as_ref().or(said.reasoning_content.as_ref()) {
                to(Kind::Reasoning, reasoning)?;
            }
            if let Some(content) = &said.content {
                to(Kind::Visible, content)?;
            }
        }
        self.text
            .as_ref()
            .map_or(Ok(()), |text| to(Kind::Visible, text))
    }
}

impl Usage {
    fn put(self, reply: &mut Reply) {
        // All of the prompt; `cached_tokens` is a part of it.
        reply.input_tokens = self.prompt_tokens;
        reply.output_tokens = self.completion_tokens;
        reply.reasoning_tokens = self
            .completion_tokens_details
            .and_then(|details| details.reasoning_tokens);
        reply.cached_input_tokens = self
            .prompt_tokens_details
            .and_then(|details| details.cached_tokens);
    }
}

/// An error that was sent as one within a stream, with or without an `error` around it.
pub(super) fn stream_failure(error: &str, has_tokens: bool) -> Failure {
    let error = serde_json::from_str(error).unwrap_or_else(|_| Value::from(error));
    failure(error.get("error").unwrap_or(&error), has_tokens)
}

/// An error within a 200: `{"message", "type", "code"}` or a bare text.
fn failure(error: &Value, has_tokens: bool) -> Failure {
    let (code, message) = words(error);
    let number = error
        .get("code")
        .and_then(Value::as_u64)
        .and_then(|code| code.try_into().ok());
    let outcome = number.map_or(Outcome::ServerError, crate::failure::outcome_of_status);
    Failure::in_stream(outcome, has_tokens, code, message)
}

/// Code and message of an error document's `error` field.
pub(crate) fn words(error: &Value) -> (Option<String>, String) {
    let Some(fields) = error.as_object() else {
        return (
            None,
            error
                .as_str()
                .map_or_else(|| error.to_string(), str::to_owned),
        );
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = || {
        fields
            .get("code")
            .and_then(Value::as_u64)
            .map(|code| code.to_string())
    };
    let code = text("code").or_else(|| text("type")).or_else(number);
    (code, text("message").unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests;
