//! The answers, prompt by prompt and side by side across targets.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years"
)]

use std::{cmp::Reverse, collections::HashMap};

use super::model::{AnswerCount, PromptAtTarget, PromptReport};
use crate::{
    config::Target,
    dataset::Prompt,
    plan::Plan,
    sample::{Phase, Sample},
    stats::ExactMoments,
};

/// The most characters of a response that the report quotes; `samples.jsonl`
/// has the whole.
const LONGEST_EXAMPLE: usize = 4_000;

/// One entry a prompt of the plan. The samples are in order.
pub(super) fn build(plan: &Plan, samples: &[&Sample]) -> Vec<PromptReport> {
    let mut of_cell: HashMap<(u32, &str), Vec<&Sample>> = HashMap::new();
    for sample in samples
        .iter()
        .filter(|sample| sample.phase == Phase::Measured)
    {
        of_cell
            .entry((sample.prompt_index, &sample.target_id))
            .or_default()
            .push(sample);
    }
    let cell = |prompt: &Prompt, target: &Target| {
        let calls = of_cell.get(&(prompt.index, target.id.as_str()));
        at_target(target, calls.map_or(&[], Vec::as_slice))
    };
    plan.prompts
        .iter()
        .map(|prompt| PromptReport {
            id: prompt.id.clone(),
            index: prompt.index,
            question: prompt.question.clone(),
            expected_answer: prompt.expected_answer.clone(),
            targets: plan
                .config
                .targets
                .iter()
                .map(|target| cell(prompt, target))
                .collect(),
        })
        .collect()
}

fn at_target(target: &Target, calls: &[&Sample]) -> PromptAtTarget {
    let ok: Vec<&Sample> = calls
        .iter()
        .copied()
        .filter(|sample| sample.is_ok())
        .collect();
    let latencies: Vec<u64> = ok
        .iter()
        .map(|sample| sample.measurement.latency_us)
        .collect();
    let tokens: Vec<u64> = ok
        .iter()
        .filter_map(|sample| sample.measurement.output_tokens)
        .collect();
    let ms = |micros: f64| micros / 1_000.0;
    PromptAtTarget {
        target_id: target.id.clone(),
        simulated: target.simulated,
        ok: ok.len() as u64,
        failed: (calls.len() - ok.len()) as u64,
        correct: ok
            .iter()
            .filter(|sample| sample.correct == Some(true))
            .count() as u64,
        answers: answers(&ok),
        mean_latency_ms: mean(&latencies).map(ms),
        min_latency_ms: latencies.iter().min().map(|least| ms(*least as f64)),
        max_latency_ms: latencies.iter().max().map(|most| ms(*most as f64)),
        mean_output_tokens: mean(&tokens),
        example: ok.first().and_then(|sample| example(sample)),
    }
}

fn mean(values: &[u64]) -> Option<f64> {
    let mut moments = ExactMoments::default();
    for value in values {
        moments.push(*value);
    }
    (moments.count() > 0).then(|| moments.moments().mean)
}

fn answers(ok: &[&Sample]) -> Vec<AnswerCount> {
    let mut counts: Vec<AnswerCount> = Vec::new();
    for sample in ok {
        match counts
            .iter_mut()
            .find(|count| count.answer == sample.answer)
        {
            Some(count) => count.count += 1,
            None => counts.push(AnswerCount {
                answer: sample.answer.clone(),
                count: 1,
                correct: sample.correct == Some(true),
            }),
        }
    }
    counts.sort_by(|a, b| (Reverse(a.count), &a.answer).cmp(&(Reverse(b.count), &b.answer)));
    counts
}

fn example(sample: &Sample) -> Option<String> {
    let text = sample.measurement.response_text.as_deref()?;
    if text.chars().count() <= LONGEST_EXAMPLE {
        return Some(text.to_owned());
    }
    let head: String = text.chars().take(LONGEST_EXAMPLE).collect();
    Some(format!("{head}… [cut here; `samples.jsonl` has the whole]"))
}
