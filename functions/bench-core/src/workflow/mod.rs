//! The size of a run in Lambda and Step Functions, known before it starts: invocations,
//! history events, chunks and the bytes of a state, each at its worst.

mod chunks;
mod events;
mod invocations;
mod load;
mod quotas;
mod size;

pub use chunks::{PromptTooLarge, chunk_count, chunks, prompts_per_chunk};
pub use events::{
    CHUNK_EVENTS, INVOCATION_EVENTS, MACHINE_EVENTS, PROBE_EVENTS, PROMPT_EVENTS,
    RETRIES_PER_INVOCATION, RETRY_EVENTS, TARGET_EVENTS, chunk_events, target_events,
};
pub use invocations::{PROBE_INTERVAL_S, max_invocations, max_probes};
pub use load::{
    LOAD_EVENTS, LOAD_WAIT_EVENTS, LoadSize, LoadTooLarge, MAX_WORKERS_OF_STEP, Parts, STEP_EVENTS,
    WORKER_EVENTS, WORKER_FAILURE_EVENTS, load_poll_s, max_step_s, max_workers,
};
pub use quotas::{
    INVOCATION_MARGIN_S, LOAD_LEAD_S, MAX_CHUNK_EVENTS, MAX_CHUNK_PROMPTS, MAX_HISTORY_EVENTS,
    MAX_INVOCATION_S, MAX_LOAD_EVENTS, MAX_PAUSE_S, MAX_STATE_BYTES, MAX_WORK_BYTES,
    STATE_MARGIN_BYTES,
};
pub use size::{RunSize, RunTooLarge, TargetSize};
