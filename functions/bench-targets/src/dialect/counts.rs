//! Token counts out of what servers say of their usage, in one event or in several.

use super::{json::Json, member::Member};
use crate::model::Reply;

/// Adds the counts of a `usage` object. Counts go up as an answer goes on, and some
/// events say 0 or nothing: the largest number is the whole.
pub(super) fn add_usage(usage: &Json<'_>, reply: &mut Reply) {
    if !usage.is_object() {
        return;
    }
    // All of the prompt; cached tokens are a part of it.
    let input = first(usage, &[Member::PromptTokens, Member::InputTokens]);
    raise(&mut reply.input_tokens, input);
    let output = first(usage, &[Member::CompletionTokens, Member::OutputTokens]);
    raise(&mut reply.output_tokens, output);
    raise(
        &mut reply.total_tokens,
        usage.get(Member::TotalTokens).count(),
    );
    let reasoning = [Member::CompletionTokensDetails, Member::OutputTokensDetails]
        .iter()
        .find_map(|name| usage.get(*name).get(Member::ReasoningTokens).count());
    raise(
        &mut reply.reasoning_tokens,
        reasoning.or_else(|| usage.get(Member::ReasoningTokens).count()),
    );
    let cached = [Member::PromptTokensDetails, Member::InputTokensDetails]
        .iter()
        .find_map(|name| usage.get(*name).get(Member::CachedTokens).count());
    raise(
        &mut reply.cached_input_tokens,
        cached.or_else(|| first(usage, &[Member::CachedTokens, Member::PromptCacheHitTokens])),
    );
}

/// Keeps the larger of every two counts.
pub(super) fn raise_all(reply: &mut Reply, counted: &Reply) {
    raise(&mut reply.input_tokens, counted.input_tokens);
    raise(&mut reply.output_tokens, counted.output_tokens);
    raise(&mut reply.total_tokens, counted.total_tokens);
    raise(&mut reply.reasoning_tokens, counted.reasoning_tokens);
    raise(&mut reply.cached_input_tokens, counted.cached_input_tokens);
}

/// The first count that is there.
fn first(fields: &Json<'_>, names: &[Member]) -> Option<u64> {
    names.iter().find_map(|name| fields.get(*name).count())
}

/// Keeps the larger of two counts.
pub(crate) fn raise(known: &mut Option<u64>, found: Option<u64>) {
    *known = (*known).max(found);
}
