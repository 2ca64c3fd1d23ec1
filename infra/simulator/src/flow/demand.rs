//! The demand of an answer on a target with a capacity.

use std::time::Duration;

use crate::{
    answer::Answer,
    capacity::Demand,
    fault::{Fault, Faults},
    pace::BURST,
};

/// The work of an answer; that of one token where it is not streamed.
pub(crate) fn demand(answer: &Answer, faults: &Faults, streams: bool) -> Demand {
    let late = late_body(faults);
    if !streams {
        let total = late.unwrap_or(answer.total);
        return Demand {
            first: total,
            total,
            tokens: 1,
            spacing: Duration::ZERO,
        };
    }
    let delay = late.map_or(Duration::ZERO, |time| time.saturating_sub(answer.first));
    Demand {
        first: answer.first + delay,
        total: answer.total + delay,
        tokens: answer.tokens.len(),
        spacing: if answer.exact { Duration::ZERO } else { BURST },
    }
}

/// When the body or its first token is to come, if that is later than the answer has
/// it.
pub(super) fn late_body(faults: &Faults) -> Option<Duration> {
    faults.find(|fault| match fault {
        Fault::LateBody(time) => Some(*time),
        _ => None,
    })
}
