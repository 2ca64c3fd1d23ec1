//! What the pipeline itself uses and costs.

mod cost;
mod tally;

pub use cost::{Architecture, PipelineCost, PipelineLine, PipelineUsage};
pub use tally::{INVOKER_MEMORY_MB, PipelineTally};
