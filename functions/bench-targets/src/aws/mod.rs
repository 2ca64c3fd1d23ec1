//! What the clients of AWS services have in common.

mod answer_head;
mod client;
mod frames;
mod sdk_failure;

pub(crate) use answer_head::{AnswerHead, Connections};
pub(crate) use client::{AwsService, config_for};
pub(crate) use sdk_failure::of_call;
