//! What calls consume: tokens, machine time, billing windows.

mod calls;
mod interval_set;
mod target;
mod windows;

pub use calls::Usage;
pub use target::{PhaseUsage, TargetUsage};
pub use windows::{Span, Windows};

pub(crate) use calls::{HOUR_US, is_awake, span};
pub(crate) use windows::WINDOW_US;
