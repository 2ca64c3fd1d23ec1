//! Which of several targets is the fastest, as far as their comparisons tell.

use crate::model::{
    Comparison, LatencyAnswer, Lead, MeanLatency, Pair, TargetReport, WithSentence,
};
use bench_core::identity::TargetId;
use bench_stats::Verdict;

/// The fastest of targets with a latency, or those that tie for it.
pub(super) fn of(
    comparisons: &[WithSentence<Comparison>],
    targets: &[&TargetReport],
) -> Option<LatencyAnswer> {
    let among: Vec<&Comparison> = comparisons
        .iter()
        .map(|compared| &compared.finding)
        .filter(|compared| {
            let known = |id: &TargetId| targets.iter().any(|target| target.id == *id);
            known(&compared.first) && known(&compared.second)
        })
        .collect();
    let beats = |a: &TargetReport, b: &TargetReport| {
        among.iter().any(|compared| {
            (is_pair(compared, a, b) && compared.verdict.first_is_faster())
                || (is_pair(compared, b, a) && compared.verdict.first_is_slower())
        })
    };
    let means = targets.iter().filter_map(|target| {
        Some(MeanLatency {
            target_id: target.id.clone(),
            mean_ms: target.timings.latency.mean.value()?,
        })
    });
    let means = means.collect();
    let ahead_of_all = targets
        .iter()
        .find(|a| targets.iter().all(|b| a.id == b.id || beats(a, b)));
    if let Some(fastest) = ahead_of_all {
        return Some(LatencyAnswer::Fastest {
            target_id: fastest.id.clone(),
            lead: lead(&among, &fastest.id)?,
            others: targets.len() as u64 - 1,
            undecided: undecided(&among),
            measured_apart: measured_apart(&among),
            means,
        });
    }
    let tied = targets
        .iter()
        .filter(|a| !targets.iter().any(|b| beats(b, a)))
        .map(|target| target.id.clone());
    Some(LatencyAnswer::NoFastest {
        tied: tied.collect(),
        measured_apart: measured_apart(&among),
        means,
    })
}

fn is_pair(compared: &Comparison, first: &TargetReport, second: &TargetReport) -> bool {
    compared.first == first.id && compared.second == second.id
}

/// By how much the fastest leads the one that is closest to it.
fn lead(among: &[&Comparison], fastest: &TargetId) -> Option<Lead> {
    let leads = among.iter().filter_map(|compared| {
        let [ratio, low, high] = compared.latency.limits()?;
        let (over, [ratio, low, high]) = if compared.first == *fastest {
            (&compared.second, [ratio, low, high])
        } else if compared.second == *fastest {
            (&compared.first, [ratio.recip(), high.recip(), low.recip()])
        } else {
            return None;
        };
        Some(Lead {
            over: over.clone(),
            ratio,
            low,
            high,
            prompts: compared.prompts,
            may_be_negligible: compared.verdict.may_be_negligible(),
        })
    });
    leads.min_by(|a, b| b.ratio.total_cmp(&a.ratio))
}

/// Pairs that the data do not tell apart.
fn undecided(among: &[&Comparison]) -> Vec<Pair> {
    pairs(among, |compared| {
        matches!(compared.verdict, Verdict::NotDistinguishable { .. })
    })
}

/// Pairs that were not measured at the same time.
fn measured_apart(among: &[&Comparison]) -> Vec<Pair> {
    pairs(among, Comparison::is_apart)
}

fn pairs(among: &[&Comparison], wanted: impl Fn(&Comparison) -> bool) -> Vec<Pair> {
    among
        .iter()
        .filter(|compared| wanted(compared))
        .map(|compared| Pair {
            first: compared.first.clone(),
            second: compared.second.clone(),
        })
        .collect()
}
