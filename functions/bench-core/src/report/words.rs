//! What the report says in sentences.

use std::collections::BTreeMap;

use super::{
    format::duration,
    model::{Report, TargetReport},
};
use crate::{
    config::Cache,
    plan::Plan,
    sample::{Phase, Sample},
};

/// A client that was held up for longer than this is named in a warning.
const STALL_US: u64 = 20_000;

/// The answer in two or three sentences. Simulated targets are no finding, so
/// they are never ranked.
#[must_use]
pub fn headline(report: &Report) -> Vec<String> {
    let mut sentences = vec![completeness(report)];
    let mut real: Vec<(&TargetReport, f64)> = report
        .targets
        .iter()
        .filter(|target| !target.simulated)
        .filter_map(|target| Some((target, target.latency_ms.mean?)))
        .collect();
    real.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    if let [(least, mean), .., (most, longest)] = real.as_slice() {
        sentences.push(format!(
            "Mean latency lay between {} at {} and {} at {}.",
            duration(*mean),
            least.id,
            duration(*longest),
            most.id
        ));
    } else if let [(only, mean)] = real.as_slice() {
        sentences.push(format!(
            "Mean latency of {} was {}.",
            only.id,
            duration(*mean)
        ));
    }
    sentences
}

fn completeness(report: &Report) -> String {
    let (made, planned) = report
        .targets
        .iter()
        .fold((0, 0), |(made, planned), target| {
            (made + target.calls.measured, planned + target.calls.planned)
        });
    let failed: u64 = report
        .targets
        .iter()
        .map(|target| target.calls.failed)
        .sum();
    let failures = if failed == 0 {
        String::new()
    } else {
        format!(", {failed} of them failed")
    };
    if report.run.complete {
        return format!("The run is complete: {made} measured calls{failures}.");
    }
    format!(
        "The run is incomplete, {made} of {planned} measured calls were made{failures}: {}.",
        report.run.incomplete_reasons.join("; ")
    )
}

/// Why a run is not whole, a sentence a target.
pub(super) fn incomplete_reasons(targets: &[TargetReport]) -> Vec<String> {
    targets
        .iter()
        .filter_map(|target| {
            let (id, calls) = (&target.id, &target.calls);
            if target.readiness.probes > 0 && !target.readiness.ready && calls.measured == 0 {
                let last = target
                    .readiness
                    .last_error
                    .as_deref()
                    .unwrap_or("no reason is known");
                return Some(format!("target `{id}` never got ready: {last}"));
            }
            if calls.missing > 0 {
                let (missing, planned) = (calls.missing, calls.planned);
                return Some(format!(
                    "target `{id}` lacks {missing} of {planned} measured calls"
                ));
            }
            (calls.ok == 0).then(|| {
                format!(
                    "target `{id}` answered none of {} measured calls",
                    calls.measured
                )
            })
        })
        .collect()
}

/// A failed call in one line: how it ended, in whose words.
pub(super) fn failure(sample: &Sample) -> String {
    let m = &sample.measurement;
    [
        Some(m.outcome.as_str()),
        m.error_code.as_deref(),
        m.error_message.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(": ")
}

/// What may mislead.
pub(super) fn warnings(plan: &Plan, targets: &[TargetReport], samples: &[&Sample]) -> Vec<String> {
    let mut warnings = Vec::new();
    let simulated: Vec<&str> = targets
        .iter()
        .filter(|target| target.simulated)
        .map(|target| target.id.as_str())
        .collect();
    if !simulated.is_empty() {
        warnings.push(format!(
            "simulated targets are test equipment and say nothing about any service: {}; their \
             answers come {} times faster than the published ones",
            simulated.join(", "),
            plan.config.simulation.time_scale
        ));
    }
    for target in targets.iter().filter(|target| target.calls.failed > 0) {
        let (failed, measured) = (target.calls.failed, target.calls.measured);
        warnings.push(format!(
            "{failed} of {measured} measured calls to {} failed; its latencies are of the \
             answered ones alone",
            target.id
        ));
    }
    for target in targets.iter().filter(|target| target.truncated > 0) {
        warnings.push(format!(
            "the token limit cut off {} of {} answers of {}; their latency and length would be \
             greater without it",
            target.truncated, target.calls.ok, target.id
        ));
    }
    if plan.prompts.len() < 80 && targets.iter().any(|target| target.latency_ms.p95.is_some()) {
        warnings.push(format!(
            "with {} prompts p95 mostly tells of the prompts with the longest answers",
            plan.prompts.len()
        ));
    }
    if plan.config.method.cache == Cache::Warm && plan.config.method.warmup > 0 {
        warnings.push(
            "every prompt is repeated as it is, so measured calls may be hits of a prefix cache"
                .to_owned(),
        );
    }
    let stalled = samples
        .iter()
        .filter(|sample| sample.phase == Phase::Measured)
        .filter(|sample| {
            sample
                .measurement
                .stall_us
                .is_some_and(|stall| stall > STALL_US)
        })
        .count();
    if stalled > 0 {
        warnings.push(format!(
            "the measuring client itself was held up for more than {} ms during {stalled} measured \
             calls",
            STALL_US / 1_000
        ));
    }
    warnings
}

/// Every term of the report.
pub(super) fn definitions() -> BTreeMap<String, String> {
    [
        (
            "latency",
            "From just before a request is sent to the last byte of its answer, on one monotonic \
             clock; one attempt alone, no wait or retry inside.",
        ),
        (
            "TTFT",
            "Time to the first non-empty token of any kind, reasoning included; streaming only.",
        ),
        (
            "TTFO",
            "Time to the first token that is not reasoning; streaming only.",
        ),
        (
            "percentile",
            "Linear interpolation between the nearest ranks (Hyndman and Fan's type 7) over all \
             measured, answered calls of a target.",
        ),
        (
            "standard deviation",
            "Of the sample, with n - 1; of calls to all prompts together.",
        ),
        (
            "warm-up",
            "The first calls of each prompt: stored and shown, in no figure.",
        ),
        (
            "measured",
            "The calls after the warm-up; figures are made of the answered ones.",
        ),
        (
            "success rate",
            "Answered calls divided by measured calls that were made.",
        ),
        (
            "right",
            "The final answer equals the dataset's as an exact decimal; an answer that cannot be \
             found is wrong.",
        ),
        (
            "output tokens",
            "As the service counted them, reasoning included; absent where it does not count.",
        ),
        (
            "ms per output token",
            "Mean over calls of latency divided by output tokens.",
        ),
        (
            "complete",
            "Every planned measured call was made, and every target answered at least one.",
        ),
        (
            "simulated",
            "Served by hostbench's own simulator: test equipment, no finding about any service.",
        ),
    ]
    .into_iter()
    .map(|(term, definition)| (term.to_owned(), definition.to_owned()))
    .collect()
}
