//! Model servers: which of the usual ports of this machine, and which URLs of the user's,
//! answer as one.

mod addresses;
mod ask;
mod recognize;

use bench_core::config::HttpRequest;
use futures::future::join_all;
use serde::Serialize;

pub use self::addresses::{Addresses, PORTS, is_local};
use self::{
    addresses::Address,
    ask::{Asker, NoReply},
    recognize::Server,
};
use super::candidate::{Draft, Missing, ServerKind, Source, http};

/// The most models of one server.
const MAX_MODELS: usize = 100;

/// Models that turn texts into numbers answer no prompt; their names say so.
const EMBEDDING: &str = "embed";

/// The servers that were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Servers {
    /// Their models.
    pub drafts: Vec<Draft>,
    /// Addresses that answered, or should have, and are not model servers.
    pub others: Vec<Other>,
}

/// An address without a model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// The URL.
    pub url: String,
    /// Why it is none.
    #[serde(flatten)]
    pub reason: NotAServer,
}

/// Why an address is not a model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotAServer {
    /// It could not be reached.
    Unreachable {
        /// The error of the connection.
        error: String,
    },
    /// It took the connection and said nothing in time.
    Silent {
        /// The seconds that were waited.
        seconds: u64,
    },
    /// It answers, and not as a model server does.
    OtherAnswer {
        /// The HTTP status of its list of models.
        status: u16,
    },
    /// Its answer is longer than a list of models.
    TooLong,
    /// It is a model server without a model.
    NoModel {
        /// The software.
        server: ServerKind,
    },
}

/// Looks at all addresses at the same time.
pub async fn find(addresses: &Addresses) -> Servers {
    let asker = Asker::new();
    let looks = addresses
        .addresses
        .iter()
        .map(|address| look(&asker, address));
    let mut servers = Servers::default();
    for (address, result) in addresses.addresses.iter().zip(join_all(looks).await) {
        match result {
            Ok(server) => servers.drafts.extend(drafts(address, &server)),
            Err(None) => {}
            Err(Some(reason)) => {
                if address.is_named {
                    servers.drafts.push(unanswered(&address.url));
                }
                let url = address.url.clone();
                servers.others.push(Other { url, reason });
            }
        }
    }
    servers
}

/// The server at an address, or why there is none; no reason where nothing listens on a port
/// of which nobody has said so.
async fn look(asker: &Asker, address: &Address) -> Result<Server, Option<NotAServer>> {
    let reason = |failure: NoReply| match failure {
        NoReply::Unreachable(error) => address
            .is_named
            .then_some(NotAServer::Unreachable { error }),
        NoReply::Silent => Some(NotAServer::Silent {
            seconds: ask::LIMIT.as_secs(),
        }),
        NoReply::TooLong => Some(NotAServer::TooLong),
    };
    let models = asker.get(&recognize::models_url(&address.url)).await;
    let models = models.map_err(reason)?;
    let status = models.status;
    let server = recognize::server(asker, &address.url, models).await;
    let server = server.ok_or(NotAServer::OtherAnswer { status })?;
    if server.models.is_empty() && !server.needs_key {
        return Err(Some(NotAServer::NoModel {
            server: server.kind,
        }));
    }
    Ok(server)
}

fn drafts(address: &Address, server: &Server) -> Vec<Draft> {
    // Text Generation Inference serves one model and is not told which.
    let request = match server.kind {
        ServerKind::Tgi => HttpRequest::Tgi,
        _ => HttpRequest::OpenAiChat,
    };
    let source = Source::Server {
        server: server.kind,
        version: server.version.clone(),
        recognized_by: server.evidence.clone(),
    };
    if server.models.is_empty() {
        let mut draft = Draft::new(source, "", http(&address.url, request, None));
        draft.missing = vec![Missing::Key, Missing::Model];
        draft.is_suggested = address.is_named;
        return vec![draft];
    }
    let is_embedding = |model: &str| model.to_ascii_lowercase().contains(EMBEDDING);
    let first = server.models.iter().position(|model| !is_embedding(model));
    let models = server.models.iter().take(MAX_MODELS).enumerate();
    let draft = |(position, model): (usize, &String)| {
        let sent = (request != HttpRequest::Tgi).then(|| model.clone());
        let mut draft = Draft::new(source.clone(), model, http(&address.url, request, sent));
        draft.model_name = Some(model_name(model));
        draft.is_suggested = if server.kind.loads_on_demand() {
            first == Some(position)
        } else {
            !is_embedding(model)
        };
        if server.needs_key {
            draft.missing.push(Missing::Key);
        }
        draft
    };
    models.map(draft).collect()
}

/// The name of a model by which a server lists it; of a file, the name of the file.
fn model_name(listed: &str) -> String {
    let is_path = listed.starts_with(['/', '.']) || listed.contains('\\');
    let name = if is_path {
        listed.rsplit(['/', '\\']).find(|part| !part.is_empty())
    } else {
        Some(listed)
    };
    let name = name.unwrap_or(listed);
    name.strip_suffix(".gguf").unwrap_or(name).to_owned()
}

/// The target of a URL that the user has named and that does not answer yet.
fn unanswered(url: &str) -> Draft {
    let source = Source::Server {
        server: ServerKind::OpenAiCompatible,
        version: None,
        recognized_by: None,
    };
    let mut draft = Draft::new(source, "", http(url, HttpRequest::OpenAiChat, None));
    draft.missing.push(Missing::Model);
    draft
}
