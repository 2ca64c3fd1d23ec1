//! The pure definition of a run.
//!
//! Configuration, prompts, plan, samples, usage, grading, identities, money and the size
//! of a run in Step Functions. In come
//! text and values, out go values and text; nothing here does I/O, reads a clock or
//! knows a client of AWS.

pub mod aws_service;
pub mod config;
pub mod dataset;
pub mod grading;
pub mod hash;
pub mod identity;
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
