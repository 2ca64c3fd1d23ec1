//! The bodies of requests that AWS clients send.

use axum::{body::Bytes, http::HeaderMap};

/// The body of a request, without the chunks of a trailing checksum.
#[must_use]
pub fn content(headers: &HeaderMap, body: Bytes) -> Bytes {
    if !headers.contains_key("x-amz-trailer") {
        return body;
    }
    let mut content = Vec::with_capacity(body.len());
    let mut rest = &body[..];
    while let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).unwrap_or_default();
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16);
        let start = line + 2;
        match size {
            Ok(size) if size > 0 && start + size + 2 <= rest.len() => {
                content.extend_from_slice(&rest[start..start + size]);
                rest = &rest[start + size + 2..];
            }
            _ => break,
        }
    }
    content.into()
}
