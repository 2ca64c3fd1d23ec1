//! What the clients of AWS services have in common.

mod client;
mod frames;
mod response_head;
mod sdk_failure;
mod service;

pub(crate) use client::config_for;
pub(crate) use response_head::{Connections, ResponseHead};
pub(crate) use service::AwsService;
