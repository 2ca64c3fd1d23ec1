//! The most there may be of what a run counts.

/// The most prompts one run may have.
pub const MAX_PROMPTS: u32 = 2_000;

/// The most targets one run may have.
pub const MAX_TARGETS: usize = 40;

/// The most attempts at one call.
pub const MAX_ATTEMPTS: u32 = 10;

/// The longest prompt that a run may be padded to, in input tokens.
pub const MAX_INPUT_TOKENS: u32 = 1_000_000;

/// The longest answer that a call may ask for, in output tokens.
pub const MAX_OUTPUT_TOKENS: u32 = 131_072;
