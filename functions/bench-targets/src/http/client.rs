//! The settings of HTTP clients that are measured.

use std::net::IpAddr;

use bench_core::{
    config::Target,
    text::{self, TextFault},
};
use reqwest::{Certificate, Client, ClientBuilder, Url, header::HeaderMap, redirect, retry};

use super::connecting;
use crate::{
    bounds::{CONNECT_TIMEOUT, TCP_KEEPALIVE},
    error::ConnectError,
    failure::error_chain,
};

/// A client that sends each request once, follows no redirect and waits for an answer
/// without a limit of its own; `ca` holds more certificates to trust, as PEM.
pub(crate) fn client(
    headers: HeaderMap,
    ca: Option<&[u8]>,
    url: &Url,
    target: &Target,
) -> Result<Client, ConnectError> {
    let mut builder = Client::builder()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .connector_layer(connecting::TimeConnecting)
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
