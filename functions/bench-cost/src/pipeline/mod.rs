//! The usage and the cost of the pipeline itself.

mod cost;
mod tally;

pub use cost::{PipelineCost, PipelineLine, PipelineUsage};
pub use tally::{MeasuredRuns, PipelineTally};
