//! Correct answers of one target.

use crate::{
    model::{Accuracy, Calls, Share},
    summary::tally::Tally,
};
use bench_core::config::Target;
use bench_stats::{Figure, Unavailable};

pub(crate) fn accuracy(target: &Target, tally: &Tally, calls: &Calls) -> Accuracy {
    let correct = tally.correct();
    // Samples of other programs have answers without a grade or without its rule, and prompts
    // without a reference answer have no grade.
    let (ungraded, without_rule) = tally.grades.ungraded;
    let graded = calls.ok.saturating_sub(ungraded);
    let reason = if calls.ok > 0 {
        ungraded_reason(target)
    } else {
        Unavailable::NoAnswers
    };
    let of_graded = |count| Share::of(count, tally.answered - ungraded, reason);
    Accuracy {
        correct,
        graded,
        rate: match graded {
            0 => Figure::unavailable(reason),
            graded => Figure::of(correct as f64 / graded as f64, graded),
        },
        of_attempts: match (graded, calls.measured.max(tally.answered)) {
            (0, 1..) if calls.ok > 0 => Share::of(0, 0, reason),
            (_, made) => {
                let gradable = made.saturating_sub(ungraded + tally.failed_ungraded().calls);
                Share::of(correct, gradable, Unavailable::NoCalls)
            }
        },
        flexible: of_graded(correct),
        strict: if without_rule > 0 {
            Share::of(0, 0, Unavailable::NotReported)
        } else {
            of_graded(tally.grades.strictness.correct)
        },
        disagreements: tally.grades.strictness.disagreements,
        disagreement_examples: tally.grades.strictness.examples(),
        truncated: Share::of(
            tally.grades.truncated.0,
            tally.grades.truncated.2,
            match tally.grades.truncated.1 {
                0 => Unavailable::NoneTruncated,
                _ => reason,
            },
        ),
        rules: tally.grades.rules.clone(),
    }
}

/// Why the answers of a target were not graded.
pub(crate) fn ungraded_reason(target: &Target) -> Unavailable {
    if target.service.is_external() {
        Unavailable::NotReported
    } else {
        Unavailable::NoReferenceAnswer
    }
}
