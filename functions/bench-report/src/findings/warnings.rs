//! What the report says in sentences.

use crate::{
    Accumulator,
    findings::verdicts,
    model::{Comparison, TargetReport, WarmUpVerdict},
    render::format::percent,
};
use bench_core::{config::Cache, plan::Plan, sample::Outcome};
use bench_stats::Unavailable;

/// Why a run is not whole, a sentence a target.
pub(crate) fn incomplete_reasons(targets: &[TargetReport]) -> Vec<String> {
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
                let why = if not_made(target) > 0 {
                    ", since the budget was spent"
                } else {
                    ""
                };
                return Some(format!(
                    "target `{id}` lacks {missing} of {planned} measured calls{why}"
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

/// Calls of a target that the budget left no money for, warm-ups included.
fn not_made(target: &TargetReport) -> u64 {
    let not_made = target.failures.iter();
    not_made
        .filter(|class| class.outcome == Outcome::Budget)
        .map(|class| class.count)
        .sum()
}

/// That the budget was spent, and what was left out for it.
fn spent(plan: &Plan, targets: &[TargetReport]) -> Option<String> {
    let not_made: u64 = targets.iter().map(not_made).sum();
    let budget = plan.config.budget()?;
    (not_made > 0).then(|| {
        format!(
            "the budget of {budget} was spent: {not_made} calls were not made, and what was \
             measured is a part of what was planned"
        )
    })
}

/// What may mislead.
pub(crate) fn warnings(
    plan: &Plan,
    added: &Accumulator,
    targets: &[TargetReport],
    comparisons: &[Comparison],
) -> Vec<String> {
    let mut warnings: Vec<String> = spent(plan, targets).into_iter().collect();
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
    let cache = plan.config.method.cache;
    warnings.extend(targets.iter().flat_map(|target| of_target(target, cache)));
    if plan.prompts.len() < 80
        && targets
            .iter()
            .any(|target| target.timings.latency.p95.value().is_some())
    {
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
    warnings.extend(comparisons.iter().filter_map(verdicts::same_model_warning));
    let stalled: u64 = targets.iter().map(|target| target.stalls.share.count).sum();
    if let Some(limit) = targets.first().map(|target| target.stalls.above_ms)
        && stalled > 0
    {
        warnings.push(format!(
            "the measuring client itself was held up for more than {limit} ms during {stalled} \
             measured calls"
        ));
    }
    let twice: u64 = plan
        .config
        .targets
        .iter()
        .filter_map(|target| added.tally(&target.id))
        .map(|tally| tally.duplicates)
        .sum();
    if twice > 0 {
        warnings.push(format!(
            "{twice} samples have run, target, prompt, repetition and attempt of another sample \
             and were counted again"
        ));
    }
    warnings
}

fn of_target(target: &TargetReport, cache: Cache) -> Vec<String> {
    let mut warnings = Vec::new();
    let (id, calls) = (&target.id, &target.calls);
    if calls.failed > 0 {
        warnings.push(format!(
            "{} of {} measured calls to {id} failed; its latencies are of the answered ones alone",
            calls.failed, calls.measured
        ));
    }
    let hidden: Vec<&str> = target
        .latency_all_ms
        .percentiles()
        .into_iter()
        .filter(|(_, figure)| matches!(figure.reason(), Some(Unavailable::AboveLimit { .. })))
        .map(|(name, _)| name)
        .collect();
    if !hidden.is_empty() {
        warnings.push(format!(
            "so many calls to {id} failed that {} of all its attempts is not finite",
            hidden.join(", ")
        ));
    }
    if target.truncated > 0 {
        warnings.push(format!(
            "the token limit cut off {} of {} answers of {id}; their latency and length would be \
             greater without it",
            target.truncated, calls.ok
        ));
    }
    if target.attempts.repeated > 0 {
        warnings.push(format!(
            "{} of {} attempts at {id} followed a refused or failed one; each counts as it went, \
             and no pause between them is in a latency",
            target.attempts.repeated, target.attempts.made
        ));
    }
    if cache == Cache::Cold && target.cached_calls > 0 {
        warnings.push(format!(
            "{} calls to {id} were served from a prefix cache although a cold one was asked for; \
             its times to the first token are not those of a cold cache",
            target.cached_calls
        ));
    }
    if target.calls_over_limit > 0 {
        warnings.push(format!(
            "{} answers of {id} are longer than was asked for: the service does not know the \
             token limit of this request kind, choose the `request` its model was imported for",
            target.calls_over_limit
        ));
    }
    if let (WarmUpVerdict::TooShort, Some(ratio)) =
        (target.warm_up.verdict, target.warm_up.ratio.value())
    {
        warnings.push(format!(
            "the warm-up of {id} was too short: its first measured repetition was still {} slower \
             than the later ones",
            percent(ratio - 1.0)
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use crate::{build, fixture};
    use bench_core::sample::{Outcome, Phase};

    #[test]
    fn what_the_budget_left_out_is_said_and_is_no_failure_of_the_target() {
        let (mut plan, mut samples) = fixture::run();
        plan.config.budget_usd = Some(5.into());
        for sample in &mut samples {
            let late = sample.prompt_index == 1 && sample.phase == Phase::Measured;
            if sample.target_id == "good" && late {
                sample.outcome = Outcome::Budget;
            }
        }
        let report = build(&plan, &samples);
        let reasons = &report.run.incomplete_reasons;
        let reason = "target `good` lacks 3 of 6 measured calls, since the budget was spent";
        assert!(reasons.iter().any(|said| said == reason), "{reasons:?}");
        assert!(
            report.warnings[0].starts_with("the budget of $5.00 was spent: 3 calls were not made"),
            "{:?}",
            report.warnings
        );
        let good = report.targets.iter().find(|target| target.id == "good");
        let calls = &good.expect("it is there").calls;
        assert_eq!((calls.ok, calls.failed, calls.missing), (3, 0, 3));
    }
}
