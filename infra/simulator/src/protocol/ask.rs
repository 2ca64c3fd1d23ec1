//! What a request asks for, in the terms of no protocol.

use axum::http::HeaderMap;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{converse, llama, openai, tgi};
use crate::{
    fault::Fault,
    route::{Operation, Route},
};

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) format: Format,
    /// The text of all messages, joined by line ends.
    pub(crate) prompt: String,
    /// The most output tokens, at least 1.
    pub(crate) max_tokens: usize,
    /// Whether the body asks for a stream; the Bedrock bodies cannot.
    pub(crate) stream: bool,
    /// Whether a TGI answer shall have `details`, or an OpenAI stream `usage`.
    pub(crate) extras: bool,
    /// The `model` field of an OpenAI body.
    pub(crate) model: Option<String>,
    /// What keeps this prompt's cache apart from others.
    pub(crate) cache_salt: Option<String>,
    /// Bedrock's service tier, as asked for.
    pub(crate) tier: Option<String>,
    /// Bedrock's `standard` or `optimized` latency, as asked for.
    pub(crate) latency: Option<String>,
    /// SageMaker's production variant.
    pub(crate) variant: String,
}

/// The bodies there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Converse,
    Llama,
    Completion,
    Chat,
    Tgi,
    Lmi,
}

/// A body that no request may have, in words.
pub(crate) type Invalid = String;

impl Ask {
    /// A plain question in a format.
    pub(super) fn new(format: Format, prompt: String, max_tokens: usize) -> Self {
        Self {
            format,
            prompt,
            max_tokens,
            stream: false,
            extras: false,
            model: None,
            cache_salt: None,
            tier: None,
            latency: None,
            variant: "AllTraffic".to_owned(),
        }
    }
}

/// The keys that tell one format from another.
#[derive(Deserialize)]
struct Keys {
    inputs: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
    prompt: Option<IgnoredAny>,
    max_gen_len: Option<IgnoredAny>,
    max_tokens: Option<IgnoredAny>,
}

/// Reads a request.
pub(crate) fn read(route: &Route, headers: &HeaderMap, body: &[u8]) -> Result<Ask, Invalid> {
    let header = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Ok(match route.operation {
        Operation::Converse | Operation::ConverseStream => converse::read(body)?,
        Operation::Invoke | Operation::InvokeStream => Ask {
            tier: header("x-amzn-bedrock-service-tier"),
            latency: header("x-amzn-bedrock-performanceconfig-latency"),
            ..imported(route, body)?
        },
        Operation::SageMaker | Operation::SageMakerStream => {
            let ask = container(route, body)?;
            Ask {
                variant: header("x-amzn-sagemaker-target-variant").unwrap_or(ask.variant),
                ..ask
            }
        }
        Operation::Generate | Operation::Health | Operation::Info => Ask {
            stream: false,
            ..tgi::read(body, Format::Tgi)?
        },
        Operation::GenerateStream => Ask {
            stream: true,
            ..tgi::read(body, Format::Tgi)?
        },
        Operation::Chat => openai::read(body, Format::Chat)?,
        Operation::Completion => openai::read(body, Format::Completion)?,
    })
}

/// The body of an imported model, in the format that its keys tell. Keys of
/// another format are ignored without a word, as the service does, so that the
/// answer then has the default length.
fn imported(route: &Route, body: &[u8]) -> Result<Ask, Invalid> {
    let keys: Keys = from_json(body)?;
    let knows_others = !route.faults.has(&Fault::OldImport);
    let format = if keys.messages.is_some() && knows_others {
        Format::Chat
    } else if keys.max_tokens.is_some() && keys.max_gen_len.is_none() && knows_others {
        Format::Completion
    } else {
        return llama::read(body);
    };
    let ask = openai::read(body, format)?;
    Ok(Ask {
        max_tokens: match keys.max_tokens {
            Some(_) => ask.max_tokens,
            None => llama::DEFAULT_MAX_TOKENS,
        },
        stream: false,
        extras: true,
        ..ask
    })
}

/// The body for a container behind an endpoint.
fn container(route: &Route, body: &[u8]) -> Result<Ask, Invalid> {
    let keys: Keys = from_json(body)?;
    if keys.messages.is_some() {
        openai::read(body, Format::Chat)
    } else if keys.prompt.is_some() && keys.inputs.is_none() {
        openai::read(body, Format::Completion)
    } else if route.is_lmi() {
        tgi::read(body, Format::Lmi)
    } else {
        tgi::read(body, Format::Tgi)
    }
}

/// Reads a JSON body into the fields that matter; others are ignored, as the
/// services do.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Invalid> {
    serde_json::from_slice(body)
        .map_err(|error| format!("the request body is not what the operation takes: {error}"))
}

/// The text of a message: a string, or blocks of which some hold text.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

/// A block of a message; one without text is something else, such as an image.
#[derive(Deserialize)]
pub(super) struct Block {
    text: Option<String>,
}

impl Content {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Blocks(blocks) => {
                let texts: Vec<String> =
                    blocks.into_iter().filter_map(|block| block.text).collect();
                texts.join("\n")
            }
        }
    }
}

/// A share of probability mass or a temperature outside its range.
pub(super) fn outside(value: Option<f64>, low: f64, high: f64) -> bool {
    value.is_some_and(|value| !(low..=high).contains(&value))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn ask(path: &str, body: &str) -> Ask {
        let route = Route::parse(&Method::POST, path).unwrap();
        read(&route, &HeaderMap::new(), body.as_bytes()).unwrap()
    }

    #[test]
    fn an_imported_model_takes_the_format_that_the_keys_tell() {
        let check = |body: &str, format, max_tokens| {
            let ask = ask("/model/imported-model%2Fx/invoke", body);
            assert_eq!((ask.format, ask.max_tokens), (format, max_tokens), "{body}");
        };
        let user = r#""messages":[{"role":"user","content":"hi"}]"#;
        check(r#"{"prompt":"hi","max_gen_len":9}"#, Format::Llama, 9);
        check(r#"{"prompt":"hi","max_tokens":9}"#, Format::Completion, 9);
        check(&format!("{{{user},\"max_tokens\":9}}"), Format::Chat, 9);
        check(r#"{"prompt":"hi"}"#, Format::Llama, 512);
        check(&format!("{{{user},\"max_gen_len\":9}}"), Format::Chat, 512);
        let old = ask(
            "/model/imported-model%2Fx-simulate-old-import/invoke",
            r#"{"prompt":"hi","max_tokens":9}"#,
        );
        assert_eq!((old.format, old.max_tokens), (Format::Llama, 512));
    }

    #[test]
    fn a_container_takes_the_schema_that_its_name_and_the_keys_tell() {
        let check = |endpoint: &str, body: &str, format, max_tokens| {
            let ask = ask(&format!("/endpoints/{endpoint}/invocations"), body);
            assert_eq!((ask.format, ask.max_tokens), (format, max_tokens), "{body}");
        };
        check("llama-8b", r#"{"inputs":"hi"}"#, Format::Tgi, 1_024);
        check("llama-lmi", r#"{"inputs":"hi"}"#, Format::Lmi, 30);
        check("simulate-lmi", r#"{"inputs":"hi"}"#, Format::Lmi, 30);
        check("x", r#"{"prompt":"hi"}"#, Format::Completion, 16);
        let chat = r#"{"messages":[{"role":"user","content":"hi"}],"max_tokens":4}"#;
        check("x-lmi", chat, Format::Chat, 4);
    }
}
