//! Which software a server is, from what it answers.

use serde_json::Value;

use super::ask::{Asker, Reply};
use crate::init::candidate::{Evidence, ServerKind};

/// The longest name of a model in bytes.
const MAX_NAME: usize = 512;

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) kind: ServerKind,
    /// `None` where it does not tell.
    pub(super) version: Option<String>,
    /// `None` of software that is not known.
    pub(super) evidence: Option<Evidence>,
    /// The names of its models, as requests have them.
    pub(super) models: Vec<String>,
    /// Whether it refuses requests without a key.
    pub(super) needs_key: bool,
}

/// A path that one software answers with fields of its own.
struct Mark {
    kind: ServerKind,
    path: &'static str,
    /// A field that tells it.
    field: &'static str,
    version: &'static str,
}

const MARKS: [Mark; 4] = [
    Mark {
        kind: ServerKind::Ollama,
        path: "/api/version",
        field: "version",
        version: "version",
    },
    Mark {
        kind: ServerKind::Tgi,
        path: "/info",
        field: "model_id",
        version: "version",
    },
    Mark {
        kind: ServerKind::LlamaCpp,
        path: "/props",
        field: "default_generation_settings",
        version: "build_info",
    },
    Mark {
        kind: ServerKind::Vllm,
        path: "/version",
        field: "version",
        version: "version",
    },
];

/// The owner of models that a software states in `owned_by`.
const OWNERS: [(&str, ServerKind); 6] = [
    ("vllm", ServerKind::Vllm),
    ("llamacpp", ServerKind::LlamaCpp),
    ("me", ServerKind::LlamaCppPython),
    ("library", ServerKind::Ollama),
    ("organization_owner", ServerKind::LmStudio),
    ("sglang", ServerKind::Sglang),
];

/// The URL of the list of models.
pub(super) fn models_url(base: &str) -> String {
    match without_version(base) {
        Some(_) => format!("{base}/models"),
        None => format!("{base}/v1/models"),
    }
}

/// The URL without the version of the API at its end.
fn without_version(base: &str) -> Option<&str> {
    let (root, last) = base.rsplit_once('/')?;
    let number = last.strip_prefix('v')?;
    (!root.ends_with('/') && number.starts_with(|first: char| first.is_ascii_digit()))
        .then_some(root)
}

/// The server that has given this answer to the question for its models; `None` where it
/// is not a model server.
pub(super) async fn server(asker: &Asker, base: &str, models: Reply) -> Option<Server> {
    let root = without_version(base).unwrap_or(base);
    // A page that asks for a password is JSON of no model server.
    let needs_key = matches!(models.status, 401 | 403) && models.body.is_object();
    let listed = listed(models.success());
    let told = owner(models.success()).or_else(|| header(&models.server));
    let found = match told {
        Some((kind, evidence)) => {
            let mark = MARKS.iter().find(|mark| mark.kind == kind);
            let version = match mark {
                Some(mark) => mark
                    .ask(asker, root)
                    .await
                    .and_then(|body| mark.version(&body)),
                None => None,
            };
            Some((kind, evidence, version, None))
        }
        None => marked(asker, root, listed.is_some(), needs_key).await,
    };
    let server = |kind, evidence, version, models| Server {
        kind,
        version,
        evidence,
        models,
        needs_key,
    };
    match (found, listed) {
        (Some((kind, evidence, version, model)), listed) => {
            // Early versions of Text Generation Inference have no list of models.
            let models = listed.unwrap_or_else(|| model.into_iter().collect());
            Some(server(kind, Some(evidence), version, models))
        }
        (None, Some(listed)) => Some(server(ServerKind::OpenAiCompatible, None, None, listed)),
        (None, None) if needs_key => {
            Some(server(ServerKind::OpenAiCompatible, None, None, Vec::new()))
        }
        (None, None) => None,
    }
}

impl Mark {
    /// The answer to the path, where it is this software's.
    async fn ask(&self, asker: &Asker, root: &str) -> Option<Value> {
        let reply = asker.get(&format!("{root}{}", self.path)).await.ok()?;
        let body = reply.success();
        let has_field = !body[self.field].is_null();
        has_field.then(|| body.clone())
    }

    fn version(&self, body: &Value) -> Option<String> {
        let version = body[self.version].as_str()?;
        (!version.is_empty()).then(|| version.to_owned())
    }
}

/// The software that answers a path of its own: evidence, version, and the model where the
/// path tells it.
async fn marked(
    asker: &Asker,
    root: &str,
    is_listed: bool,
    needs_key: bool,
) -> Option<(ServerKind, Evidence, Option<String>, Option<String>)> {
    // Many a program that is no model server tells its version: there it counts only
    // beside what else is known.
    let is_telling = |mark: &&Mark| match mark.kind {
        ServerKind::Ollama => is_listed,
        ServerKind::Vllm => needs_key,
        _ => true,
    };
    for mark in MARKS.iter().filter(is_telling) {
        if let Some(body) = mark.ask(asker, root).await {
            let model = name(&body["model_id"]);
            let evidence = Evidence::Path(mark.path);
            return Some((mark.kind, evidence, mark.version(&body), model));
        }
    }
    None
}

fn owner(models: &Value) -> Option<(ServerKind, Evidence)> {
    let entries = models["data"].as_array()?.iter();
    let mut owners = entries.filter_map(|model| model["owned_by"].as_str());
    owners.find_map(|owner| {
        let (_, kind) = OWNERS.iter().find(|(known, _)| *known == owner)?;
        Some((*kind, Evidence::OwnedBy(owner.to_owned())))
    })
}

fn header(server: &str) -> Option<(ServerKind, Evidence)> {
    let is_llama_cpp = server.to_ascii_lowercase().starts_with("llama.cpp");
    is_llama_cpp.then(|| {
        let evidence = Evidence::ServerHeader(server.to_owned());
        (ServerKind::LlamaCpp, evidence)
    })
}

/// The names in a list of models; `None` where it is no such list.
fn listed(models: &Value) -> Option<Vec<String>> {
    let entries = models["data"].as_array()?;
    Some(
        entries
            .iter()
            .filter_map(|model| name(&model["id"]))
            .collect(),
    )
}

/// A name that a request can have.
fn name(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    (!name.trim().is_empty() && name.len() <= MAX_NAME).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_models_is_below_the_version_of_the_api() {
        for (base, expected) in [
            ("http://h:8000", "http://h:8000/v1/models"),
            ("http://h:8000/v1", "http://h:8000/v1/models"),
            ("https://h/api/v3", "https://h/api/v3/models"),
            ("https://h/vllm", "https://h/vllm/v1/models"),
            ("http://v1", "http://v1/v1/models"),
        ] {
            assert_eq!(models_url(base), expected);
        }
    }
}
