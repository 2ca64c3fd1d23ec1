//! Where servers are looked for.

use reqwest::Url;

use crate::error::Error;

/// The ports that servers listen on unless they are told another: LM Studio, Text
/// Generation Inference, vLLM and llama-cpp-python, llama.cpp, Ollama, `SGLang`.
pub const PORTS: [u16; 6] = [1234, 3000, 8000, 8080, 11434, 30000];

/// The addresses to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    pub(super) addresses: Vec<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Without a slash at its end.
    pub(super) url: String,
    /// Whether the user has named it.
    pub(super) is_named: bool,
}

impl Addresses {
    /// Ports of this machine, and URLs that the user names; one address once.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for what is not the URL of a server.
    pub fn new(ports: &[u16], urls: &[String]) -> Result<Self, Error> {
        let mut addresses: Vec<Address> = Vec::new();
        for url in urls {
            let url = checked(url)?;
            if addresses.iter().all(|known| known.url != url) {
                addresses.push(Address {
                    url,
                    is_named: true,
                });
            }
        }
        for port in ports {
            let named = addresses.iter().filter(|address| address.is_named);
            if named
                .filter_map(|address| local_port(&address.url))
                .all(|known| known != *port)
            {
                let url = format!("http://127.0.0.1:{port}");
                addresses.push(Address {
                    url,
                    is_named: false,
                });
            }
        }
        Ok(Self { addresses })
    }
}

/// The URL without a slash at its end.
fn checked(url: &str) -> Result<String, Error> {
    let parsed = Url::parse(url).ok().filter(|parsed| {
        let is_http = matches!(parsed.scheme(), "http" | "https");
        is_http
            && parsed.username().is_empty()
            && parsed.password().is_none()
            && parsed.query().is_none()
            && !url.contains([' ', '#', '@'])
            && url.contains("://")
    });
    match parsed {
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
        None => Err(Error::InvalidInput(format!(
            "`--url` is `{url}`, expected `http://HOST:PORT` or `https://HOST/v1`, without user, \
             query and fragment"
        ))),
    }
}

/// Whether a URL is of this machine.
#[must_use]
pub fn is_local(url: &str) -> bool {
    local_port(url).is_some()
}

/// The port of a URL of this machine.
fn local_port(url: &str) -> Option<u16> {
    let url = Url::parse(url).ok()?;
    let is_local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    is_local.then(|| url.port_or_known_default()).flatten()
}
