//! Token counts out of what servers say of their usage, in one event or in several.

use super::json::Json;
use crate::model::Reply;

/// Adds the counts of a `usage` object. Counts go up as an answer goes on, and some
/// events say 0 or nothing: the largest number is the whole.
pub(super) fn add_usage(usage: &Json<'_>, reply: &mut Reply) {
    // All of the prompt; cached tokens are a part of it.
    let input = first(usage, &["prompt_tokens", "input_tokens"]);
    raise(&mut reply.input_tokens, input);
    let output = first(usage, &["completion_tokens", "output_tokens"]);
    raise(&mut reply.output_tokens, output);
    raise(&mut reply.total_tokens, usage.get("total_tokens").count());
    let reasoning = ["completion_tokens_details", "output_tokens_details"]
        .iter()
        .find_map(|name| usage.get(name).get("reasoning_tokens").count());
    raise(
        &mut reply.reasoning_tokens,
        reasoning.or_else(|| usage.get("reasoning_tokens").count()),
    );
    let cached = ["prompt_tokens_details", "input_tokens_details"]
        .iter()
        .find_map(|name| usage.get(name).get("cached_tokens").count());
    raise(
        &mut reply.cached_input_tokens,
        cached.or_else(|| first(usage, &["cached_tokens", "prompt_cache_hit_tokens"])),
    );
}

/// The first count that is there.
fn first(fields: &Json<'_>, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| fields.get(name).count())
}

/// Keeps the larger of two counts.
pub(crate) fn raise(known: &mut Option<u64>, found: Option<u64>) {
    *known = (*known).max(found);
}
