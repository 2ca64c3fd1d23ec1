//! Counts of tokens.

use serde::{Deserialize, Serialize};

/// Tokens as a service counted them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Tokens {
    /// Of the prompt, cached ones included.
    pub input: u64,
    /// Of the answer, reasoning included.
    pub output: u64,
    /// Of the prompt, held by a prefix cache; at most `input`.
    pub cached: u64,
}

impl Tokens {
    /// The sum, each count at most `u64::MAX`.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cached: self.cached.saturating_add(other.cached),
        }
    }
}
