//! A step of a load: its plan, and what its samples add up to.
//!
//! A step has one level: callers of a closed loop, or requests per second of an open one.
//! Its workers start together at a stated time, let the load build up in the ramp, and
//! measure one window. A call belongs to the step by its intended start: to the ramp, or to
//! one of the equal parts of the window, its blocks.

mod plan;
mod record;
mod service_time;
mod tally;
#[cfg(test)]
mod tests;

pub use plan::{BLOCKS, StepPlan};
pub use record::{WorkerRecord, WorkerState};
pub use service_time::level_in_service_time;
pub use tally::{BlockTally, Criterion, StepTally, TallyBuilder};
