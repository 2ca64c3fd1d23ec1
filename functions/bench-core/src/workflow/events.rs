//! Events in the history of an execution.
//!
//! A Lambda call makes five events (the state entered, the task scheduled, started and
//! succeeded, the state left), a Choice, Pass or Wait two, an iteration of a Map two around
//! its states. A test holds the numbers to the definition of the state machine.

use super::invocations::max_probes;
use crate::config::Target;

/// Events of a prompt apart from its invocations: its iteration, and the Pass that ends it.
pub const PROMPT_EVENTS: u32 = 4;

/// Events of an invocation that measures a prompt: the Lambda call, and the Choice behind it.
pub const INVOCATION_EVENTS: u32 = 7;

/// Events of an attempt at a Lambda call that failed and is retried.
pub const RETRY_EVENTS: u32 = 3;

/// Retried attempts that each invocation is planned with.
pub const RETRIES_PER_INVOCATION: u32 = 4;

/// Events of a chunk apart from its prompts: start and end of the execution, and the Map.
pub const CHUNK_EVENTS: u32 = 6;

/// Events of a probe that finds its target not ready: the Lambda call, a Choice and a Wait.
pub const PROBE_EVENTS: u32 = 9;

/// Events that a target's execution is planned with apart from its probes and its machine:
/// its chunks, which each pass over them counts with six events, and retries.
pub const TARGET_EVENTS: u32 = 1_000;

/// Events that a target's execution is planned with for its machine: the wait of two days, a
/// retry a minute, for a machine that another run has, and its start and stop.
pub const MACHINE_EVENTS: u32 = 10_000;

/// Events of a prompt that takes so many invocations, with their retries.
pub(super) fn prompt_events(invocations: u32) -> u32 {
    let each = INVOCATION_EVENTS + RETRIES_PER_INVOCATION * RETRY_EVENTS;
    invocations
        .saturating_mul(each)
        .saturating_add(PROMPT_EVENTS)
}

/// Events in the history of a chunk of so many prompts that take so many invocations each.
///
/// ```
/// use bench_core::workflow::chunk_events;
/// // Each prompt 4 + 4 · (7 + 4 · 3) = 80 events.
/// assert_eq!(chunk_events(187, 4), 187 * 80 + 6);
/// ```
#[must_use]
pub fn chunk_events(prompts: u32, invocations: u32) -> u32 {
    prompts
        .saturating_mul(prompt_events(invocations))
        .saturating_add(CHUNK_EVENTS)
}

/// Events in the history of a target's execution, at most.
#[must_use]
pub fn target_events(target: &Target) -> u32 {
    let each = PROBE_EVENTS + RETRIES_PER_INVOCATION * RETRY_EVENTS;
    let machine = match target.lifecycle {
        Some(_) => MACHINE_EVENTS,
        None => 0,
    };
    max_probes(target)
        .saturating_mul(each)
        .saturating_add(TARGET_EVENTS + machine)
}
