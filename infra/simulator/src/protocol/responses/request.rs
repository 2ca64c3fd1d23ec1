//! Request bodies of the Responses API.

use serde::Deserialize;

use crate::protocol::request::{
    CONTEXT, CompletionRequest, Content, Format, Invalid, check_sampling, from_json,
};

#[derive(Deserialize)]
struct Request {
    model: Option<String>,
    input: Option<Input>,
    max_output_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    #[serde(default)]
    stream: bool,
    cache_salt: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Messages(Vec<Message>),
}

#[derive(Deserialize)]
struct Message {
    content: Content,
}

/// Reads a request body.
pub(in crate::protocol) fn read(body: &[u8]) -> Result<CompletionRequest, Invalid> {
    let request: Request = from_json(body)?;
    let prompt = match request.input {
        None => return Err("`input` is missing".to_owned()),
        Some(Input::Text(text)) => text,
        Some(Input::Messages(messages)) => {
            let texts = messages.into_iter().map(|one| one.content.into_text());
            texts.collect::<Vec<_>>().join("\n")
        }
    };
    if request.max_output_tokens == Some(0) {
        return Err("`max_output_tokens` is 0, expected at least 1".to_owned());
    }
    check_sampling(request.temperature, request.top_p)?;
    Ok(CompletionRequest {
        stream: request.stream,
        extras: true,
        model: request.model,
        cache_salt: request.cache_salt,
        ..CompletionRequest::new(
            Format::Responses,
            prompt,
            request.max_output_tokens.unwrap_or(CONTEXT),
        )
    })
}
