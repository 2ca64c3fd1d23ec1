//! The answer of a run: what the page, the table and the terminal begin with.

use crate::{
    findings::{fastest, incomplete},
    model::{
        AccuracyAnswer, Answer, CostAnswer, CostPerCorrect, LatencyAnswer, NotRanked, Report,
        Separation, TargetAccuracy, TargetFailures, TargetReport,
    },
};
use bench_core::sample::{Outcome, Phase};
use bench_cost::TargetCost;

/// The answer by topic, the most important first. Simulated targets are never
/// ranked; failures are told of all.
pub(crate) fn answers(report: &Report) -> Vec<Answer> {
    let simulated = |target: &&TargetReport| !target.simulated;
    let real: Vec<&TargetReport> = report.targets.iter().filter(simulated).collect();
    let parts = [
        latency(report, &real).map(Answer::Latency),
        cost(report, &real).map(Answer::Cost),
        accuracy(&real).map(Answer::Accuracy),
        Some(Answer::Failures {
            targets: report.targets.iter().filter_map(failures).collect(),
        }),
        Some(completeness(report)),
    ];
    parts.into_iter().flatten().collect()
}

fn latency(report: &Report, real: &[&TargetReport]) -> Option<LatencyAnswer> {
    let answered: Vec<&TargetReport> = real
        .iter()
        .copied()
        .filter(|target| target.timings.latency.n > 0)
        .collect();
    match answered.as_slice() {
        [] if real.is_empty() => Some(LatencyAnswer::AllSimulated),
        [] => Some(LatencyAnswer::NoneAnswered),
        [only] => Some(LatencyAnswer::OnlyOne {
            target_id: only.id.clone(),
        }),
        several => fastest::of(&report.comparisons, several),
    }
}

/// Cost per correct answer, as measured.
fn cost(report: &Report, real: &[&TargetReport]) -> Option<CostAnswer> {
    if real.is_empty() {
        return None;
    }
    let Some(cost) = &report.cost else {
        return Some(CostAnswer::NotAvailable);
    };
    let known: Vec<&TargetCost> = cost.targets.iter().filter(|t| !t.simulated).collect();
    let mut cheapest_first: Vec<CostPerCorrect> =
        known.iter().copied().filter_map(ranked).collect();
    cheapest_first.sort_by_key(|priced| priced.cost.amount());
    let not_ranked = known
        .into_iter()
        .filter(|target| target.usage.measured.attempts > 0)
        .filter(|target| !target.per_correct.is_known())
        .map(|target| NotRanked {
            target_id: target.target_id.clone(),
            at_least: target
                .measured_at_least
                .value()
                .filter(|_| !target.spend.measured.is_known()),
        });
    Some(CostAnswer::Ranked {
        not_ranked: not_ranked.collect(),
        separation: separation(&cheapest_first),
        cheapest_first,
    })
}

fn ranked(target: &TargetCost) -> Option<CostPerCorrect> {
    let interval = target.per_correct.interval();
    Some(CostPerCorrect {
        target_id: target.target_id.clone(),
        cost: target.per_correct.value()?,
        low: interval.map(|limits| limits.low),
        high: interval.and_then(|limits| limits.high),
    })
}

/// Whether the intervals of the two cheapest keep them apart.
fn separation(cheapest_first: &[CostPerCorrect]) -> Option<Separation> {
    let [cheapest, next, ..] = cheapest_first else {
        return None;
    };
    Some(match (cheapest.high, next.low) {
        (Some(high), Some(low)) if high.amount() < low.amount() => Separation::Separate,
        (Some(_), Some(_)) => Separation::Overlapping,
        _ => Separation::NoInterval,
    })
}

/// The extremes, with whether they can be told apart.
fn accuracy(real: &[&TargetReport]) -> Option<AccuracyAnswer> {
    let mut graded: Vec<TargetAccuracy> = real.iter().filter_map(|target| graded(target)).collect();
    graded.sort_by(|a, b| b.rate.total_cmp(&a.rate));
    let mut graded = graded.into_iter();
    let best = graded.next()?;
    let Some(worst) = graded.next_back() else {
        return Some(AccuracyAnswer::OnlyOne { target: best });
    };
    let separation = if best.low > worst.high {
        Separation::Separate
    } else {
        Separation::Overlapping
    };
    Some(AccuracyAnswer::Extremes {
        best,
        worst,
        separation,
    })
}

fn graded(target: &TargetReport) -> Option<TargetAccuracy> {
    let share = &target.accuracy.flexible;
    Some(TargetAccuracy {
        target_id: target.id.clone(),
        rate: share.rate.value()?,
        low: share.low()?,
        high: share.high()?,
    })
}

fn failures(target: &TargetReport) -> Option<TargetFailures> {
    let (target_id, simulated) = (target.id.clone(), target.simulated);
    if target.calls.failed > 0 {
        return Some(TargetFailures::CallsFailed {
            target_id,
            simulated,
            failed: target.calls.failed,
            measured: target.calls.measured,
            outcomes: outcomes(target),
        });
    }
    incomplete::never_answered(target).then_some(TargetFailures::NeverReady {
        target_id,
        simulated,
    })
}

/// How the measured calls of a target failed, the most frequent first.
fn outcomes(target: &TargetReport) -> Vec<Outcome> {
    let mut counts: Vec<(Outcome, u64)> = Vec::new();
    for failure in &target.failures {
        if failure.phase != Phase::Measured {
            continue;
        }
        match counts
            .iter_mut()
            .find(|(known, _)| *known == failure.outcome)
        {
            Some((_, count)) => *count += failure.count,
            None => counts.push((failure.outcome, failure.count)),
        }
    }
    counts.sort_by_key(|(outcome, count)| (std::cmp::Reverse(*count), outcome.as_str()));
    counts.into_iter().map(|(outcome, _)| outcome).collect()
}

fn completeness(report: &Report) -> Answer {
    let calls = report.targets.iter().map(|target| &target.calls);
    Answer::Completeness {
        complete: report.run.complete,
        measured: calls.clone().map(|calls| calls.measured).sum(),
        planned: calls.map(|calls| calls.planned).sum(),
    }
}
