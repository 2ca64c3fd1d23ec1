//! Request bodies of the OpenAI protocols.

use serde::Deserialize;

use crate::protocol::request::{
    CONTEXT, CompletionRequest, Content, Format, Invalid, check_sampling, from_json,
};

/// Output tokens of a completion when `max_tokens` is not given.
const DEFAULT_COMPLETION_TOKENS: usize = 16;

#[derive(Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
    prompt: Option<Prompt>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    cache_salt: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prompt {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Reads a request body.
pub(in crate::protocol) fn read(body: &[u8], format: Format) -> Result<CompletionRequest, Invalid> {
    let request: Request = from_json(body)?;
    let max_tokens = request.max_completion_tokens.or(request.max_tokens);
    let (prompt, default) = if format == Format::Completion {
        let prompt = match request.prompt {
            None => return Err("`prompt` is missing".to_owned()),
            Some(Prompt::One(prompt)) => prompt,
            Some(Prompt::Several(prompts)) => prompts.join("\n"),
        };
        (prompt, DEFAULT_COMPLETION_TOKENS)
    } else {
        if request.messages.is_empty() {
            return Err("`messages` is empty, at least one message is needed".to_owned());
        }
        let messages = request.messages.into_iter();
        let texts: Vec<String> = messages
            .map(|message| message.content.into_text())
            .collect();
        (texts.join("\n"), CONTEXT)
    };
    if max_tokens == Some(0) {
        return Err("`max_tokens` is 0, expected at least 1".to_owned());
    }
    check_sampling(request.temperature, request.top_p)?;
    let stream = request.stream.unwrap_or(false);
    if request.stream_options.is_some() && !stream {
        return Err("`stream_options` is only allowed when `stream` is true".to_owned());
    }
    Ok(CompletionRequest {
        stream,
        extras: request
            .stream_options
            .is_some_and(|options| options.include_usage),
        model: request.model,
        cache_salt: request.cache_salt,
        ..CompletionRequest::new(format, prompt, max_tokens.unwrap_or(default))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_strings_or_parts_and_are_joined() {
        let body = br#"{"model":"m","messages":[{"role":"system","content":"be brief"},
            {"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":5}"#;
        let completion = read(body, Format::Chat).unwrap();
        assert_eq!(
            (completion.prompt.as_str(), completion.max_tokens),
            ("be brief\nhi", 5)
        );
        assert_eq!(completion.model.as_deref(), Some("m"));
        assert!(!completion.stream);
    }

    #[test]
    fn a_prompt_is_one_text_or_several() {
        let completion = read(br#"{"prompt":"hi"}"#, Format::Completion).unwrap();
        assert_eq!(
            (completion.prompt.as_str(), completion.max_tokens),
            ("hi", 16)
        );
        let several = br#"{"prompt":["a","b"],"cache_salt":"s"}"#;
        let completion = read(several, Format::Completion).unwrap();
        assert_eq!(completion.prompt, "a\nb");
        assert_eq!(completion.cache_salt.as_deref(), Some("s"));
        assert!(read(br#"{"inputs":"hi"}"#, Format::Completion).is_err());
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let user = r#""messages":[{"role":"user","content":"hi"}]"#;
        for wrong in [
            "{}".to_owned(),
            format!("{{{user},\"max_tokens\":0}}"),
            format!("{{{user},\"temperature\":3}}"),
            format!("{{{user},\"top_p\":0}}"),
            format!("{{{user},\"stream_options\":{{\"include_usage\":true}}}}"),
        ] {
            assert!(read(wrong.as_bytes(), Format::Chat).is_err(), "{wrong}");
        }
    }
}
