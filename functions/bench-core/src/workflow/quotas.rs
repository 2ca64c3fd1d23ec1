//! Quotas of AWS, and how much of them a run is planned with.

/// The most bytes a state of the state machine may carry: a quota of Step Functions. A state
/// beyond it fails the execution, and no `Catch` sees it.
pub const MAX_STATE_BYTES: usize = 256 * 1024;

/// Bytes of a state that are kept free: the result of a Lambda arrives with the headers and
/// the metadata of its response, and both count.
pub const STATE_MARGIN_BYTES: usize = 4 * 1024;

/// The most bytes of the planner's answer.
pub const MAX_WORK_BYTES: usize = MAX_STATE_BYTES - STATE_MARGIN_BYTES;

/// The most events the history of an execution may have: a quota of Step Functions. The
/// execution fails at it, and no `Catch` sees it.
pub const MAX_HISTORY_EVENTS: u32 = 25_000;

/// The most events that a chunk is planned with. What is left to [`MAX_HISTORY_EVENTS`] is
/// for hours of throttling.
pub const MAX_CHUNK_EVENTS: u32 = 15_000;

/// The most events that the load of a target is planned with.
pub const MAX_LOAD_EVENTS: u32 = 20_000;

/// Seconds from the plan of a step of a load to its start on AWS: its workers are Lambdas
/// that have to start first.
pub const LOAD_LEAD_S: u32 = 15;

/// Seconds for each target of a run between two questions whether another one's load is
/// over.
pub(super) const LOAD_POLL_S: u32 = 30;

/// The most prompts of a chunk.
pub const MAX_CHUNK_PROMPTS: u32 = 500;

/// The longest invocation of a Lambda, in seconds, which the invokers have.
pub const MAX_INVOCATION_S: u32 = 900;

/// Seconds that an invoker keeps free at the end of an invocation, to store the last sample
/// and to answer.
pub const INVOCATION_MARGIN_S: u32 = 5;

/// The longest pause between two attempts at a call, in seconds.
pub const MAX_PAUSE_S: u32 = 30;
