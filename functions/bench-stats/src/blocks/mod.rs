//! Figures of a window of time that is cut into blocks.
//!
//! Calls of one block meet the same load, and are alike; blocks stand for themselves. So the
//! spread is taken between blocks, never between calls, with the blocks as clusters of a
//! ratio estimate (Cochran, *Sampling Techniques*, 3rd ed., §6.4 and §9A; the blocks of a
//! simulation's steady state: Law, *Simulation Modeling and Analysis*, 5th ed., §9.5.3).

mod mean;
mod share;
mod t;

pub use mean::{BlockEstimate, late_to_early, mean_of_blocks};
pub use share::{BlockShare, ShareInterval, calls_needed, share_of_blocks};
