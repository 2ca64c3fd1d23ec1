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
}
