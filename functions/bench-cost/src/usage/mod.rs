//! What calls consume: tokens, machine time, billing windows.

mod calls;
mod interval_set;
mod span;
mod target;
mod windows;

pub use calls::Usage;
pub use span::Span;
pub use target::{PhaseUsage, TargetUsage};
pub use windows::Windows;

pub(crate) use calls::{HOUR_US, is_awake, span};
pub(crate) use windows::WINDOW_US;
