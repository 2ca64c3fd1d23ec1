//! What the pipeline itself uses and costs.

mod cost;
mod tally;

pub use cost::{PipelineCost, PipelineLine, PipelineUsage};
pub use tally::PipelineTally;
