//! Settings, heads of answers and errors that the clients of AWS services share.

mod client;
mod frames;
mod response_head;
mod sdk_failure;

pub(crate) use client::config_for;
pub(crate) use response_head::{Connections, ResponseHead};
