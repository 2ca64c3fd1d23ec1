//! Lengths that were asked for and did not come.

use crate::model::{LengthNotKept, TargetReport, Warning};

/// A warning for each length that a target did not keep or does not count.
pub(crate) fn warnings(target: &TargetReport) -> impl Iterator<Item = Warning> {
    let answered = target.lengths.iter().filter(|_| target.calls.ok > 0);
    answered.filter_map(|lengths| {
        let (target_id, of, calls) = (target.id.clone(), lengths.of, lengths.kept.n);
        if calls == 0 {
            return Some(Warning::LengthNotCounted { target_id, of });
        }
        let outside = calls - lengths.kept.count;
        let not_kept = LengthNotKept {
            target_id,
            of,
            outside,
            calls,
            at_least: lengths.at_least,
            at_most: lengths.at_most,
        };
        (outside > 0).then_some(Warning::LengthNotKept(not_kept))
    })
}
