//! One module per wire protocol behind one trait, [`Model`]; the only place
//! that times a call.
//!
//! In comes a target of a validated configuration and a [`CompletionRequest`], out goes
//! a [`Sample`](bench_core::sample::Sample). [`connect`] builds the
//! client once, [`measure()`] makes one call and never fails: a call that went
//! wrong is a measurement of that.
//!
//! # Invariants
//!
//! - One call is one request. Clients never retry, follow no redirect, and
//!   nothing waits inside the timed region.
//! - A stream is read to the end of its answer before the clock stops: its `[DONE]`, or
//!   its finish reason with the counts behind it. What the connection does behind that
//!   is not measured.
//! - Text, tokens and times are the service's or they are absent; pieces of a
//!   stream are never counted as tokens.

mod aws;
mod aws_openai;
mod bedrock;
mod bounds;
mod connect;
mod dialect;
mod ending;
mod error;
mod failure;
mod http;
mod json_document;
mod judge;
mod key;
mod measure;
mod model;
mod probe;
mod reasoning;
mod retry_after;
mod sagemaker;
mod secret;
mod sse;
mod stall;
mod stall_log;
mod stopwatch;
mod stream;
mod target_env;

#[cfg(test)]
mod odd_answers;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod testing;

pub use aws_openai::AwsOpenAi;
pub use bedrock::Bedrock;
pub use connect::{AnyModel, connect};
pub use error::ConnectError;
pub use failure::Failure;
pub use http::Http;
pub use measure::{Limit, Scheduled, measure, measure_scheduled, requested};
pub use model::{CompletionRequest, Instead, Model, Reply};
pub use sagemaker::SageMaker;
pub use stall_log::StallLog;
pub use stopwatch::{Kind, Stopwatch};
pub use target_env::TargetEnv;
