//! The figures of a comparison.

use crate::{
    model::{
        AnswerLength, RatioFigure, RatioUnavailable, SameModel, Share, SuccessComparison,
        TargetReport, WilcoxonMethod, Wins,
    },
    summary::tally::{PromptTally, Tally},
};
use bench_stats::{
    Agreement, Answers, Figure, FigureMethod, Interval, Paired, Unavailable, WILCOXON_EXACT_UP_TO,
    fisher_exact,
};

/// A target with its sums.
pub(super) type Side<'a> = (&'a TargetReport, &'a Tally);

/// A ratio over prompts, or why there is none.
pub(super) fn figure(paired: Option<&Paired>, missing: RatioUnavailable) -> RatioFigure {
    let of = |limits: Option<(f64, f64)>, method: FigureMethod| {
        let Some(paired) = paired else {
            return Figure::unavailable(missing);
        };
        let interval = limits.map(|(low, high)| Interval {
            prompts: Some(paired.prompts),
            ..Interval::between(low, high, method)
        });
        let (prompts, needed) = (paired.prompts, 2);
        let too_few = Unavailable::TooFewPrompts { prompts, needed };
        Figure::known(paired.gmr).with_interval_or(interval, too_few)
    };
    let fixed = paired.and_then(|paired| paired.fixed);
    RatioFigure {
        ratio: of(
            paired.and_then(|paired| paired.interval),
            FigureMethod::LogT,
        ),
        ratio_of_these_prompts: of(
            fixed.map(|fixed| fixed.interval),
            FigureMethod::FixedPromptsT,
        ),
        prompts: paired.map_or(0, |paired| paired.prompts),
        sd_log_ratio: paired.and_then(|paired| paired.sd_log_ratio),
        p: paired.and_then(|paired| paired.p),
        p_holm: None,
        q: None,
    }
}

/// On how many prompts each was faster.
pub(super) fn wins(latency: Option<&Paired>) -> Wins {
    let (first, second) = latency.map_or((0, 0), |latency| (latency.wins, latency.losses));
    let prompts = latency.map_or(0, |latency| latency.prompts);
    let differ = latency.map_or(0, |latency| latency.wilcoxon.n);
    Wins {
        first,
        second,
        ties: prompts - first - second,
        share: Share::of(first, prompts, Unavailable::NoValues),
        sign_p: latency.map(|latency| latency.sign_p),
        wilcoxon_p: latency.map(|latency| latency.wilcoxon.p()),
        wilcoxon_method: if differ > WILCOXON_EXACT_UP_TO {
            WilcoxonMethod::Normal
        } else {
            WilcoxonMethod::Exact
        },
    }
}

/// Success rates, and whether their intervals overlap.
pub(super) fn success(first: &TargetReport, second: &TargetReport) -> SuccessComparison {
    let (a, b) = (first.success.clone(), second.success.clone());
    let overlap = match (a.low().zip(a.high()), b.low().zip(b.high())) {
        (Some((a_low, a_high)), Some((b_low, b_high))) => a_low <= b_high && b_low <= a_high,
        _ => true,
    };
    let made = a.n > 0 && b.n > 0;
    SuccessComparison {
        p: made.then(|| fisher_exact((a.count, a.n), (b.count, b.n))),
        p_holm: None,
        first: a,
        second: b,
        overlap,
    }
}

/// How far the answers of two targets agree.
pub(super) fn same_model(
    positions: &[usize],
    first: Side,
    second: Side,
    length: AnswerLength,
) -> SameModel {
    let ((first, a), (second, b)) = (first, second);
    let has_answers =
        |tally: &Tally, at: usize| tally.cell(at).is_none_or(PromptTally::has_answers);
    let prompts: Vec<_> = positions
        .iter()
        .filter(|at| has_answers(a, **at) && has_answers(b, **at))
        .map(|at| (answers(a, *at), answers(b, *at)))
        .collect();
    let found = Agreement::of(&prompts);
    let excess = found.and_then(|found| found.excess);
    SameModel {
        claimed: first.model_name.is_some() && first.model_name == second.model_name,
        prompts: found.map_or(0, |found| found.prompts),
        agreement: found.map(|found| found.between),
        self_agreement: found.and_then(|found| found.within),
        excess: excess.map(|(excess, ..)| excess),
        excess_low: excess.map(|(_, low, _)| low),
        excess_high: excess.map(|(.., high)| high),
        first_better: found.map_or(0, |found| found.better.0),
        second_better: found.map_or(0, |found| found.better.1),
        better_p: found.map(|found| found.better_p),
        length,
        disagrees: found.map(|found| found.disagrees()),
    }
}

fn answers(tally: &Tally, at: usize) -> Answers<'_> {
    tally.cell(at).map(PromptTally::answers).unwrap_or_default()
}
