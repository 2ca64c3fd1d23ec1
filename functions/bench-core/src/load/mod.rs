//! A step of a load: its plan, and what its samples add up to.
//!
//! A step has one level: callers of a closed loop, or requests per second of an open one.
//! Its workers start together at a stated time, let the load build up in the ramp, and
//! measure one window. A call belongs to the step by its intended start: to the ramp, or to
//! one of the equal sections of the window, its blocks.
//!
//! A step that is longer than an invocation of its workers can last has several parts. A
//! socket cannot be handed from one Lambda to another, so what is handed over is the next
//! call: from the end of its part on a worker sends nothing, and awaits and stores what is
//! under way. Of an open loop the next worker sends the rest of the same schedule. Of a closed
//! one it makes the next call of each caller once the former worker has written that the
//! caller was answered, some tenths of a second before at most: there are never more calls
//! under way than callers. The window stays one, with one ramp, since calls count by their
//! intended start and not by their worker.

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
