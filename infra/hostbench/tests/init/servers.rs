//! Model servers as they answer, by their sources and documentation.

use serde_json::{Value, json};

use crate::fake::{Answer, Fake};

/// A list of models of one owner.
pub(crate) fn models(owner: &str, names: &[&str]) -> Value {
    let model =
        |name: &&str| json!({"id": name, "object": "model", "created": 1, "owned_by": owner});
    json!({"object": "list", "data": names.iter().map(model).collect::<Vec<_>>()})
}

/// A server that answers these paths, and 404 on all others.
pub(crate) fn answering(server: &'static str, paths: Vec<(&'static str, Value)>) -> Fake {
    Fake::start(move |request| {
        let known = paths.iter().find(|(path, _)| *path == request.path);
        let answer = known.map_or_else(Answer::not_found, |(_, body)| Answer::json(body));
        Some(Answer { server, ..answer })
    })
}

pub(crate) fn vllm(model: &'static str) -> Fake {
    let paths = vec![
        ("/v1/models", models("vllm", &[model])),
        ("/version", json!({"version": "0.11.2"})),
    ];
    answering("uvicorn", paths)
}

pub(crate) fn llama_cpp() -> Fake {
    let paths = vec![
        (
            "/v1/models",
            models("llamacpp", &["/models/Qwen3-0.6B-Q8_0.gguf"]),
        ),
        (
            "/props",
            json!({"default_generation_settings": {}, "build_info": "b6981-647b960b"}),
        ),
    ];
    answering("llama.cpp", paths)
}

pub(crate) fn llama_cpp_python() -> Fake {
    answering("uvicorn", vec![("/v1/models", models("me", &["random"]))])
}

pub(crate) fn ollama() -> Fake {
    let names = ["nomic-embed-text:latest", "llama3.2:1b", "deepseek-r1:8b"];
    let paths = vec![
        ("/v1/models", models("library", &names)),
        ("/api/version", json!({"version": "0.13.0"})),
    ];
    answering("", paths)
}

/// Ollama with a model of somebody, of which the owner is that somebody.
pub(crate) fn ollama_of_somebody() -> Fake {
    let paths = vec![
        ("/v1/models", models("somebody", &["somebody/own:latest"])),
        ("/api/version", json!({"version": "0.13.0"})),
    ];
    answering("", paths)
}

/// LM Studio says 200 to everything.
pub(crate) fn lm_studio() -> Fake {
    let list = models(
        "organization_owner",
        &["qwen/qwen3-4b", "text-embedding-nomic-embed-text-v1.5"],
    );
    Fake::start(move |request| {
        Some(match request.path.as_str() {
            "/v1/models" => Answer::json(&list),
            path => Answer::json(
                &json!({"error": format!("Unexpected endpoint or method. (GET {path})")}),
            ),
        })
    })
}

pub(crate) fn tgi() -> Fake {
    let model = "meta-llama/Llama-3.1-8B-Instruct";
    let info = json!({"model_id": model, "version": "3.3.6", "max_total_tokens": 4096});
    answering(
        "",
        vec![("/v1/models", models(model, &[model])), ("/info", info)],
    )
}

/// Text Generation Inference before it had a list of models.
pub(crate) fn early_tgi() -> Fake {
    let info = json!({"model_id": "tiiuae/falcon-7b", "version": "1.4.0"});
    answering("", vec![("/info", info)])
}

pub(crate) fn sglang() -> Fake {
    answering(
        "uvicorn",
        vec![("/v1/models", models("sglang", &["Qwen/Qwen3-8B"]))],
    )
}

/// Any other with the same API.
pub(crate) fn other() -> Fake {
    answering("", vec![("/v1/models", models("acme", &["acme-1"]))])
}

/// vLLM with `--api-key`.
pub(crate) fn locked_vllm() -> Fake {
    Fake::start(|request| {
        Some(match request.path.as_str() {
            "/version" => Answer::json(&json!({"version": "0.11.2"})),
            _ => Answer::new(401, r#"{"error":"Unauthorized"}"#),
        })
    })
}
