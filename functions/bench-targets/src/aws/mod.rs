//! What the clients of AWS services have in common.

mod client;
mod frames;
mod response_head;
mod sdk_failure;

pub(crate) use client::{AwsService, config_for};
pub(crate) use response_head::{Connections, ResponseHead};
