//! Statistics of groups of calls: figures with confidence intervals, and comparisons
//! of two groups on the same prompts.
//!
//! [`Figure`] is the shape in which every figure is passed on; the methods that make
//! figures are there with the feature `methods`, which is on by default: a crate that
//! only passes figures on is built without their libraries. Figures come from whole
//! microseconds and counts, summed exactly, so that they do not depend on the order
//! in which calls arrive. Prompts are what is sampled; repetitions of one prompt are
//! never taken for independent.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

mod blocks;
mod figure;
#[cfg(feature = "methods")]
mod methods;
mod random;
mod reason;

/// Confidence of every interval.
pub const LEVEL: f64 = 0.95;

pub use blocks::{
    BlockEstimate, BlockShare, ShareInterval, calls_needed, late_to_early, mean_of_blocks,
    share_of_blocks,
};
pub use figure::{Estimate, Figure, Interval, Missing};
#[cfg(feature = "methods")]
pub use methods::*;
pub use random::SplitMix64;
pub use reason::{FigureMethod, Note, Unavailable};
