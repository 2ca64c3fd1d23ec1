//! Servers of our own, reached over HTTP.

mod client;
mod connecting;
mod endpoint;
mod exchange;
mod refusal;
mod spare;
mod whole_body;

use bench_core::config::{HttpTarget, Target};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::{
    dialect::BodyShape,
    error::ConnectError,
    failure::Failure,
    key::Key,
    model::{CompletionRequest, Model, Reply},
    secret,
    stopwatch::Stopwatch,
    target_env::{TargetEnv, http_url},
};

pub(crate) use self::{client::HttpClient, exchange::Exchange, refusal::Origin};

/// A model behind an HTTP server.
#[derive(Debug, Clone)]
pub struct Http {
    exchange: Exchange,
    key: Option<Key>,
}

impl Http {
    /// The client for a model of `target`'s service, which is `http`; `ca` holds more
    /// certificates to trust, as PEM.
    pub(crate) async fn connect(
        http: &HttpTarget,
        target: &Target,
        env: &TargetEnv,
        ca: Option<&[u8]>,
    ) -> Result<Self, ConnectError> {
        let mut url = http_url(&http.url).ok_or_else(|| ConnectError::Url {
            target: target.id.clone(),
            url: http.url.clone(),
        })?;
        if target.simulated {
            let mut simulator = env.simulator(target)?;
            simulator.set_path(url.path());
            simulator.set_query(url.query());
            url = simulator;
        }
        let url = endpoint::of(url, http.request, target.stream);
        let key = match &http.api_key {
            Some(place) => Some(secret::read(place, target, env).await?),
            None => None,
        };
        let headers = headers(http, key.as_ref()).map_err(|fault| ConnectError::Client {
            target: target.id.clone(),
            fault,
        })?;
        Ok(Self {
            exchange: Exchange {
                client: HttpClient::new(headers, ca, &url, target)?,
                url,
                dialect: http.request.into(),
                model: http.model.clone(),
                shape: BodyShape::of(target),
                stream: target.stream,
                origin: Origin::Server,
            },
            key,
        })
    }
}

impl Model for Http {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let request = self.exchange.request(completion_request)?;
        let answer = self.exchange.send(request, watch).await;
        answer.map_err(|failure| match &self.key {
            // A server that refuses a key may say which.
            Some(key) => failure.without(key.expose()),
            None => failure,
        })
    }

    async fn open_connections(&self, count: usize) -> usize {
        self.exchange.client.open_connections(count).await
    }
}

fn headers(http: &HttpTarget, key: Option<&Key>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &http.headers {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        headers.insert(name, value);
    }
    if let Some(key) = key {
        let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))
            .map_err(|_| "the key is no text for a header".to_owned())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
