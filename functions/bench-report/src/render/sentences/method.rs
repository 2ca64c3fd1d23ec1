//! Names of the method's settings, with what each means.

use bench_core::config::{Cache, PromptStyle};

/// A description of a prompt style.
pub(crate) fn prompt_style(style: PromptStyle) -> &'static str {
    match style {
        PromptStyle::Raw => "raw: the problem alone",
        PromptStyle::AnswerLine => {
            "answer-line: the problem and the instruction to end with “#### number”"
        }
        PromptStyle::Boxed => {
            "boxed: the problem and the instruction to put the answer in “\\boxed{}”"
        }
    }
}

/// Whether calls may hit a prefix cache.
pub(crate) fn cache(cache: Cache) -> &'static str {
    match cache {
        Cache::Warm => {
            "warm: prompts are repeated unchanged; measured calls may hit the prefix cache"
        }
        Cache::Cold => "cold: every prompt begins with a nonce, so that no cached prefix matches",
    }
}
