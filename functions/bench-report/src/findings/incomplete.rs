//! Why a run is not complete.

use crate::model::{Incomplete, TargetReport};
use bench_core::sample::Outcome;

/// One reason for each target that is not as planned.
pub(crate) fn reasons(targets: &[TargetReport]) -> Vec<Incomplete> {
    targets.iter().filter_map(of_target).collect()
}

fn of_target(target: &TargetReport) -> Option<Incomplete> {
    let (target_id, calls) = (target.id.clone(), &target.calls);
    if never_answered(target) {
        return Some(Incomplete::NeverReady {
            target_id,
            last_error: target.readiness.last_error.clone(),
        });
    }
    if calls.missing > 0 {
        return Some(Incomplete::CallsMissing {
            target_id,
            missing: calls.missing,
            planned: calls.planned,
            budget_spent: not_made(target) > 0,
        });
    }
    (calls.ok == 0).then_some(Incomplete::NoneAnswered {
        target_id,
        measured: calls.measured,
    })
}

/// Whether no probe of a target was answered, and no call was made for that.
pub(super) fn never_answered(target: &TargetReport) -> bool {
    let readiness = &target.readiness;
    readiness.probes > 0 && !readiness.ready && target.calls.measured == 0
}

/// Calls of a target that the budget left no money for, warm-ups included.
pub(super) fn not_made(target: &TargetReport) -> u64 {
    let not_made = target.failures.iter();
    not_made
        .filter(|class| class.outcome == Outcome::Budget)
        .map(|class| class.count)
        .sum()
}
