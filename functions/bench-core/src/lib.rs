//! What a run is.
//!
//! What a configuration means, which calls a run consists of, what a sample
//! holds, whether an answer is correct, and money. In come text and values, out
//! go values and text; nothing here fails because of the outside world, and
//! nothing here has heard of AWS.

pub mod config;
pub mod dataset;
pub mod grading;
pub mod identity;
pub mod money;
pub mod objective;
pub mod plan;
pub mod run_index;
pub mod sample;
