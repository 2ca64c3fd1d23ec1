//! The facts of a run that its samples show.

use std::collections::BTreeSet;

use bench_core::{dataset::Prompt, identity::TargetId};
use jiff::Timestamp;

/// Facts of a run that its samples show.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) samples: u64,
    pub(super) targets: BTreeSet<TargetId>,
    pub(super) last_target: Option<TargetId>,
    pub(super) prompts: Vec<Option<Prompt>>,
    pub(super) repetitions: u32,
    pub(super) warmup: u32,
    pub(super) started_at: Option<Timestamp>,
    /// The longest call, in microseconds.
    pub(super) longest_us: u64,
    /// Whether any call was made by no Lambda.
    pub(super) without_function: bool,
}

impl Seen {
    /// The longest call in seconds, started ones counted whole.
    pub(super) fn longest_s(&self) -> u32 {
        u32::try_from(self.longest_us.div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }
}
