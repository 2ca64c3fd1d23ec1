//! Parsing of requests: which format a body has, and what it asks for.

use axum::http::HeaderMap;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    converse, llama, openai,
    request::{CompletionRequest, Format, Invalid, from_json},
    responses, tgi,
};
use crate::{
    fault::Fault,
    route::{Operation, Route},
};

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
pub(crate) fn read(
    route: &Route,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CompletionRequest, Invalid> {
    let header = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
    Ok(match route.operation {
        Operation::Converse | Operation::ConverseStream => converse::read(body)?,
        Operation::Invoke | Operation::InvokeStream => CompletionRequest {
            tier: header("x-amzn-bedrock-service-tier"),
            latency: header("x-amzn-bedrock-performanceconfig-latency"),
            ..imported(route, body)?
        },
        Operation::SageMaker | Operation::SageMakerStream => {
            let request = container(route, body)?;
            CompletionRequest {
                variant: header("x-amzn-sagemaker-target-variant").unwrap_or(request.variant),
                ..request
            }
        }
        Operation::Generate | Operation::Health | Operation::Info => CompletionRequest {
            stream: false,
            ..tgi::read(body, Format::Tgi)?
        },
        Operation::GenerateStream => CompletionRequest {
            stream: true,
            ..tgi::read(body, Format::Tgi)?
        },
        Operation::Chat | Operation::BedrockChat | Operation::SageMakerChat => {
            openai::read(body, Format::Chat)?
        }
        Operation::Responses | Operation::BedrockResponses => responses::read(body)?,
        Operation::Completion => openai::read(body, Format::Completion)?,
    })
}

/// The body of an imported model, in the format that its keys tell. Keys of
/// another format are ignored without a word, as the service does, so that the
/// answer then has the default length.
fn imported(route: &Route, body: &[u8]) -> Result<CompletionRequest, Invalid> {
    let keys: Keys = from_json(body)?;
    let knows_others = !route.faults.has(&Fault::OldImport);
    let format = if keys.messages.is_some() && knows_others {
        Format::Chat
    } else if keys.max_tokens.is_some() && keys.max_gen_len.is_none() && knows_others {
        Format::Completion
    } else {
        return llama::read(body);
    };
    let request = openai::read(body, format)?;
    Ok(CompletionRequest {
        max_tokens: match keys.max_tokens {
            Some(_) => request.max_tokens,
            None => llama::DEFAULT_MAX_TOKENS,
        },
        stream: false,
        extras: true,
        ..request
    })
}

/// The body for a container behind an endpoint.
fn container(route: &Route, body: &[u8]) -> Result<CompletionRequest, Invalid> {
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

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn request(path: &str, body: &str) -> CompletionRequest {
        let route = Route::parse(&Method::POST, path).unwrap();
        read(&route, &HeaderMap::new(), body.as_bytes()).unwrap()
    }

    #[test]
    fn an_imported_model_takes_the_format_that_the_keys_tell() {
        let check = |body: &str, format, max_tokens| {
            let request = request("/model/imported-model%2Fx/invoke", body);
            assert_eq!(
                (request.format, request.max_tokens),
                (format, max_tokens),
                "{body}"
            );
        };
        let user = r#""messages":[{"role":"user","content":"hi"}]"#;
        check(r#"{"prompt":"hi","max_gen_len":9}"#, Format::Llama, 9);
        check(r#"{"prompt":"hi","max_tokens":9}"#, Format::Completion, 9);
        check(&format!("{{{user},\"max_tokens\":9}}"), Format::Chat, 9);
        check(r#"{"prompt":"hi"}"#, Format::Llama, 512);
        check(&format!("{{{user},\"max_gen_len\":9}}"), Format::Chat, 512);
        let old = request(
            "/model/imported-model%2Fx-simulate-old-import/invoke",
            r#"{"prompt":"hi","max_tokens":9}"#,
        );
        assert_eq!((old.format, old.max_tokens), (Format::Llama, 512));
    }

    #[test]
    fn a_container_takes_the_schema_that_its_name_and_the_keys_tell() {
        let check = |endpoint: &str, body: &str, format, max_tokens| {
            let request = request(&format!("/endpoints/{endpoint}/invocations"), body);
            assert_eq!(
                (request.format, request.max_tokens),
                (format, max_tokens),
                "{body}"
            );
        };
        check("llama-8b", r#"{"inputs":"hi"}"#, Format::Tgi, 1_024);
        check("llama-lmi", r#"{"inputs":"hi"}"#, Format::Lmi, 30);
        check("simulate-lmi", r#"{"inputs":"hi"}"#, Format::Lmi, 30);
        check("x", r#"{"prompt":"hi"}"#, Format::Completion, 16);
        let chat = r#"{"messages":[{"role":"user","content":"hi"}],"max_tokens":4}"#;
        check("x-lmi", chat, Format::Chat, 4);
    }
}
