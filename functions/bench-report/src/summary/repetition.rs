//! What repeating a prompt shows: was the target warm, and does it repeat itself?

use crate::{
    model::{Repeats, WarmUp},
    summary::tally::{Cell, Tally},
};
use bench_stats::{Moments, cv_within, early_against_late};

/// Whether the first measured repetition is still slower than the later ones.
pub(crate) fn warm_up(tally: &Tally) -> WarmUp {
    let by_speed = tally.answered > 0 && tally.per_token.total(1.0).n == tally.answered;
    let warmth = tally.cells.iter().map(|cell| cell.warmth(by_speed));
    let (first, drift): (Vec<_>, Vec<_>) = warmth.unzip();
    let first: Vec<f64> = first.into_iter().flatten().collect();
    let drift: Vec<f64> = drift.into_iter().flatten().collect();
    let found = early_against_late(&first);
    let verdict = match found {
        Some(found) if found.slower => "too_short",
        Some(_) => "enough",
        None => "unknown",
    };
    WarmUp {
        verdict: verdict.to_owned(),
        ratio: found.map(|found| found.ratio),
        low: found.map(|found| found.interval.0),
        high: found.map(|found| found.interval.1),
        drift: (!drift.is_empty()).then(|| Moments::of(&drift).mean.exp()),
        figure: if by_speed {
            "ms_per_output_token"
        } else {
            "latency"
        }
        .to_owned(),
        prompts: first.len() as u64,
        method: "t over prompts, on logarithms".to_owned(),
        reason: found
            .is_none()
            .then(|| "it needs two prompts that were answered twice".to_owned()),
    }
}

/// How far responses to the same prompt differ.
pub(crate) fn repeats(tally: &Tally) -> Repeats {
    let responses = |cell: &Cell| cell.texts().map_or(0, |(responses, _)| responses);
    let repeated: Vec<&Cell> = tally
        .cells
        .iter()
        .filter(|cell| responses(cell) > 1)
        .collect();
    let mean = |value: &dyn Fn(&Cell) -> u64| {
        let sum: u64 = repeated.iter().map(|cell| value(cell)).sum();
        (!repeated.is_empty()).then(|| sum as f64 / repeated.len() as f64)
    };
    let tokens: Vec<Moments> = tally.cells.iter().map(|cell| cell.logs()[0]).collect();
    Repeats {
        prompts: repeated.len() as u64,
        distinct_responses: mean(&|cell| cell.texts().map_or(0, |(_, distinct)| distinct)),
        distinct_answers: mean(&|cell| cell.answer_counts().len() as u64),
        responses: mean(&responses),
        output_tokens_within_cv: cv_within(&tokens),
    }
}
