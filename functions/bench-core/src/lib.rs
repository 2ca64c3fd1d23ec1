//! The pure heart of hostbench.
//!
//! Everything that can be decided without a network, a clock or an account is
//! decided here: what a configuration means, which calls a run consists of,
//! whether an answer is right, what the samples say, and how the report reads.
//! In come text and values, out go values and text; nothing here fails because
//! of the outside world, and nothing here has heard of AWS.

pub mod config;
pub mod cost;
pub mod dataset;
pub mod grading;
pub mod plan;
pub mod rebuild;
pub mod report;
pub mod sample;
pub mod schema;
pub mod stats;
