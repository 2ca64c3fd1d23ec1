//! The request that shows whether a target answers.

use bench_core::config::{Method, Target};

use crate::model::CompletionRequest;

/// A prompt that any model answers at once.
const PROMPT: &str = "What is 2 + 2? Answer with the number alone.";

/// Enough for a number, too few to wait for.
const MAX_TOKENS: u32 = 16;

impl CompletionRequest<'static> {
    /// A request that costs next to nothing, with the fields of every request to `target`.
    #[must_use]
    pub fn probe(method: &Method, target: &Target) -> Self {
        Self {
            max_tokens: target.sent_max_tokens().map(|_| MAX_TOKENS),
            min_tokens: method.min_tokens.map(|least| least.min(MAX_TOKENS)),
            ignore_eos: method.ignore_eos,
            temperature: target.sent_temperature(),
            top_p: target.sent_top_p(),
            ..Self::of_text(PROMPT)
        }
    }
}
