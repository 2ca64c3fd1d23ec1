//! HTTP clients that are measured: their settings, and the connections that they open ahead
//! of calls.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use bench_core::{
    config::Target,
    text::{self, TextFault},
};
use futures::{StreamExt as _, future::ready, stream};
use reqwest::{
    Certificate, Client, ClientBuilder, Url,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect, retry,
};

use super::{connecting::Connecting, spare::Spare};
use crate::{
    bounds::{CONNECT_TIMEOUT, TCP_KEEPALIVE},
    error::ConnectError,
    failure::error_chain,
};

/// Connections that are opened ahead of calls at a time: a server has a queue of some
/// hundred for them.
const CONCURRENT_CONNECTS: usize = 16;

/// A client that sends each request once, follows no redirect and waits for an answer
/// without a limit of its own. Clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    /// Makes the calls.
    pub(super) calls: Client,
    /// Connections that were opened ahead of them.
    pub(super) spare: Spare,
    opener: Arc<Opener>,
}

/// A client that opens connections and sends nothing, built when the first is wanted.
#[derive(Debug)]
struct Opener {
    url: Url,
    target: Target,
    ca: Option<Vec<u8>>,
    client: OnceLock<Option<Client>>,
}

impl HttpClient {
    /// The client for a URL of a target, whose requests have these headers; `ca` holds more
    /// certificates to trust, as PEM.
    pub(crate) fn new(
        mut headers: HeaderMap,
        ca: Option<&[u8]>,
        url: &Url,
        target: &Target,
    ) -> Result<Self, ConnectError> {
        // Decoding is not part of what is measured; what is encoded all the same is decoded.
        let identity = HeaderValue::from_static("identity");
        headers.entry(ACCEPT_ENCODING).or_insert(identity);
        let spare = Spare::default();
        let for_calls = Connecting::ForCalls(spare.clone());
        Ok(Self {
            calls: client(headers, ca, url, target, for_calls)?,
            spare,
            opener: Arc::new(Opener {
                url: url.clone(),
                target: target.clone(),
                ca: ca.map(<[u8]>::to_vec),
                client: OnceLock::new(),
            }),
        })
    }

    /// Opens connections until so many are open that no call has used, and gives how many
    /// are.
    pub(crate) async fn open_connections(&self, count: usize) -> usize {
        let open = self.spare.count();
        let missing = count.saturating_sub(open);
        if missing == 0 {
            return open;
        }
        let Some(opener) = self.opener.client(&self.spare) else {
            return open;
        };
        let url = &self.opener.url;
        let opening = (0..missing).map(|_| opener.head(url.clone()).send());
        // What goes wrong goes wrong with a call as well.
        let opening = stream::iter(opening).buffer_unordered(CONCURRENT_CONNECTS);
        opening.for_each(|_| ready(())).await;
        self.spare.count()
    }
}

impl Opener {
    /// The client; `None` where it cannot be built, as the one for calls.
    fn client(&self, spare: &Spare) -> Option<&Client> {
        let build = || {
            let ahead = Connecting::Ahead(spare.clone());
            let ca = self.ca.as_deref();
            client(HeaderMap::new(), ca, &self.url, &self.target, ahead).ok()
        };
        self.client.get_or_init(build).as_ref()
    }
}

fn client(
    headers: HeaderMap,
    ca: Option<&[u8]>,
    url: &Url,
    target: &Target,
    connecting: Connecting,
) -> Result<Client, ConnectError> {
    let mut builder = Client::builder()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .connector_layer(connecting)
        .default_headers(headers)
        .tcp_keepalive(TCP_KEEPALIVE)
        .tcp_nodelay(true);
    if target.simulated || is_loopback(url) {
        builder = builder.no_proxy();
    }
    if let Some(pem) = ca {
        builder =
            with_root_certificates(builder, pem).map_err(|fault| ConnectError::Certificates {
                target: target.id.clone(),
                fault,
            })?;
    }
    builder.build().map_err(|error| ConnectError::Client {
        target: target.id.clone(),
        fault: error_chain(&error),
    })
}

fn with_root_certificates(builder: ClientBuilder, pem: &[u8]) -> Result<ClientBuilder, String> {
    // Comments may be in any encoding that contains ASCII.
    let pem = match text::decode(pem) {
        Ok(text) => text.as_bytes(),
        Err(TextFault::NotUtf8 { .. }) => pem,
        Err(fault) => return Err(format!("the file {fault}")),
    };
    let certificates = Certificate::from_pem_bundle(pem).map_err(|error| error_chain(&error))?;
    if certificates.is_empty() {
        return Err("the file holds no certificate, expected PEM".to_owned());
    }
    Ok(builder.tls_certs_merge(certificates))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}
