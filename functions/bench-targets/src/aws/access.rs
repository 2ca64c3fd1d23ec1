//! Authentication of requests to an OpenAI-compatible API of AWS.
//!
//! A signature or a bearer key is made before the clock starts, as the SDK does. Bearer keys
//! are made of the caller's credentials, live as long as the process, and are kept nowhere.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_smithy_types::base64;
use bench_core::sample::{ErrorLayer, Outcome};
use reqwest::{
    Body, Request,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};
use tokio::sync::Mutex;

use super::signing::{Signer, Unsigned};
use crate::{
    failure::{Failure, error_chain},
    key::Key,
};

/// How long a bearer key holds at most; AWS takes up to 12 h.
const KEY_LIFE: Duration = Duration::from_hours(1);

/// How long one is used, so that a call that begins last still ends with it.
const KEY_USE: Duration = Duration::from_mins(30);

/// How long credentials are used that do not say when they expire.
const CREDENTIALS_USE: Duration = Duration::from_mins(10);

/// How long before they expire credentials are asked for again.
const MARGIN: Duration = Duration::from_mins(5);

/// A kind of bearer keys of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BearerKind {
    /// Of Amazon Bedrock, for both of its endpoints.
    Bedrock,
    /// Of Amazon SageMaker.
    SageMaker,
}

impl BearerKind {
    /// The host that the key is presigned for, the name of its service in signatures, and
    /// the beginning of the key.
    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Bedrock => ("bedrock.amazonaws.com", "bedrock", "bedrock-api-key-"),
            Self::SageMaker => ("sagemaker.amazonaws.com", "sagemaker", "sagemaker-api-key-"),
        }
    }
}

/// How requests are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Each is signed for the service of that name.
    SigV4(&'static str),
    /// All carry a bearer key.
    Bearer(BearerKind),
}

/// Authenticates the requests of one client; clones share keys.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    provider: SharedCredentialsProvider,
    region: String,
    method: Method,
    held: Arc<Mutex<Option<Held>>>,
}

/// Credentials and what was made of them.
#[derive(Debug, Clone)]
struct Held {
    credentials: Credentials,
    until: SystemTime,
    key: Option<(Key, SystemTime)>,
}

/// A request that may be sent, and what no message may repeat.
#[derive(Debug)]
pub(crate) struct Authorized {
    pub(crate) request: Request,
    secrets: Vec<Key>,
}

impl Access {
    pub(crate) fn new(provider: SharedCredentialsProvider, region: String, method: Method) -> Self {
        let held = Arc::default();
        Self {
            provider,
            region,
            method,
            held,
        }
    }

    /// Adds the header fields of the method to a request.
    pub(crate) async fn authorize(&self, request: Request) -> Result<Authorized, Failure> {
        self.authorize_at(request, SystemTime::now()).await
    }

    async fn authorize_at(
        &self,
        mut request: Request,
        now: SystemTime,
    ) -> Result<Authorized, Failure> {
        let mut held = self.held.lock().await;
        let current = self.current(held.take(), now).await?;
        let current = held.insert(current);
        let token = current.credentials.session_token();
        let mut secrets: Vec<Key> = token
            .map(|token| Key::new(token.to_owned()))
            .into_iter()
            .collect();
        match self.method {
            Method::SigV4(service) => {
                let signer = self.signer(&current.credentials, service, now);
                for (name, value) in signed(signer, &request)? {
                    secrets.extend(signature(&value));
                    let name = HeaderName::try_from(name).map_err(unsigned)?;
                    request.headers_mut().insert(name, sensitive(&value)?);
                }
            }
            Method::Bearer(kind) => {
                let (host, service, prefix) = kind.parts();
                let signer = self.signer(&current.credentials, service, now);
                let (key, _) = match current.key.take() {
                    Some(fresh) if now < fresh.1 => current.key.insert(fresh),
                    _ => {
                        let key = signer
                            .bearer_key(host, prefix, KEY_LIFE)
                            .map_err(unsigned)?;
                        current.key.insert((Key::new(key), now + KEY_USE))
                    }
                };
                let value = sensitive(&format!("Bearer {}", key.expose()))?;
                request.headers_mut().insert(AUTHORIZATION, value);
                secrets.push(key.clone());
                secrets.extend(presigned(key).as_deref().and_then(signature));
            }
        }
        Ok(Authorized { request, secrets })
    }

    /// The credentials that are held as long as they hold, else those of the provider.
    async fn current(&self, held: Option<Held>, now: SystemTime) -> Result<Held, Failure> {
        let before = match held {
            Some(held) if now < held.until => return Ok(held),
            before => before,
        };
        let asked = self.provider.provide_credentials().await;
        let credentials = asked.map_err(|error| without_credentials(&error_chain(&error)))?;
        let expiry = credentials.expiry().and_then(|at| at.checked_sub(MARGIN));
        let until = now + CREDENTIALS_USE;
        let same = before.filter(|before| is_same(&before.credentials, &credentials));
        Ok(Held {
            until: expiry.map_or(until, |expiry| expiry.min(until)),
            key: same.and_then(|before| before.key),
            credentials,
        })
    }

    fn signer<'a>(
        &'a self,
        credentials: &'a Credentials,
        service: &'a str,
        time: SystemTime,
    ) -> Signer<'a> {
        Signer {
            credentials,
            region: &self.region,
            service,
            time,
        }
    }
}

impl Authorized {
    /// The request, and what hides its secrets in a failure.
    pub(crate) fn into_parts(self) -> (Request, impl Fn(Failure) -> Failure) {
        let secrets = self.secrets;
        let hide = move |failure: Failure| {
            let secrets = secrets.iter();
            secrets.fold(failure, |failure, key| failure.without(key.expose()))
        };
        (self.request, hide)
    }
}

fn signed(signer: Signer<'_>, request: &Request) -> Result<Vec<(String, String)>, Failure> {
    let headers: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let unsigned_request = Unsigned {
        method: request.method().as_str(),
        url: request.url().as_str(),
        headers: &headers,
        body: request.body().and_then(Body::as_bytes).unwrap_or_default(),
    };
    signer.headers(unsigned_request).map_err(unsigned)
}

/// Whether a key made of the one is as good as one made of the other.
fn is_same(one: &Credentials, other: &Credentials) -> bool {
    one.access_key_id() == other.access_key_id() && one.session_token() == other.session_token()
}

/// The source of a bearer key.
fn presigned(key: &Key) -> Option<String> {
    let (_, encoded) = key.expose().rsplit_once('-')?;
    String::from_utf8(base64::decode(encoded).ok()?).ok()
}

/// The signature in a header field or in a query.
fn signature(text: &str) -> Option<Key> {
    let (_, behind) = text.split_once("Signature=")?;
    let signature = behind.split('&').next()?;
    Some(Key::new(signature.to_owned()))
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(value).map_err(unsigned)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A request that could not be authenticated.
fn unsigned(fault: impl std::fmt::Display) -> Failure {
    let message = format!("the request cannot be signed: {fault}");
    Failure::new(Outcome::ClientError, ErrorLayer::Service, message)
}

fn without_credentials(fault: &str) -> Failure {
    let code = Some("CredentialsError".to_owned());
    Failure::new(Outcome::ClientError, ErrorLayer::Service, fault).with_code(code)
}

#[cfg(test)]
mod tests;
