//! Figures over the repetitions of a prompt: sufficient warm-up, and equal responses.

use crate::{
    model::{Repeats, WarmUp, WarmUpFigure, WarmUpVerdict},
    summary::tally::{PromptTally, Tally},
};
use bench_stats::{
    Figure, FigureMethod, Interval, Moments, Unavailable, cv_within, early_against_late,
};

/// Whether the first measured repetition is still slower than the later ones.
pub(crate) fn warm_up(tally: &Tally) -> WarmUp {
    let by_speed =
        tally.answered > 0 && tally.timings.latency_per_token.total(1.0).n == tally.answered;
    let differences = tally
        .cells
        .iter()
        .map(|cell| cell.repetition_differences(by_speed));
    let (first, drift): (Vec<_>, Vec<_>) = differences.unzip();
    let first: Vec<f64> = first.into_iter().flatten().collect();
    let drift: Vec<f64> = drift.into_iter().flatten().collect();
    let found = early_against_late(&first);
    let prompts = first.len() as u64;
    let too_few = || match prompts {
        0 => Unavailable::NoRepetition,
        _ => Unavailable::TooFewPrompts { prompts, needed: 2 },
    };
    let verdict = match found {
        Some(found) if found.slower => WarmUpVerdict::TooShort,
        Some(_) => WarmUpVerdict::Enough,
        None => WarmUpVerdict::Unknown,
    };
    WarmUp {
        verdict,
        ratio: match found {
            Some(found) => Figure::of(found.ratio, prompts).with_interval(Some(Interval {
                prompts: Some(prompts),
                ..Interval::between(found.interval.0, found.interval.1, FigureMethod::LogT)
            })),
            None => Figure::unavailable(too_few()),
        },
        drift: match drift.as_slice() {
            [] => Figure::unavailable(Unavailable::NoRepetition),
            drift => Figure::of(Moments::of(drift).mean.exp(), drift.len() as u64),
        },
        figure: if by_speed {
            WarmUpFigure::MsPerOutputToken
        } else {
            WarmUpFigure::Latency
        },
        prompts,
    }
}

/// How far responses to the same prompt differ.
pub(crate) fn repeats(tally: &Tally) -> Repeats {
    let responses = |cell: &PromptTally| cell.texts().map_or(0, |(responses, _)| responses);
    let repeated: Vec<&PromptTally> = tally
        .cells
        .iter()
        .filter(|cell| responses(cell) > 1)
        .collect();
    let mean = |value: &dyn Fn(&PromptTally) -> u64| {
        let sum: u64 = repeated.iter().map(|cell| value(cell)).sum();
        let n = repeated.len() as u64;
        match n {
            0 => Figure::unavailable(Unavailable::NoRepetition),
            _ => Figure::of(sum as f64 / n as f64, n),
        }
    };
    let tokens: Vec<Moments> = tally.cells.iter().map(|cell| cell.logs()[0]).collect();
    Repeats {
        prompts: repeated.len() as u64,
        distinct_responses: mean(&|cell| cell.texts().map_or(0, |(_, distinct)| distinct)),
        distinct_answers: mean(&|cell| cell.answer_counts().len() as u64),
        responses: mean(&responses),
        output_tokens_within_cv: Figure::or(cv_within(&tokens), || {
            if tokens.iter().any(|tokens| tokens.n > 0) {
                Unavailable::NoRepetition
            } else {
                Unavailable::TokensNotCounted
            }
        }),
    }
}
