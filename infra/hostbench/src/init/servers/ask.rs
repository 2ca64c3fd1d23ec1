//! Short questions to whatever listens somewhere.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tokio::time::timeout;

use crate::error::error_chain;

/// The longest time of a question, its answer included.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// The longest answer in bytes.
const MAX_BYTES: usize = 1 << 20;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The header field `server`; empty where there is none.
    pub(super) server: String,
    /// The body; null where it is not JSON.
    pub(super) body: Value,
}

impl Reply {
    /// The body of a success; null of everything else.
    pub(super) fn success(&self) -> &Value {
        if (200..300).contains(&self.status) {
            &self.body
        } else {
            &Value::Null
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoReply {
    /// There is no connection; the error.
    Unreachable(String),
    /// Nothing, or not everything, came in time.
    Silent,
    /// The answer is longer than any that is expected.
    TooLong,
}

/// Asks. It follows no redirection and knows no proxy, as calls of targets do.
#[derive(Debug)]
pub(super) struct Asker(Client);

impl Asker {
    pub(super) fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy();
        // Only a TLS library that cannot be set up fails here.
        Self(client.build().unwrap_or_default())
    }

    /// Reads a URL.
    pub(super) async fn get(&self, url: &str) -> Result<Reply, NoReply> {
        match timeout(LIMIT, self.read(url)).await {
            Ok(reply) => reply,
            Err(_) => Err(NoReply::Silent),
        }
    }

    async fn read(&self, url: &str) -> Result<Reply, NoReply> {
        let failed =
            |error: reqwest::Error| NoReply::Unreachable(error_chain(&error.without_url()));
        let mut answer = self.0.get(url).send().await.map_err(failed)?;
        let server = answer.headers().get("server").cloned();
        let server = server.and_then(|value| value.to_str().map(str::to_owned).ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_BYTES {
                return Err(NoReply::TooLong);
            }
        }
        Ok(Reply {
            status: answer.status().as_u16(),
            server: server.unwrap_or_default(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        })
    }
}
