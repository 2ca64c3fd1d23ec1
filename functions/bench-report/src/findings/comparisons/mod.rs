//! Every two targets on the same prompts.

mod adjust;
mod figures;
mod overlap;
mod pair;

use self::{adjust::adjust, pair::compare};
use crate::{
    Accumulator,
    model::{Comparison, TargetReport},
};
use bench_core::plan::Plan;
use bench_stats::{Doubt, Evidence, MARGIN, Verdict, prompts_to_decide};

/// One entry for every two targets, in the order of the configuration.
pub(crate) fn build(plan: &Plan, added: &Accumulator, targets: &[TargetReport]) -> Vec<Comparison> {
    let second = |first: usize| (first + 1..targets.len()).map(move |second| (first, second));
    let pairs: Vec<(usize, usize)> = (0..targets.len()).flat_map(second).collect();
    of_pairs(plan, added, targets, &pairs)
}

/// One entry for each pair of positions; p-values are adjusted over all of them.
pub(crate) fn of_pairs(
    plan: &Plan,
    added: &Accumulator,
    targets: &[TargetReport],
    pairs: &[(usize, usize)],
) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (first, second) in pairs {
        let (first, second) = (&targets[*first], &targets[*second]);
        if let (Some(a), Some(b)) = (added.tally(&first.id), added.tally(&second.id)) {
            comparisons.push(compare(plan, (first, a), (second, b)));
        }
    }
    adjust(&mut comparisons);
    comparisons.iter_mut().for_each(judge);
    comparisons
}

/// The verdict, from the interval and the adjusted p, and how many prompts would
/// decide where it is open.
fn judge(comparison: &mut Comparison) {
    let latency = &comparison.latency;
    comparison.verdict = Verdict::of(
        &Evidence {
            interval: latency.limits().map(|[_, low, high]| (low, high)),
            adjusted_p: latency.p_holm,
            prompts: comparison.prompts,
            dropped: comparison.dropped,
            success_overlaps: comparison.success.overlap,
        },
        MARGIN,
    );
    let is_open = matches!(
        comparison.verdict,
        Verdict::NotDistinguishable {
            doubt: Doubt::Noise | Doubt::ManyComparisons | Doubt::FewPrompts,
        }
    );
    comparison.prompts_to_decide = latency
        .sd_log_ratio
        .filter(|_| is_open)
        .and_then(|sd| prompts_to_decide(sd, MARGIN));
}
