//! Why a run is not complete.

use crate::model::Incomplete;

/// A clause without a full stop.
pub(crate) fn sentence(reason: &Incomplete) -> String {
    match reason {
        Incomplete::NeverReady {
            target_id,
            last_error,
        } => match last_error {
            Some(error) => format!("target `{target_id}` never became ready: {error}"),
            None => format!("target `{target_id}` never became ready and gave no reason"),
        },
        Incomplete::CallsMissing {
            target_id,
            missing,
            planned,
            budget_spent,
        } => {
            let why = if *budget_spent {
                ", because the budget was spent"
            } else {
                ""
            };
            format!("target `{target_id}` lacks {missing} of {planned} measured calls{why}")
        }
        Incomplete::NoneAnswered {
            target_id,
            measured,
        } => format!("target `{target_id}` answered none of {measured} measured calls"),
    }
}
