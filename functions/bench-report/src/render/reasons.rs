//! Reasons why a figure is not available, and notes on figures, as text.

use crate::render::format::{counted, percent};
use bench_stats::{FigureMethod, LEVEL, Note, Unavailable};

/// The reason why a figure is not available, in lower case and without a full stop.
#[must_use]
pub fn unavailable(reason: Unavailable) -> String {
    match reason {
        Unavailable::NoCalls => "no measured call was made".to_owned(),
        Unavailable::NoAnswers => "no measured call was answered".to_owned(),
        Unavailable::NoValues => "no measured, answered call has it".to_owned(),
        Unavailable::NotStreamed => "no measured, answered call was streamed".to_owned(),
        Unavailable::TokensNotCounted => "the service does not count output tokens".to_owned(),
        Unavailable::NoTokenGaps => {
            "no streamed answer has output tokens after its first piece".to_owned()
        }
        Unavailable::NotReported => "no call reports it".to_owned(),
        Unavailable::NoReferenceAnswer => "no answered prompt has a reference answer".to_owned(),
        Unavailable::StartsNotKnown => "the samples do not say when calls were made".to_owned(),
        Unavailable::NoneTruncated => "the token limit cut off no answer".to_owned(),
        Unavailable::TooFewPrompts { prompts, needed } => too_few(prompts, needed, "prompt"),
        Unavailable::TooFewCalls { calls, needed } => too_few(calls, needed, "call"),
        Unavailable::NoRepetition => "no prompt was answered twice".to_owned(),
        Unavailable::NoVariation => "the values do not vary".to_owned(),
        Unavailable::AboveLimit {
            limit_ms,
            failed,
            attempts,
        } => format!("above {limit_ms:.0}\u{a0}ms: {failed} of {attempts} attempts failed"),
        Unavailable::LimitNotKnown { calls } => format!(
            "of {} the limited time is not known: not streamed, or output tokens not counted",
            counted(calls, "answered call")
        ),
    }
}

fn too_few(found: u64, needed: u64, noun: &str) -> String {
    format!(
        "it needs at least {}; this run has {found}",
        counted(needed, noun)
    )
}

/// A note on a figure, in lower case and without a full stop.
#[must_use]
pub fn note(note: Note) -> String {
    match note {
        Note::FewPrompts {
            prompts,
            steady_from,
        } => format!(
            "low n: {}; steady from {steady_from} on",
            counted(prompts, "prompt")
        ),
        Note::FewRepetitions {
            repetitions,
            steady_from,
        } => format!(
            "low n: {} beyond the first of each prompt; steady from {steady_from} on",
            counted(repetitions, "repetition")
        ),
    }
}

/// That an interval has no upper limit, and how many prompts one needs.
pub(crate) fn no_upper_limit(needed: u64) -> String {
    format!(
        "no upper limit at {}; it needs at least {}",
        percent(LEVEL),
        counted(needed, "prompt")
    )
}

/// How a figure or its interval was made, in a few words.
#[must_use]
pub const fn method(method: FigureMethod) -> &'static str {
    match method {
        FigureMethod::Type7 => "type 7",
        FigureMethod::Type7Hdr3 => "type 7 of a histogram of three significant figures",
        FigureMethod::ClusterT => "cluster-t over prompts",
        FigureMethod::FixedPromptsT => "t over repetitions, prompts fixed",
        FigureMethod::LogT => "t over prompts, on logarithms",
        FigureMethod::Woodruff => "Woodruff over prompts, with a floor",
        FigureMethod::Wilson => "Wilson",
        FigureMethod::Delta => "delta method over prompts",
        FigureMethod::LeastSquares => "ordinary least squares over calls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_gives_what_it_needs_and_what_there_is() {
        let few = Unavailable::TooFewPrompts {
            prompts: 20,
            needed: 100,
        };
        assert_eq!(
            unavailable(few),
            "it needs at least 100 prompts; this run has 20"
        );
        let one = Unavailable::TooFewCalls {
            calls: 1,
            needed: 2,
        };
        assert_eq!(
            unavailable(one),
            "it needs at least 2 calls; this run has 1"
        );
    }
}
