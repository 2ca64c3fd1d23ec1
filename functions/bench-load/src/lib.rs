//! Conclusions from a load: whether a step was steady, whether it kept the objective, which step
//! comes next, and how much load a target sustains.
//!
//! In go the plans of steps and what their samples add up to
//! ([`bench_core::load`]), out come typed conclusions with their numbers. The planner uses
//! them to choose the next step, the report to say what was found; nothing here does I/O or
//! reads a clock.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

mod arrivals;
mod capacity;
mod criteria;
mod dynamics;
mod gave_way;
mod judgment;
mod levels;
mod narrowing;
mod rank;
mod search;
mod sent;
mod service_time;
mod steadiness;
mod step;
mod workers;

pub use arrivals::arrivals;
pub use capacity::{Capacity, OpenEnd, capacity};
pub use criteria::{CriterionShare, ShareOutcome, criterion_shares};
pub use dynamics::Dynamics;
pub use gave_way::GaveWay;
pub use judgment::{LevelOutcome, StepJudgment, judge};
pub use levels::{Level, levels};
pub use rank::{Ranking, rank};
pub use search::{EndReason, Next, next};
pub use sent::WorkersSent;
pub use steadiness::{Steadiness, TooShort};
pub use step::DoneStep;
pub use workers::workers;
