//! Actions that a stack allows in each of its states.

use aws_sdk_cloudformation::types::StackStatus;

/// The action that a deployment needs on a stack first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can be created or updated as it is.
    Deployable,
    /// Its first deployment failed, so that it has no runs and cannot be updated: it has
    /// to be deleted.
    FailedFirst,
    /// The rollback of an update failed; it has to be continued.
    RollbackFailed,
    /// A deletion has begun and has to be finished.
    HalfDeleted,
    /// An operation is in progress; its end has to be awaited.
    Busy,
}

/// The action that a deployment needs on a stack of that status first.
#[must_use]
pub fn readiness(status: &StackStatus) -> Readiness {
    match status {
        StackStatus::CreateFailed | StackStatus::RollbackComplete | StackStatus::RollbackFailed => {
            Readiness::FailedFirst
        }
        StackStatus::UpdateRollbackFailed => Readiness::RollbackFailed,
        StackStatus::DeleteFailed => Readiness::HalfDeleted,
        // A change set that was never executed: the next one takes its place.
        StackStatus::ReviewInProgress => Readiness::Deployable,
        StackStatus::DeleteInProgress => Readiness::Busy,
        status if is_busy(status) => Readiness::Busy,
        _ => Readiness::Deployable,
    }
}

/// Whether CloudFormation is changing a stack of that status, and would refuse to
/// delete it.
#[must_use]
pub fn is_busy(status: &StackStatus) -> bool {
    let may_be_deleted = matches!(
        status,
        StackStatus::ReviewInProgress | StackStatus::DeleteInProgress
    );
    status.as_str().ends_with("_IN_PROGRESS") && !may_be_deleted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_remedy() {
        let known = |status: &str| readiness(&StackStatus::from(status));
        for (status, expected) in [
            ("CREATE_COMPLETE", Readiness::Deployable),
            ("UPDATE_COMPLETE", Readiness::Deployable),
            ("UPDATE_ROLLBACK_COMPLETE", Readiness::Deployable),
            ("IMPORT_COMPLETE", Readiness::Deployable),
            ("REVIEW_IN_PROGRESS", Readiness::Deployable),
            ("CREATE_FAILED", Readiness::FailedFirst),
            ("ROLLBACK_COMPLETE", Readiness::FailedFirst),
            ("ROLLBACK_FAILED", Readiness::FailedFirst),
            ("UPDATE_ROLLBACK_FAILED", Readiness::RollbackFailed),
            ("DELETE_FAILED", Readiness::HalfDeleted),
            ("UPDATE_IN_PROGRESS", Readiness::Busy),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Readiness::Busy),
            ("ROLLBACK_IN_PROGRESS", Readiness::Busy),
            ("CREATE_IN_PROGRESS", Readiness::Busy),
            ("DELETE_IN_PROGRESS", Readiness::Busy),
        ] {
            assert_eq!(known(status), expected, "{status}");
        }
        assert!(!is_busy(&StackStatus::DeleteInProgress));
    }
}
