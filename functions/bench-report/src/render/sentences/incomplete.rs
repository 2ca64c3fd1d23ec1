//! Why a run is not complete.

use crate::{model::Incomplete, render::display};

/// The most characters of an error, with the remedy that the pipeline adds to one of EC2 or
/// SageMaker.
pub(super) const MAX_ERROR: usize = 400;

/// A clause without a full stop.
pub(crate) fn sentence(reason: &Incomplete) -> String {
    match reason {
        Incomplete::Stopped { signal } => {
            format!("{signal} stopped the run, and this is what was measured until then")
        }
        Incomplete::NeverReady {
            target_id,
            last_error,
        } => match last_error {
            Some(error) => {
                let error = display::cut(error, MAX_ERROR);
                format!("target `{target_id}` never became ready: {error}")
            }
            None => format!("target `{target_id}` never became ready and gave no reason"),
        },
        Incomplete::CallsMissing {
            target_id,
            missing,
            interrupted,
            planned,
            budget_spent,
        } => {
            let were = if *interrupted == 1 { "was" } else { "were" };
            let interrupted = match interrupted {
                0 => String::new(),
                calls if calls == missing => format!(", which {were} interrupted"),
                calls => format!(", {calls} of which {were} interrupted"),
            };
            let why = if *budget_spent {
                ", because the budget was spent"
            } else {
                ""
            };
            format!(
                "target `{target_id}` lacks {missing} of {planned} measured calls{interrupted}{why}"
            )
        }
        Incomplete::NoneAnswered {
            target_id,
            measured,
        } => format!("target `{target_id}` answered none of {measured} measured calls"),
    }
}
