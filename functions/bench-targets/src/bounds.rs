//! How long a connection may take, and how much of an answer is taken in, so
//! that no server can fill the memory.
//!
//! The highest token limit of a configuration asks for about half a megabyte of
//! text; an answer with the details of every token is several times as long.

use std::time::Duration;

use crate::failure::Failure;

/// How long a connection may take to come about. A call whose connection does
/// not is counted as `not_ready`.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How often an idle connection shows that it is alive. NAT gateways, load balancers and
/// endpoints of a VPC drop one that is silent for 350 s, and a model may think for longer.
pub(crate) const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// The most bytes of an answer in one piece.
pub(crate) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The most bytes of a line of a stream.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024 * 1024;

/// The most bytes of a frame of an event stream: a frame is a piece.
pub(crate) const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;

/// The most bytes of text.
pub(crate) const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// Something is longer than it may be.
pub(crate) fn too_long(what: &str, most: usize) -> Failure {
    Failure::invalid(format!(
        "{what} is longer than {most} bytes, more than any token limit allows"
    ))
}
