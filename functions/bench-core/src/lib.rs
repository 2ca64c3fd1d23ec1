//! The pure definition of a run.
//!
//! Configuration, prompts, plan, samples, steps of a load, usage, grading, identities, money
//! and the size of a run in Step Functions. In come
//! text and values, out go values and text; nothing here does I/O, reads a clock or
//! knows a client of AWS.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

pub mod aws_service;
pub mod config;
pub mod dataset;
pub mod fit;
pub mod grading;
pub mod hash;
pub mod identity;
pub mod load;
pub mod message;
pub mod money;
pub mod objective;
pub mod plan;
pub mod prompt;
pub mod reasoning;
pub mod run_index;
pub mod run_input;
pub mod sample;
pub mod task;
pub mod text;
pub mod usage;
pub mod workflow;
