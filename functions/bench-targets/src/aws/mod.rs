//! Settings, heads of answers, errors and signatures that the clients of AWS services share.

mod access;
mod client;
mod frames;
mod refusal;
mod response_head;
mod sdk_failure;
mod signing;

pub(crate) use access::{Access, BearerKind, Method};
pub(crate) use client::config_for;
pub(crate) use refusal::outcome_of_refusal;
pub(crate) use response_head::{Connections, ResponseHead};
