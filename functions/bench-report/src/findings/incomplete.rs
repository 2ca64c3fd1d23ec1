//! Why a run is not complete.

use crate::model::{FailureClass, Incomplete, TargetReport};
use bench_core::sample::{Outcome, Phase};

/// That the run was stopped, and one reason for each target that is not as planned.
pub(crate) fn reasons(stopped_by: Option<&str>, targets: &[TargetReport]) -> Vec<Incomplete> {
    let stopped = stopped_by.map(|signal| Incomplete::Stopped {
        signal: signal.to_owned(),
    });
    let of_targets = targets.iter().filter_map(of_target);
    stopped.into_iter().chain(of_targets).collect()
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
            interrupted: interrupted(target, |phase| phase == Phase::Measured),
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
    count(target, |class| class.outcome == Outcome::Budget)
}

/// Calls of a target that were interrupted, of these phases.
pub(super) fn interrupted(target: &TargetReport, phase: impl Fn(Phase) -> bool) -> u64 {
    count(target, |class| {
        class.outcome == Outcome::Interrupted && phase(class.phase)
    })
}

fn count(target: &TargetReport, wanted: impl Fn(&FailureClass) -> bool) -> u64 {
    let wanted = target.failures.iter().filter(|class| wanted(class));
    wanted.map(|class| class.count).sum()
}
