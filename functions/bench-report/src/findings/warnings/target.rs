//! Warnings about the figures of one target.

use std::collections::BTreeMap;

use crate::{
    findings::lengths,
    model::{TargetReport, WarmUpVerdict, Warning},
};
use bench_core::{
    config::{Cache, Method, Remedy, Service},
    plan::Plan,
    sample::{Outcome, is_denial},
};
use bench_stats::{Figure, Unavailable};

/// Fields that a target refused, from the first message of each class of its failures.
pub(super) fn refused_fields(plan: &Plan, target: &TargetReport) -> Vec<Warning> {
    let Some(configured) = plan.target(&target.id) else {
        return Vec::new();
    };
    let mut failures: BTreeMap<Remedy, u64> = BTreeMap::new();
    let refused = target.failures.iter();
    for class in refused.filter(|class| class.outcome == Outcome::ClientError) {
        let message = class.message.as_deref().unwrap_or_default();
        if let Some(remedy) = Remedy::of_refusal(message, configured) {
            *failures.entry(remedy).or_default() += class.count;
        }
    }
    let of_target = |(remedy, failures)| Warning::RefusedField {
        target_id: target.id.clone(),
        remedy,
        failures,
    };
    failures.into_iter().map(of_target).collect()
}

/// Failures for want of access, by the code and the first message of their class.
pub(super) fn access_denied(plan: &Plan, target: &TargetReport) -> Option<Warning> {
    let service = &plan.target(&target.id)?.service;
    let denied = target
        .failures
        .iter()
        .filter(|class| is_denial(class.error_code.as_deref(), class.message.as_deref()));
    let failures: u64 = denied.map(|class| class.count).sum();
    (failures > 0).then(|| Warning::AccessDenied {
        target_id: target.id.clone(),
        on_bedrock: matches!(service, Service::Bedrock(_)),
        failures,
    })
}

/// Warnings of its measured calls, the most important first.
pub(super) fn warnings(target: &TargetReport, method: &Method) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (id, calls) = (|| target.id.clone(), &target.calls);
    if calls.failed > 0 {
        warnings.push(Warning::FailedCalls {
            target_id: id(),
            failed: calls.failed,
            measured: calls.measured,
        });
    }
    let percentiles = infinite_percentiles(target);
    if !percentiles.is_empty() {
        warnings.push(Warning::InfinitePercentiles {
            target_id: id(),
            percentiles,
        });
    }
    warnings.extend(lengths::warnings(target));
    // What goes on to the limit is no answer that the limit cut off.
    if target.truncated > 0 && !method.ignore_eos {
        warnings.push(Warning::TruncatedAnswers {
            target_id: id(),
            truncated: target.truncated,
            answered: calls.ok,
        });
    }
    if target.attempts.repeated > 0 {
        warnings.push(Warning::RepeatedAttempts {
            target_id: id(),
            repeated: target.attempts.repeated,
            made: target.attempts.made,
        });
    }
    if method.cache == Cache::Cold && target.cached_calls > 0 {
        warnings.push(Warning::CachedCalls {
            target_id: id(),
            calls: target.cached_calls,
        });
    }
    if target.calls_over_limit > 0 {
        warnings.push(Warning::AnswersOverLimit {
            target_id: id(),
            calls: target.calls_over_limit,
        });
    }
    warnings.extend(of_words(target));
    let warm_up = &target.warm_up;
    if let (WarmUpVerdict::TooShort, Some(ratio)) = (warm_up.verdict, warm_up.ratio.value()) {
        warnings.push(Warning::WarmUpTooShort {
            target_id: id(),
            ratio,
        });
    }
    warnings
}

/// Warnings of words and counts of a service that cannot be relied on.
fn of_words(target: &TargetReport) -> impl Iterator<Item = Warning> {
    let reasons = &target.unknown_finish_reasons;
    let unknown = (!reasons.is_empty()).then(|| Warning::UnknownFinishReasons {
        target_id: target.id.clone(),
        reasons: reasons.keys().cloned().collect(),
        calls: reasons.values().sum(),
    });
    let calls = target.calls_with_contradicting_counts;
    let disagree = (calls > 0).then(|| Warning::CountsDisagree {
        target_id: target.id.clone(),
        calls,
        answered: target.calls.ok,
    });
    unknown.into_iter().chain(disagree)
}

/// Percentiles of all attempts that are above the time limit.
fn infinite_percentiles(target: &TargetReport) -> Vec<String> {
    let above = |figure: &Figure| matches!(figure.reason(), Some(Unavailable::AboveLimit { .. }));
    let percentiles = target.latency_all_ms.percentiles().into_iter();
    percentiles
        .filter(|(_, figure)| above(figure))
        .map(|(name, _)| name.to_owned())
        .collect()
}
