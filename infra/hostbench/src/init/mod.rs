//! `hostbench init`: what this machine and an AWS account have that could be measured, and
//! the configuration that measures it.

pub mod aws;
pub mod candidate;
pub mod choose;
pub mod found;
pub mod ids;
mod list;
pub mod machine;
pub mod pricing;
pub mod servers;
pub mod toml_text;
pub mod write;
