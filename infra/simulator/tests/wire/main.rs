//! The simulator over real connections: every protocol as a client sees it, and
//! the ground truth beside what the client saw.

mod bedrock;
mod command;
mod ground_truth;
mod http;
mod sagemaker;
mod support;
