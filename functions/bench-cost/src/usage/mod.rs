//! Usage as it is paid for: by phase and prompt, in billing windows.

mod cost;
mod interval_set;
mod target;
mod windows;

pub use target::{PhaseUsage, TargetUsage};
pub use windows::Windows;

pub(crate) use cost::{HOUR_US, cost, kept_active, token_cost};
pub(crate) use windows::WINDOW_US;
