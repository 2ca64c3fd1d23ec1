//! The answers, prompt by prompt and side by side across targets.

use crate::{
    Accumulator,
    model::{PromptAtTarget, PromptReport},
    summary::tally::PromptTally,
};
use bench_core::{config::Target, plan::Plan};

/// One entry a prompt of the plan.
pub(crate) fn build(plan: &Plan, added: &Accumulator) -> Vec<PromptReport> {
    plan.prompts
        .iter()
        .map(|prompt| PromptReport {
            id: prompt.id.clone(),
            index: prompt.index,
            question: known(prompt.plain().into_owned()),
            expected_answer: prompt.expected_answer.clone(),
            targets: plan
                .config
                .targets
                .iter()
                .map(|target| {
                    let tally = added.tally(&target.id);
                    at_target(
                        target,
                        tally.and_then(|tally| tally.cell(prompt.index as usize)),
                    )
                })
                .collect(),
        })
        .collect()
}

/// A text, where there is one.
fn known(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn at_target(target: &Target, cell: Option<&PromptTally>) -> PromptAtTarget {
    let range = cell.and_then(PromptTally::range_ms);
    PromptAtTarget {
        target_id: target.id.clone(),
        simulated: target.simulated,
        ok: cell.map_or(0, |cell| cell.ok),
        failed: cell.map_or(0, |cell| cell.failed),
        correct: cell.map_or(0, |cell| cell.correct),
        graded: cell.map_or(0, |cell| cell.graded),
        answers: cell.map(PromptTally::answer_counts).unwrap_or_default(),
        distinct_responses: cell
            .and_then(PromptTally::texts)
            .map(|(_, distinct)| distinct),
        mean_latency_ms: cell.and_then(PromptTally::mean_latency_ms),
        min_latency_ms: range.map(|(least, _)| least),
        max_latency_ms: range.map(|(_, most)| most),
        mean_output_tokens: cell.and_then(PromptTally::mean_tokens),
        example: cell.and_then(PromptTally::example).map(str::to_owned),
    }
}
