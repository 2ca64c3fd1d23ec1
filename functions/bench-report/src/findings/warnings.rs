//! Warnings about the figures of a run.

mod target;

use crate::{
    Accumulator,
    findings::incomplete::{interrupted, not_made},
    model::{ApartPair, Comparison, DifferentLength, LengthUnit, TargetReport, Warning},
};
use bench_core::{config::Cache, plan::Plan};

/// Below so many prompts p95 is decided by those with the longest answers.
const ENOUGH_FOR_P95: usize = 80;

/// Answers of one model differ in length by no more than this.
const LENGTH_MARGIN: f64 = 1.1;

/// All warnings but those about cost, the most important first.
pub(crate) fn warnings(
    plan: &Plan,
    added: &Accumulator,
    targets: &[TargetReport],
    comparisons: &[Comparison],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(budget_spent(plan, targets));
    warnings.extend(interrupted_calls(targets));
    warnings.extend(simulated(plan, targets));
    let method = &plan.config.method;
    warnings.extend(
        targets
            .iter()
            .flat_map(|target| target::refused_fields(plan, target)),
    );
    let denied = |target| target::access_denied(plan, target);
    warnings.extend(targets.iter().filter_map(denied));
    let of_target = |target| target::warnings(target, method);
    warnings.extend(targets.iter().flat_map(of_target));
    let prompts = plan.prompts.len();
    let has_p95 = targets
        .iter()
        .any(|target| target.timings.latency.p95.is_known());
    if prompts < ENOUGH_FOR_P95 && has_p95 {
        let prompts = prompts as u64;
        warnings.push(Warning::FewPrompts { prompts });
    }
    let is_external = targets.iter().any(TargetReport::is_external);
    if method.cache == Cache::Warm && method.warmup > 0 && !is_external {
        warnings.push(Warning::PrefixCache);
    }
    warnings.extend(measured_apart(comparisons));
    warnings.extend(comparisons.iter().filter_map(different_models));
    warnings.extend(client_stalled(targets));
    let configured = plan.config.targets.iter();
    let samples = configured
        .filter_map(|target| added.tally(&target.id))
        .map(|tally| tally.duplicates)
        .sum();
    if samples > 0 {
        warnings.push(Warning::DuplicateSamples { samples });
    }
    warnings
}

fn budget_spent(plan: &Plan, targets: &[TargetReport]) -> Option<Warning> {
    let not_made: u64 = targets.iter().map(not_made).sum();
    let budget = plan.config.budget()?;
    (not_made > 0).then_some(Warning::BudgetSpent { budget, not_made })
}

fn interrupted_calls(targets: &[TargetReport]) -> Option<Warning> {
    let calls = targets.iter().map(|target| interrupted(target, |_| true));
    let calls: u64 = calls.sum();
    (calls > 0).then_some(Warning::InterruptedCalls { calls })
}

fn simulated(plan: &Plan, targets: &[TargetReport]) -> Option<Warning> {
    let simulated = targets.iter().filter(|target| target.simulated);
    let target_ids: Vec<_> = simulated.map(|target| target.id.clone()).collect();
    (!target_ids.is_empty()).then_some(Warning::SimulatedTargets {
        target_ids,
        time_scale: plan.config.simulation.time_scale,
    })
}

fn measured_apart(comparisons: &[Comparison]) -> Option<Warning> {
    let apart = comparisons.iter().filter(|compared| compared.is_apart());
    let pairs: Vec<ApartPair> = apart
        .filter_map(|compared| {
            Some(ApartPair {
                first: compared.first.clone(),
                second: compared.second.clone(),
                time_overlap: compared.time_overlap?,
            })
        })
        .collect();
    (!pairs.is_empty()).then_some(Warning::MeasuredApart { pairs })
}

/// Two targets that claim to be the same model and do not answer alike.
fn different_models(comparison: &Comparison) -> Option<Warning> {
    let same = &comparison.same_model;
    let length = [
        (same.length.characters, LengthUnit::Characters),
        (same.length.output_tokens, LengthUnit::OutputTokens),
    ];
    let length = length
        .into_iter()
        .find_map(|(ratio, unit)| {
            Some(DifferentLength {
                ratio: ratio?,
                unit,
            })
        })
        .filter(|length| !(1.0 / LENGTH_MARGIN..=LENGTH_MARGIN).contains(&length.ratio));
    let agreement = same.agreement.filter(|_| same.disagrees == Some(true));
    let differ = agreement.is_some() || length.is_some();
    (same.claimed && differ).then(|| Warning::DifferentModels {
        first: comparison.first.clone(),
        second: comparison.second.clone(),
        simulated: comparison.simulated,
        agreement,
        length,
    })
}

fn client_stalled(targets: &[TargetReport]) -> Option<Warning> {
    let calls: u64 = targets.iter().map(|target| target.stalls.share.count).sum();
    let above_ms = targets.first()?.stalls.above_ms;
    (calls > 0).then_some(Warning::ClientStalled { above_ms, calls })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture, model::Incomplete};
    use bench_core::{
        config::{BedrockApi, BedrockRequest, Service},
        money::Money,
        sample::{Outcome, Phase, Sample},
    };

    #[test]
    fn a_field_that_a_target_refused_is_named_with_the_setting_that_helps() {
        let (plan, mut samples) = fixture::run();
        for sample in samples
            .iter_mut()
            .filter(|sample| sample.target_id == "good")
        {
            sample.outcome = Outcome::ClientError;
            sample.error_message = Some("json: unknown field \"top_p\"".to_owned());
        }
        let report = build(&plan, &samples);
        let refused: Vec<_> = report
            .warnings
            .iter()
            .filter(|warning| matches!(warning.finding, Warning::RefusedField { .. }))
            .collect();
        assert_eq!(refused.len(), 1);
        let setting = "set `omit = [\"top_p\"]` in its configuration";
        assert!(refused[0].sentence.ends_with(setting), "{refused:?}");
    }

    #[test]
    fn a_target_without_the_responses_api_is_named_with_the_one_that_it_may_have() {
        let (mut plan, mut samples) = fixture::run();
        let mut targets = plan.config.targets.iter_mut();
        let good = targets.find(|target| target.id == "good");
        if let Service::Bedrock(bedrock) = &mut good.expect("it is there").service {
            bedrock.api = BedrockApi::OpenAi;
            bedrock.request = BedrockRequest::OpenAiResponses;
        }
        let of_good = samples.iter_mut();
        for sample in of_good.filter(|sample| sample.target_id == "good") {
            sample.outcome = Outcome::ClientError;
            sample.error_message = Some("Not Found".to_owned());
        }
        let report = build(&plan, &samples);
        let mut warnings = report.warnings.iter();
        let found =
            warnings.find(|warning| matches!(warning.finding, Warning::RefusedField { .. }));
        assert_eq!(
            found.expect("a warning").sentence,
            "good refused 8 requests since it has no Responses API: set `request = \
             \"openai-chat\"` in its configuration"
        );
    }

    #[test]
    fn access_that_was_denied_is_named_with_what_gives_it() {
        let (plan, mut samples) = fixture::run();
        for sample in &mut samples {
            sample.outcome = Outcome::ClientError;
            sample.error_code = Some("AccessDeniedException".to_owned());
        }
        let report = build(&plan, &samples);
        let sentence = |id: &str| {
            let mut warnings = report.warnings.iter();
            let found = warnings.find(|warning| {
                matches!(&warning.finding, Warning::AccessDenied { target_id, .. } if *target_id == id)
            });
            found.expect("a warning").sentence.clone()
        };
        let bedrock = sentence("good");
        assert!(
            bedrock.starts_with("good denied access to 8 calls"),
            "{bedrock}"
        );
        assert!(bedrock.contains("`aws-marketplace:Subscribe`"), "{bedrock}");
        let sagemaker = sentence("broken");
        assert!(!sagemaker.contains("marketplace"), "{sagemaker}");
    }

    #[test]
    fn what_the_budget_left_out_is_warned_of_and_is_no_failure_of_the_target() {
        let (mut plan, mut samples) = fixture::run();
        plan.config.budget_usd = Some(5.into());
        for sample in &mut samples {
            let late = sample.prompt_index == 1 && sample.phase == Phase::Measured;
            if sample.target_id == "good" && late {
                sample.outcome = Outcome::Budget;
            }
        }
        let report = build(&plan, &samples);
        let mut reasons = report.run.incomplete_reasons.iter();
        let missing = Incomplete::CallsMissing {
            target_id: "good".parse().unwrap(),
            missing: 3,
            interrupted: 0,
            planned: 6,
            budget_spent: true,
        };
        assert!(reasons.any(|reason| reason.finding == missing));
        let budget = Money::usd("5").unwrap();
        let spent = Warning::BudgetSpent {
            budget,
            not_made: 3,
        };
        assert_eq!(report.warnings[0].finding, spent);
        let good = report.targets.iter().find(|target| target.id == "good");
        let calls = &good.expect("it is there").calls;
        assert_eq!((calls.ok, calls.failed, calls.missing), (3, 0, 3));
    }

    #[test]
    fn an_interrupted_call_is_warned_of_and_is_no_failure_of_the_target() {
        let (plan, mut samples) = fixture::run();
        let whole = build(&plan, &samples);
        let good = |sample: &&mut Sample| sample.target_id == "good";
        let (mut warmups, mut measured): (Vec<_>, Vec<_>) = samples
            .iter_mut()
            .filter(good)
            .filter(|sample| sample.phase != Phase::Probe)
            .partition(|sample| sample.phase == Phase::Warmup);
        for sample in [&mut *warmups[0], &mut *measured[0]] {
            sample.outcome = Outcome::Interrupted;
            sample.latency_us = 0;
        }
        let report = build(&plan, &samples);
        let missing = Incomplete::CallsMissing {
            target_id: "good".parse().unwrap(),
            missing: 1,
            interrupted: 1,
            planned: 6,
            budget_spent: false,
        };
        let mut reasons = report.run.incomplete_reasons.iter();
        let reason = reasons.find(|reason| reason.finding == missing);
        assert_eq!(
            reason.expect("it is incomplete").sentence,
            "target `good` lacks 1 of 6 measured calls, which was interrupted"
        );
        assert!(!report.run.complete);
        let warned = report.warnings.iter().map(|warning| &warning.finding);
        let warning = Warning::InterruptedCalls { calls: 2 };
        assert_eq!(warned.filter(|found| **found == warning).count(), 1);
        let of = |report: &crate::Report| {
            let target = report.targets.iter().find(|target| target.id == "good");
            let target = target.expect("it is there");
            (target.calls, target.success.rate.value())
        };
        let (before, rate) = of(&whole);
        let (calls, rate_after) = of(&report);
        assert_eq!((calls.ok, calls.failed), (before.ok - 1, before.failed));
        assert_eq!(rate_after, rate);
    }

    #[test]
    fn a_run_that_was_stopped_is_partial_and_says_so() {
        let (plan, samples) = fixture::run();
        let mut accumulator = Accumulator::new(&plan.config);
        for sample in &samples {
            accumulator.add(sample);
        }
        accumulator.stop_by("SIGINT");
        let report = accumulator.report(&plan);
        assert!(!report.run.complete);
        let first = &report.run.incomplete_reasons[0];
        let stopped = Incomplete::Stopped {
            signal: "SIGINT".to_owned(),
        };
        assert_eq!(first.finding, stopped);
        let answers = report.answer.iter();
        let said = answers.filter(|answer| answer.sentence.contains("SIGINT stopped the run"));
        assert_eq!(said.count(), 1);
    }
}
