//! The simulator over real connections: every protocol as a client sees it, and
//! the ground truth beside what the client saw.

mod bedrock;
mod capacity;
mod command;
mod dialects;
mod faults;
mod ground_truth;
mod http;
mod operations;
mod pace;
mod raw;
mod sagemaker;
mod support;
