//! Two targets on the same prompts.

use super::{
    figures::{Side, figure, same_model, success, wins},
    overlap,
};
use crate::{
    model::{AnswerLength, Comparison, RatioUnavailable, Split},
    summary::tally::Tally,
};
use bench_core::plan::Plan;
use bench_stats::{Doubt, Moments, Paired, PairedPrompt, Verdict};

/// A middle of the ratios is given where it is this far from the geometric mean.
const OUTLIER_HINT: f64 = 0.02;

/// The comparison of two targets, not yet judged: its verdict takes p-values that are
/// adjusted over all pairs.
pub(super) fn compare(plan: &Plan, first: Side, second: Side) -> Comparison {
    let ((first, a), (second, b)) = (first, second);
    let positions: Vec<usize> = plan.prompts.iter().map(|p| p.index as usize).collect();
    let asked = positions
        .iter()
        .filter(|at| a.cell(**at).is_some() || b.cell(**at).is_some())
        .count() as u64;
    let paired = |value: &dyn Fn(&Tally, usize) -> (Moments, Moments)| {
        let prompts: Vec<PairedPrompt> = positions
            .iter()
            .map(|at| {
                let ((a_plain, a_logs), (b_plain, b_logs)) = (value(a, *at), value(b, *at));
                PairedPrompt {
                    a: a_logs,
                    b: b_logs,
                    a_mean: a_plain.mean,
                    b_mean: b_plain.mean,
                }
            })
            .collect();
        Paired::of(&prompts)
    };
    let logs = |tally: &Tally, at: usize, which: usize| {
        let moments = tally
            .cell(at)
            .map_or_else(Moments::default, |cell| cell.logs()[which]);
        (moments, moments)
    };
    let latency = paired(&|tally, at| tally.timings.latency.prompt(at, 1_000.0));
    let tokens = paired(&|tally, at| logs(tally, at, 0));
    let speed = paired(&|tally, at| logs(tally, at, 1));
    let characters = paired(&|tally, at| logs(tally, at, 2));
    let ttft = paired(&|tally, at| tally.timings.ttft.prompt(at, 1_000.0));
    let uncounted = RatioUnavailable::TokensNotCounted;
    let prompts = latency.as_ref().map_or(0, |latency| latency.prompts);
    Comparison {
        first: first.id.clone(),
        second: second.id.clone(),
        simulated: first.simulated || second.simulated,
        prompts,
        time_overlap: overlap::share(a, b),
        dropped: asked - prompts,
        verdict: Verdict::NotDistinguishable {
            doubt: Doubt::FewPrompts,
        },
        prompts_to_decide: None,
        latency: figure(latency.as_ref(), RatioUnavailable::NoCommonPrompt),
        output_tokens: figure(tokens.as_ref(), uncounted),
        ms_per_output_token: figure(speed.as_ref(), uncounted),
        ttft: figure(ttft.as_ref(), RatioUnavailable::NotStreamed),
        split: tokens
            .as_ref()
            .zip(speed.as_ref())
            .map(|(tokens, speed)| Split {
                latency: tokens.gmr * speed.gmr,
                output_tokens: tokens.gmr,
                ms_per_output_token: speed.gmr,
                prompts: tokens.prompts,
            }),
        // Of calls that took no time there is none.
        ratio_of_totals: latency
            .as_ref()
            .map(|latency| latency.ratio_of_totals)
            .filter(|ratio| ratio.is_finite()),
        hodges_lehmann_ratio: latency
            .as_ref()
            .filter(|latency| (latency.hodges_lehmann / latency.gmr - 1.0).abs() > OUTLIER_HINT)
            .map(|latency| latency.hodges_lehmann),
        wins: wins(latency.as_ref()),
        success: success(first, second),
        same_model: same_model(
            &positions,
            (first, a),
            (second, b),
            AnswerLength {
                characters: characters.map(|characters| characters.gmr),
                output_tokens: tokens.map(|tokens| tokens.gmr),
            },
        ),
    }
}
